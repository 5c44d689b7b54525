"""The cache of a worker whose Redis cannot be reached: every read is answered, none is trusted."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sut.cache import Area, Cache
from sut.settings import Settings

AREA = Area("matches")


@pytest.fixture
def seen() -> list[tuple[str, str]]:
    return []


@pytest.fixture
async def cache(seen: list[tuple[str, str]]) -> AsyncIterator[Cache]:
    """A cache on a port that is held but not listened on, so that connecting is refused at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        redis = Redis(host="127.0.0.1", port=held.getsockname()[1], retry=Retry(NoBackoff(), 0))
        made = Cache(redis, Settings(environment="development"), lambda a, o: seen.append((a, o)))
        yield made
        await made.close()


async def answer() -> bytes:
    return b"from the database"


async def test_a_read_comes_from_the_database(cache: Cache) -> None:
    assert await cache.read(AREA, "all", ["matches"], answer) == b"from the database"


async def test_each_read_without_redis_is_counted_as_an_error(
    cache: Cache, seen: list[tuple[str, str]]
) -> None:
    await cache.read(AREA, "all", ["matches"], answer)
    await cache.read(AREA, "all", ["matches"], answer)
    assert seen == [("matches", "error"), ("matches", "error")]


async def test_an_invalidation_that_redis_did_not_hear_says_so(cache: Cache) -> None:
    assert await cache.invalidate("matches") is False


async def test_nothing_in_redis_is_trusted_until_swept(cache: Cache) -> None:
    await cache.invalidate("matches")
    assert cache.must_sweep
    cache.swept(cache.doubts)
    assert not cache.must_sweep


async def test_redis_is_left_alone_for_a_moment_after_it_failed(cache: Cache) -> None:
    assert not cache.away
    await cache.invalidate("matches")
    assert cache.away
