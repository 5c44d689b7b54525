"""The parts of one worker, and a connection of the test's own beside them."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from fixtures.database import Database as TestDatabase
from redis.asyncio import Redis

from suites.integration.sql import Sql
from sut.cache import Cache
from sut.database import Database
from sut.settings import Settings


@pytest.fixture
async def sql(database: TestDatabase) -> AsyncIterator[Sql]:
    """A connection to the test's database that the service knows nothing of, as its owner."""
    connection = await Sql.connect(database.dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def cache(settings: Settings) -> AsyncIterator[Cache]:
    """A worker's cache on the test's Redis."""
    made = Cache(Redis.from_url(settings.redis_url), settings)
    yield made
    await made.close()


@pytest.fixture
async def store(settings: Settings, cache: Cache) -> AsyncIterator[Database]:
    """A worker's pool of connections on the test's database."""
    made = Database(settings, cache)
    yield made
    await made.close()
