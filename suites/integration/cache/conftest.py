"""Two workers' caches on one Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from fixtures.redis_namespaces import RedisNamespace
from sut.cache import Cache
from sut.settings import Settings


@pytest.fixture
def ours(redis: Redis, settings: Settings) -> Cache:
    """One worker's cache."""
    return Cache(redis, settings)


@pytest.fixture
async def theirs(redis_namespace: RedisNamespace, settings: Settings) -> AsyncIterator[Cache]:
    """Another worker's cache, with connections of its own."""
    cache = Cache(Redis.from_url(redis_namespace.url), settings)
    yield cache
    await cache.close()
