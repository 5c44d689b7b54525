"""Bodies of answers: each is known to be JSON, and decoded when a journey looks into it.

Most visitors get what others got before them, and a journey reads few of the answers. To find a
body among those that were decoded once takes a tenth of the time of decoding it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from scenarios.journeys.interface import Answer

LEAST_BYTES = 512  # decoding less takes no longer than looking for it
MOST_BYTES = 64 * 1024
KEPT = 256


class Bodies:
    """The bodies that were found to be JSON."""

    def __init__(self) -> None:
        self._known: set[bytes] = set()

    def answer(self, status: int, headers: Mapping[str, str], content: bytes) -> Answer:
        """An answer with this body, none if it is empty. Raises ValueError where it is no JSON."""
        if not LEAST_BYTES <= len(content) <= MOST_BYTES:
            return Answer(status, headers, orjson.loads(content) if content else None)
        if content in self._known:
            return _Received(status, headers, content)
        body = orjson.loads(content)
        if len(self._known) >= KEPT:
            self._known.clear()
        self._known.add(content)
        return Answer(status, headers, body)


class _Received(Answer):
    """An answer whose body has not been looked at."""

    def __init__(self, status: int, headers: Mapping[str, str], content: bytes) -> None:
        # past the frozen class, which would want the body now
        self.__dict__.update(status=status, headers=headers, _content=content)

    @cached_property
    def body(self) -> Any:
        """Its JSON, of which every visit has its own."""
        return orjson.loads(self.__dict__["_content"])
