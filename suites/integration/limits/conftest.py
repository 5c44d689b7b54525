"""Two workers' limiters on one Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from sut.limits import Limiter
from sut.settings import Settings


@pytest.fixture
def ours(redis: Redis, settings: Settings) -> Limiter:
    """One worker's limiter."""
    return Limiter(redis, settings)


@pytest.fixture
async def theirs(settings: Settings) -> AsyncIterator[Limiter]:
    """Another worker's limiter, with connections of its own."""
    redis = Redis.from_url(settings.redis_url)
    yield Limiter(redis, settings)
    await redis.aclose()
