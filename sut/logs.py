"""Structured logs: one JSON object a line, to the console and a rotated file, secrets masked."""

from __future__ import annotations

import json
import logging
import sys
from contextlib import suppress
from pathlib import Path

import structlog

from sut.log_files import SharedFile
from sut.log_lines import mask_fields, render
from sut.settings import Settings


class _Output:
    """What structlog writes to: the console and, when there is one, the file.

    A line that cannot be written is lost: whoever is being answered has no part in a full disk.
    That the file cannot be written is said on the console, once until it can be again.
    """

    def __init__(self, file: SharedFile | None) -> None:
        self._file = file
        self._file_away = False

    def msg(self, message: str) -> None:
        line = message.encode() + b"\n"
        _show(line)
        if self._file is None:
            return
        try:
            self._file.write(line)
            self._file_away = False
        except OSError as error:
            if not self._file_away:
                self._file_away = True
                said = {"event": "log_file_away", "level": "error", "error": type(error).__name__}
                _show(json.dumps(said).encode() + b"\n")

    log = debug = info = warning = warn = error = critical = exception = fatal = msg


def _show(line: bytes) -> None:
    with suppress(OSError):
        sys.stdout.buffer.write(line)
        sys.stdout.buffer.flush()


class _Bridge(logging.Handler):
    """Carries the lines of libraries (uvicorn, SQLAlchemy) over to structlog."""

    def emit(self, record: logging.LogRecord) -> None:
        structlog.get_logger(record.name).log(
            record.levelno, record.getMessage(), exc_info=record.exc_info
        )


PROCESSORS = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.format_exc_info,
    mask_fields,
    # what only we can have said needs no mask
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
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
