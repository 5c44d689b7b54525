"""Read-through caching in Redis that a write makes stale at once, in every worker.

An entry is stored together with the version of each tag that it depends on, and counts only while
all those versions are still current. The versions are read before the database is, so an answer
computed while a write was under way carries a version that the write has replaced: it can never be
served, and Redis does not even keep it. A version is a random token: a Redis that lost its memory
never meets an old one. One that returns with an older memory does, and nothing tells it: so after a
new connection nothing in Redis counts until every version has been removed.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple, cast

import structlog
from redis.asyncio import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

from sut.settings import Settings

_log = structlog.get_logger(__name__)
_SEPARATOR = b"\n"
_EMPTY = "empty:"
RETRY_S = 1.0
TELL_TIMES = 4

# Keeps an answer under KEYS[1] if the tags (the other keys) still have the versions in ARGV[1].
# One step in Redis: a write in between would leave there what the write has made stale.
_STORE = """
local versions = redis.call('mget', unpack(KEYS, 2))
for _, version in ipairs(versions) do
    if not version then return 0 end
end
if table.concat(versions, ',') ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[1] .. '\\n' .. ARGV[2], 'ex', ARGV[3])
return 1
"""
_STORE_SHA = hashlib.sha1(_STORE.encode(), usedforsecurity=False).hexdigest()

Observer = Callable[[str, str], None]


@dataclass(frozen=True)
class Area:
    """A kind of cached answer: its name (a metric's label) and how long an entry may live."""

    name: str
    ttl_s: int | None = None
    personal: bool = False
    """Whether its answers name people: those lie in Redis alone, where an erasure removes them."""

    def emptied_by(self, tag: str) -> str:
        """`tag`, to be named stale where entries must not even lie there: all are removed too."""
        return f"{_EMPTY}{self.name}:{tag}"


@dataclass(frozen=True)
class Entry:
    """One answer: its key in the area, the tags that it depends on, and how it is made.

    `key` holds all that the answer depends on. `tagged` entries begin with a line that is the
    answer's entity tag.
    """

    area: Area
    key: str
    tags: tuple[str, ...]
    load: Callable[[], Awaitable[bytes]]
    tagged: bool = False

    @property
    def name(self) -> str:
        """What Redis calls it."""
        return f"cache:{self.area.name}:{self.key}"

    @property
    def tag_names(self) -> list[str]:
        """What Redis calls the versions of its tags."""
        return [f"tag:{tag}" for tag in self.tags]

    def taken_apart(self, kept: bytes) -> tuple[bytes, str | None]:
        """The body, and the entity tag where it is `tagged`."""
        if not self.tagged:
            return kept, None
        etag, _, body = kept.partition(_SEPARATOR)
        return body, etag.decode()


class Doubts(NamedTuple):
    """How often Redis was lost and how often it was connected to: each is a reason for distrust.

    The first connection is none, unless the worker says so by `Cache.doubt`.
    """

    losses: int
    connections: int


class Cache:
    """The cache of one worker. Every failure of Redis counts as a miss, never as an answer."""

    def __init__(
        self,
        redis: Redis,
        settings: Settings,
        observe: Observer = lambda area, how: None,
        connections: Callable[[], int] = lambda: 1,
    ):
        """`connections` tells how often `redis` was connected to."""
        self.redis = redis
        self._ttl_s = settings.cache_ttl_s
        self.observe = observe
        self._away_until = 0.0
        self._connections = connections
        self._losses = 0
        self._settled = Doubts(0, 1)

    @property
    def away(self) -> bool:
        """True while Redis failed so lately that asking again would only cost time."""
        return time.monotonic() < self._away_until

    @property
    def doubts(self) -> Doubts:
        """What there has been so far; `swept` takes it back once it is settled."""
        return Doubts(self._losses, max(1, self._connections()))

    @property
    def must_sweep(self) -> bool:
        """Whether nothing in Redis counts, since it may not have heard of a write, or forgotten."""
        # every request asks, so no pair is made to compare it
        losses, connections = self._settled
        return self._losses != losses or max(1, self._connections()) != connections

    @property
    def may_have_forgotten(self) -> bool:
        """Whether it may be another Redis, so that it must also `forget` before it counts."""
        return self.doubts.connections != self._settled.connections

    def doubt(self) -> None:
        """Trust nothing in Redis until swept: this worker knows nothing of what has been."""
        self._settled = Doubts(-1, -1)

    async def read(
        self, area: Area, key: str, tags: Sequence[str], load: Callable[[], Awaitable[bytes]]
    ) -> bytes:
        """The cached answer of `key`, or `load`'s. `key` holds all that the answer depends on."""
        return await self.get(Entry(area, key, tuple(tags), load))

    async def get(self, entry: Entry) -> bytes:
        """The cached answer, or what its `load` says now."""
        area, load = entry.area, entry.load
        name, tag_names = entry.name, entry.tag_names
        found = await self._found(name, tag_names)
        if found is None:
            self.observe(area.name, "error")
            return await load()
        stored, stamp = found
        if stored is not None:
            self.observe(area.name, "hit")
            return stored
        self.observe(area.name, "miss")
        answer = await load()
        await self._store([name, *tag_names], stamp, answer, self.ttl_of(area))
        return answer

    def ttl_of(self, area: Area) -> int:
        """How many seconds an entry may live, fresh or not."""
        return area.ttl_s or self._ttl_s

    async def _found(self, name: str, tags: list[str]) -> tuple[bytes | None, bytes] | None:
        """The entry, if it is current, and its versions; None where Redis does not count."""
        if self.away or self.must_sweep:
            return None
        try:
            found = await self._look(name, tags)
        except (RedisError, OSError) as error:
            self._lost(error)
            return None
        # asking may have taken a new connection
        return None if self.must_sweep else found

    async def _look(self, name: str, names: list[str]) -> tuple[bytes | None, bytes]:
        entry, *versions = await self._values([name, *names])
        if None in versions:
            async with self.redis.pipeline(transaction=False) as pipe:
                for tag in names:
                    pipe.set(tag, _version(), nx=True)
                await pipe.execute()
            versions = await self._values(names)
        stamp = b",".join(version or b"?" for version in versions)
        if entry is not None:
            found, _, body = entry.partition(_SEPARATOR)
            if found == stamp:
                return body, stamp
        return None, stamp

    async def _values(self, names: list[str]) -> list[bytes | None]:
        # the client is made without decode_responses, so what it returns is bytes
        return cast("list[bytes | None]", await self.redis.mget(names))

    async def _store(self, names: list[str], stamp: bytes, answer: bytes, ttl_s: int) -> None:
        words: list[str | bytes | int] = [*names, stamp, answer, ttl_s]
        try:
            try:
                await self.redis.evalsha(_STORE_SHA, len(names), *words)
            except NoScriptError:
                await self.redis.eval(_STORE, len(names), *words)
        except (RedisError, OSError) as error:
            self._lost(error)

    async def invalidate(self, *tags: str) -> bool:
        """Make every entry that depends on one of `tags` stale. False when Redis did not hear.

        What `Area.emptied_by` named also has the area's entries removed, once the version is
        replaced: from then on no reader can leave an older one behind.

        No answer in time says little: the others may be reading from Redis all the while, so it is
        told again. A refused connection says that nobody reads from it.
        """
        names, areas = _meant_by(tags)
        tries = 1 if self.away else TELL_TIMES
        while True:
            tries -= 1
            try:
                await self.redis.mset({name: _version() for name in names})
                for area in areas:
                    await self._remove(f"cache:{area}:*")
            except RedisTimeoutError as error:
                if tries:
                    continue
                self._lost(error)
                return False
            except ResponseError as error:
                # a Redis that is full answers readers all the while, and lets things be removed
                if not await self._removed(names, areas):
                    self._lost(error)
                    return False
            except (RedisError, OSError) as error:
                self._lost(error)
                return False
            return True

    async def forget(self) -> bool:
        """Make every entry stale by removing every version. False when Redis did not hear."""
        try:
            # over the connection that is counted: a Redis that takes this one's place ends it
            await self.redis.get("tag:")
            await self._remove("tag:*")
        except (RedisError, OSError) as error:
            self._lost(error)
            return False
        return True

    async def _removed(self, names: Iterable[str], areas: Iterable[str]) -> bool:
        try:
            await self.redis.delete(*names)
            for area in areas:
                await self._remove(f"cache:{area}:*")
        except (RedisError, OSError):
            return False
        return True

    async def _remove(self, pattern: str) -> None:
        cursor: int | None = None
        while cursor != 0:
            cursor, names = await self.redis.scan(cursor or 0, match=pattern, count=1_000)
            if names:
                await self.redis.unlink(*names)

    def _lost(self, error: Exception) -> None:
        """Redis is away: leave it alone for a moment, and trust nothing in it until swept."""
        if not self.away:
            _log.warning("cache_away", error=type(error).__name__)
        self._away_until = time.monotonic() + RETRY_S
        self._losses += 1

    def swept(self, doubts: Doubts) -> None:
        """Everything that was owed has reached Redis since there were these doubts.

        Its entries count again, unless there have been others meanwhile.
        """
        self._settled = doubts

    async def close(self) -> None:
        """Close the connections to Redis."""
        await self.redis.aclose()


def _meant_by(tags: Sequence[str]) -> tuple[set[str], set[str]]:
    """The versions to replace and the areas to empty."""
    names, areas = set(), set()
    for tag in tags:
        plain = tag
        if tag.startswith(_EMPTY):
            area, _, plain = tag.removeprefix(_EMPTY).partition(":")
            areas.add(area)
        names.add(f"tag:{plain}")
    return names, areas


def _version() -> bytes:
    return secrets.token_hex(8).encode()
