"""An answer's head as the generator reads it: its headers are gathered, and put in order at once.

The client puts each header into its place as it is parsed, in three steps of Python each. A service
that is careful sends a dozen of them, and they are a sixth of what a request costs the generator.
Belongs to the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPResponse, HTTPSocketPoolResponse

NAMES_KEPT = 1024
FINAL_MIN = 200  # what comes before it announces the answer, which has a head of its own
_put = dict.setdefault  # what `Headers` is made of; it looks a name up under its small letters
_small = lru_cache(NAMES_KEPT)(str.lower)


class Response(HTTPSocketPoolResponse):
    """An answer on a connection of the client's pool.

    The parser hands names and values to two lists. A head that came in pieces may have had a name
    or a value cut in two; it is parsed once more as the client does.
    """

    def __init__(self, sock: Any, pool: Any, **how: Any) -> None:
        self._names: list[str] = []
        self._values: list[str] = []
        self._head = b""
        self._pieces = 0
        # the parser looks its callbacks up on the object, and so calls no Python here
        self.__dict__["_on_header_field"] = self._names.append
        self.__dict__["_on_header_value"] = self._values.append
        super().__init__(sock, pool, **how)

    def feed(self, data: str | bytes) -> None:
        """Parse what came. Raises HTTPParseError."""
        if not self.headers_complete or self.get_code() < FINAL_MIN:
            self._head += data if isinstance(data, bytes) else data.encode("latin-1")
            self._pieces += 1
        super().feed(data)

    def _on_message_begin(self) -> None:
        super()._on_message_begin()
        self._names.clear()
        self._values.clear()

    def _flush_header(self) -> None:
        """All headers are there."""
        if self._pieces > 1:
            self._headers_index = _slowly(self._head, self.method)
            return
        index = self._headers_index
        for line in zip(self._names, self._values, strict=True):
            if _put(index, _small(line[0]), line) is not line:  # said before
                index.add(*line)


def _slowly(head: bytes, method: str) -> Headers:
    parsed = HTTPResponse(method)
    parsed.feed(head)
    return parsed._headers_index
