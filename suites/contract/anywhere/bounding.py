"""Answers have an end: a stream that goes on, or one that is too long, is given up by name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from time import monotonic

import httpx

WITHIN_S = 20.0  # for a whole answer; timeouts of clients are for each piece of one
BYTES_MAX = 4_000_000
MILLION = 1_000_000


class EndlessError(httpx.TransportError):
    """An answer that was given up; the message says after how much."""


def bounded(pieces: Iterable[bytes], within_s: float, bytes_max: int) -> Iterator[bytes]:
    """The pieces of an answer. Raises EndlessError after so many seconds or bytes."""
    ends_at, size = monotonic() + within_s, 0
    for piece in pieces:
        size += len(piece)
        if size > bytes_max:
            raise EndlessError(f"answers without an end: more than {bytes_max / MILLION:g} MB")
        if monotonic() > ends_at:
            raise EndlessError(f"answers without an end: still going on after {within_s:g} s")
        yield piece


class _Stream(httpx.SyncByteStream):
    def __init__(self, held: httpx.SyncByteStream) -> None:
        self._held = held

    def __iter__(self) -> Iterator[bytes]:
        yield from bounded(self._held, WITHIN_S, BYTES_MAX)

    def close(self) -> None:
        self._held.close()


class BoundedTransport(httpx.HTTPTransport):
    """Sends requests as httpx does, and bounds what is read of each answer."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answers with a stream that ends. Raises what httpx raises."""
        answer = super().handle_request(request)
        assert isinstance(answer.stream, httpx.SyncByteStream)
        answer.stream = _Stream(answer.stream)
        return answer
