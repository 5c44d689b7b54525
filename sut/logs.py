"""Structured logs: one JSON object a line, to the console and a rotated file, secrets masked."""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import sys
from functools import lru_cache
from pathlib import Path
from typing import Any

import structlog

from sut.settings import Settings

FILE_BYTES_MAX = 20 * 2**20
FILES_KEPT = 5
MASK = "***"
_SECRET_NAMES = re.compile(
    r"password|token|secret|authorization|cookie|email|address|signing_key|client", re.IGNORECASE
)
_SECRETS = re.compile(
    r"[\w.+%-]+@[\w-]+(?:\.[\w-]+)+"  # e-mail addresses
    r"|(?<=://)[^\s/@\"]+(?=@)"  # user and password of a URL
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*"  # access tokens
    r"|\bs(?:rt|bs)_[\w.-]{20,}"  # our opaque tokens
    r"|(?<![\d.])(?:\d{1,3}\.){3}\d{1,3}(?![\d.])"  # IPv4
    r"|(?<![\w:])(?:[0-9a-fA-F]{1,4}:){3,7}[0-9a-fA-F]{1,4}(?![\w:])"  # IPv6, written out
    r"|(?<![\w:])[0-9a-fA-F:]*::[0-9a-fA-F:]*(?![\w:])"  # IPv6, shortened
)


@lru_cache(maxsize=2048)
def mask_text(text: str) -> str:
    """`text` with every token, e-mail and network address in it masked."""
    return _SECRETS.sub(MASK, text)


def mask_fields(logger: Any, method: str, line: Any) -> Any:
    """A structlog processor: secrets in texts, and fields named like one, at any depth."""
    return {mask_text(str(name)): _masked(str(name), value) for name, value in line.items()}


@lru_cache(maxsize=2048)
def _is_secret(name: str) -> bool:
    return _SECRET_NAMES.search(name) is not None


def _masked(name: str, value: object) -> object:
    if _is_secret(name):
        return MASK
    if isinstance(value, dict):
        return {mask_text(str(key)): _masked(str(key), inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_masked(name, inner) for inner in value]
    if value is None or isinstance(value, bool | int | float):
        return value
    return mask_text(value if isinstance(value, str) else repr(value))


def render(logger: Any, method: str, line: Any) -> str:
    """A structlog processor: the line as JSON, which holds no line break."""
    return json.dumps(line, ensure_ascii=False).encode(errors="replace").decode()


class SharedFile:
    """A log file that several processes append to; whoever finds it full renames it.

    A line is one write in append mode, so lines of two workers never mix. The rename happens under
    a lock, and the others notice that the name leads to another file before their next line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = self._open()

    def write(self, line: bytes) -> None:
        """Append one line."""
        self._follow()
        os.write(self._descriptor, line)
        if os.fstat(self._descriptor).st_size > FILE_BYTES_MAX:
            self._rotate()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def _follow(self) -> None:
        try:
            current = self._path.stat().st_ino
        except FileNotFoundError:
            current = -1
        if current != os.fstat(self._descriptor).st_ino:
            os.close(self._descriptor)
            self._descriptor = self._open()

    def _rotate(self) -> None:
        lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._follow()
            if os.fstat(self._descriptor).st_size <= FILE_BYTES_MAX:
                return
            for number in range(FILES_KEPT - 1, 0, -1):
                older = Path(f"{self._path}.{number}")
                if older.exists():
                    older.rename(f"{self._path}.{number + 1}")
            self._path.rename(f"{self._path}.1")
            self._follow()
        finally:
            os.close(lock)


class _Output:
    """What structlog writes to: the console and, when there is one, the file."""

    def __init__(self, file: SharedFile | None) -> None:
        self._file = file

    def msg(self, message: str) -> None:
        line = message.encode() + b"\n"
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()
        if self._file is not None:
            self._file.write(line)

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


class _Bridge(logging.Handler):
    """Carries the lines of libraries (uvicorn, SQLAlchemy) over to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), exc_info=record.exc_info
        )


PROCESSORS = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    structlog.processors.format_exc_info,
    mask_fields,
    render,
)


def configure(settings: Settings) -> None:
    """Set up logging for this process."""
    level = logging.getLevelNamesMapping()[settings.log_level.upper()]
    output = _Output(SharedFile(Path(settings.log_path)) if settings.log_path else None)
    structlog.configure(
        processors=list(PROCESSORS),  # structlog edits it in place
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=lambda *_: output,
        cache_logger_on_first_use=True,
    )
    root = logging.getLogger()
    root.handlers = [_Bridge()]
    root.setLevel(max(level, logging.INFO))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
