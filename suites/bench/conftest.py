"""A season of the full size, made once for all benchmarks."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from fixtures.database import Database, Databases
from fixtures.environment import signing_key
from suites.bench.season import FULL_SEASON
from sut.seeding.load import seed
from sut.settings import Settings

NO_REDIS = "redis://127.0.0.1:1/0"  # seeding needs none


@pytest.fixture(scope="session")
def full_season(databases: Databases) -> Iterator[Database]:
    """2,000 players and 200,000 predictions."""
    lent = databases.hand_out()
    settings = Settings(
        environment="development",
        bcrypt_rounds=4,
        database_url=lent.url,
        redis_url=NO_REDIS,
        signing_key=SecretStr(signing_key()),
    )
    asyncio.run(seed(settings, FULL_SEASON))
    yield lent
    databases.take_back("migrated", lent)


@pytest.fixture
async def engine(full_season: Database) -> AsyncIterator[AsyncEngine]:
    """Connections to the full season."""
    made = create_async_engine(full_season.url, poolclass=NullPool)
    yield made
    await made.dispose()
