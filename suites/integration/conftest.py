"""The parts of one worker, a second worker beside it, and a test's own way to its database."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator

import pytest
from httpx import ASGITransport, AsyncClient
from redis.asyncio import Redis

from fixtures.application import BASE_URL, make_app
from fixtures.database import Database as TestDatabase
from fixtures.services import redis as redis_service
from fixtures.services.interface import Place
from suites.integration.clock import StoppedClock
from suites.integration.outage import OwnRedis
from suites.integration.sql import Sql
from sut.app import Service
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
async def watcher(database: TestDatabase) -> AsyncIterator[Sql]:
    """A second connection, to look on while the first is in a transaction."""
    connection = await Sql.connect(database.dsn)
    yield connection
    await connection.close()


@pytest.fixture
async def clock(database: TestDatabase, sql: Sql) -> StoppedClock:
    """The database's clock, stopped; ask for it before `app`, whose connections must see it."""
    stopped = StoppedClock(sql)
    await stopped.stop(database.name)
    return stopped


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    """A client of the test's own logical database."""
    made = Redis.from_url(settings.redis_url)
    yield made
    await made.aclose()


@pytest.fixture
def own_redis(server_place: Place) -> Iterator[OwnRedis]:
    """A server that only this test uses: it may stop, freeze and start it again."""
    server = redis_service.embedded(server_place)
    assert isinstance(server, redis_service.EmbeddedRedis)
    own = OwnRedis(server)
    yield own
    own.end()


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


@pytest.fixture
async def other_app(settings: Settings) -> AsyncIterator[Service]:
    """A second worker on the same database and Redis: pools, cache and limiter of its own."""
    made = make_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def other_client(other_app: Service) -> AsyncIterator[AsyncClient]:
    """A visitor's client of the second worker."""
    async with AsyncClient(transport=ASGITransport(app=other_app), base_url=BASE_URL) as visitor:
        yield visitor
