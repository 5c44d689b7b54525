"""What a log line may hold: everybody's secrets are masked, and a line stays one line of JSON."""

from __future__ import annotations

import json
import re
from functools import lru_cache
from typing import Any

import orjson

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


_TELLING = re.compile(r"[@.:_]")  # one of these is in every secret


def masked(text: str) -> str:
    """`text` with every token, e-mail and network address in it masked."""
    return _SECRETS.sub(MASK, text) if _TELLING.search(text) else text


mask_text = lru_cache(maxsize=2048)(masked)
"""The same for texts that are said again and again."""


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
    try:
        return orjson.dumps(line).decode()
    except TypeError:  # half a surrogate pair, or a number that is too large for it
        return json.dumps(line, ensure_ascii=False).encode(errors="replace").decode()
