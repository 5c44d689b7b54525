"""The short way to answers that are the same for everybody.

What such an answer is depends on the path and the query alone. The first request for a target goes
the whole way: it is routed, its parameters are checked, and the answer is read through the cache.
It leaves a note of which cache entry that was. Requests for the same target then ask Redis for
that entry together with their place in the rate limit, in one journey. Whatever is no plain hit
(an entry that a write has made stale, Redis away, a body sent along) goes the whole way again.

An answer that names nobody is also kept here, ready to send, with the versions of its tags. It is
sent again only while Redis says that those versions are current, so a write makes it stale in every
worker by the same command as the entry in Redis.
"""

from __future__ import annotations

from asyncio import Future
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

from redis.exceptions import RedisError
from starlette.routing import BaseRoute
from starlette.types import Scope

from sut import answers
from sut.cache import Cache, Entry
from sut.redis_channel import SharedRedis

KNOWN_MAX = 4_096
TARGET_CHARS_MAX = 256
_Target = tuple[str, bytes]


@dataclass(frozen=True, slots=True)
class _Kept:
    """An answer and the versions of its tags; counts until a moment of the monotonic clock."""

    answer: answers.Ready
    stamp: bytes
    until: float


class Shortcut:
    """Which cache entry answers a target, and its answer where that is kept here."""

    __slots__ = ("entry", "kept", "names", "route", "tags")

    def __init__(self, entry: Entry, route: BaseRoute | None) -> None:
        self.entry = entry
        self.route = route
        self.names = (entry.name, *entry.tag_names)
        self.tags = tuple(entry.tag_names)
        self.kept: _Kept | None = None


class Shortcuts:
    """The shortcuts that one worker knows."""

    def __init__(self, cache: Cache, redis: SharedRedis) -> None:
        self._cache = cache
        self._redis = redis
        self._known: dict[_Target, Shortcut] = {}

    def note(self, scope: Scope, entry: Entry) -> None:
        """Remember that `entry` has answered the target of a request."""
        target = (scope["path"], scope["query_string"])
        if len(target[0]) + len(target[1]) > TARGET_CHARS_MAX or target in self._known:
            return
        if len(self._known) >= KNOWN_MAX:
            self._known.clear()
        self._known[target] = Shortcut(entry, scope.get("route"))

    def find(self, scope: Scope, headers: Mapping[bytes, bytes]) -> Shortcut | None:
        """The shortcut of a request that has no body, if there is one."""
        if (
            scope["method"] != "GET"
            or b"content-length" in headers
            or b"transfer-encoding" in headers
        ):
            return None
        return self._known.get((scope["path"], scope["query_string"]))

    def ask(self, shortcut: Shortcut) -> Future[Any] | None:
        """Ask Redis without waiting: for the versions alone where the answer is kept here."""
        if self._cache.away or self._cache.must_sweep:
            return None
        if shortcut.kept is not None and shortcut.kept.until < monotonic():
            shortcut.kept = None
        return self._redis.send("MGET", *(shortcut.tags if shortcut.kept else shortcut.names))

    async def answer(self, shortcut: Shortcut, asked: Future[Any]) -> answers.Ready | None:
        """What Redis was asked for, if it is current."""
        try:
            values = await asked
            if len(values) == len(shortcut.tags):
                kept = shortcut.kept
                if kept is not None and None not in values and kept.stamp == b",".join(values):
                    self._cache.observe(shortcut.entry.area.name, "hit")
                    return kept.answer
                shortcut.kept = None
                again = self.ask(shortcut)
                if again is None:
                    return None
                values = await again
        except (RedisError, OSError):
            return None  # the whole way meets the same trouble, and knows what it means
        return self._found(shortcut, *values)

    def _found(
        self, shortcut: Shortcut, stored: bytes | None, *versions: bytes | None
    ) -> answers.Ready | None:
        current = [version for version in versions if version is not None]
        if stored is None or len(current) < len(versions):
            return None
        stamp, entry = b",".join(current), shortcut.entry
        of, _, kept = stored.partition(b"\n")
        if of != stamp:
            return None
        self._cache.observe(entry.area.name, "hit")
        ready = answers.Ready.of(*entry.taken_apart(kept))
        if not entry.area.personal:
            shortcut.kept = _Kept(ready, stamp, monotonic() + self._cache.ttl_of(entry.area))
        return ready


def forget(asked: Future[Any]) -> None:
    """Nobody waits for this answer any more."""
    if not asked.cancel() and not asked.cancelled():
        asked.exception()
