"""Waiting for another machine without an end."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule, argument, has_spread

# What waits for ever unless told otherwise: position and name of the argument that tells it.
_TELL = {
    "urllib.request.urlopen": (2, "timeout"),
    "socket.create_connection": (1, "timeout"),
    "smtplib.SMTP": (3, "timeout"),
    "smtplib.SMTP_SSL": (5, "timeout"),
    "http.client.HTTPConnection": (2, "timeout"),
    "http.client.HTTPSConnection": (2, "timeout"),
    "ftplib.FTP": (4, "timeout"),
    "redis.Redis": (4, "socket_timeout"),
    "redis.Redis.from_url": (99, "socket_timeout"),
    "redis.from_url": (99, "socket_timeout"),
    "redis.asyncio.Redis": (99, "socket_timeout"),
    "redis.asyncio.Redis.from_url": (99, "socket_timeout"),
    "redis.asyncio.from_url": (99, "socket_timeout"),
}


def _look(module: Module) -> Iterator[Fault]:
    for call in module.calls:
        name = module.full_name(call.func)
        if name in _TELL and not has_spread(call):
            position, word = _TELL[name]
            if _is_none(argument(call, position, word), missing=True):
                yield call, f"{name}() waits for ever: pass {word}"
        elif name.startswith("httpx.") and _is_none(argument(call, 99, "timeout"), missing=False):
            yield call, f"{name}() is told to wait for ever: leave the default, or pass seconds"


def _is_none(node: ast.expr | None, *, missing: bool) -> bool:
    return missing if node is None else isinstance(node, ast.Constant) and node.value is None


RULE = Rule(
    "no-timeout",
    "medium",
    "from urllib.request import urlopen\ndef fetch(url):\n    return urlopen(url).read()\n",
    _look,
)
