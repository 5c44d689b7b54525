"""Engine, pool and the unit of work: one transaction, and the cache entries that it makes stale."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import TYPE_CHECKING, Any

import asyncpg
import orjson
import structlog
from sqlalchemy import Engine, delete, event, insert
from sqlalchemy.exc import (
    DisconnectionError,
    InvalidatePoolError,
    MissingGreenlet,
    SQLAlchemyError,
)
from sqlalchemy.ext.asyncio import (
    AsyncConnection,
    AsyncEngine,
    AsyncSession,
    async_sessionmaker,
    create_async_engine,
)
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection
from sqlalchemy.util.concurrency import greenlet_spawn

from sut.direct import Compiler, Direct, Line, Watcher
from sut.operations.models import StaleTag
from sut.pool import IDLE_SINCE, LingeringPool
from sut.settings import Settings

if TYPE_CHECKING:
    from sut.cache import Cache

_log = structlog.get_logger(__name__)
IDLE_S = 1.0
# All that Postgres, the driver or the pool can make of a statement.
_REFUSED = (SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)


@dataclass
class UnitOfWork:
    """One transaction. What is named to `stale` is dropped from the cache once it has committed."""

    session: AsyncSession
    request_id: str = ""
    tags: set[str] = field(default_factory=set)

    def stale(self, *tags: str) -> None:
        """Name cache tags that this transaction makes out of date."""
        self.tags.update(tags)


@dataclass
class QuickWork:
    """One transaction of plain statements, which makes nothing in the cache out of date."""

    session: Direct
    request_id: str = ""


class Database:
    """The pool of connections of one worker process."""

    def __init__(self, settings: Settings, cache: Cache) -> None:
        self.engine = make_engine(settings)
        self._sessions = async_sessionmaker(self.engine, expire_on_commit=False)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._readers = async_sessionmaker(self._reading, expire_on_commit=False)
        self._snapshots = async_sessionmaker(
            self.engine.execution_options(
                isolation_level="REPEATABLE READ", postgresql_readonly=True
            )
        )
        self._cache = cache
        self._kept = settings.pool_kept
        self._compiler = Compiler(self.engine.dialect)
        self.watchers: list[Watcher] = []
        """Are told of each statement that goes to the driver directly."""

    @asynccontextmanager
    async def unit_of_work(self, request_id: str = "") -> AsyncIterator[UnitOfWork]:
        """A transaction that commits on leaving, rolls back on an error, then freshens the cache.

        The caller goes on, and so the client gets its answer, only after both have happened.
        """
        async with self._sessions() as session:
            work = UnitOfWork(session, request_id)
            async with session.begin():
                yield work
                owed = await _owe(session, work.tags)
        if owed:
            await self.settle(owed)

    async def settle(self, owed: Mapping[int, str]) -> None:
        """Tell the cache of stale tags (row id to tag), then strike them off the list.

        What cannot be struck off stays owed, and the sweeper makes it good: the change itself has
        been committed, and whoever was told that it failed would make it twice.
        """
        if not await self._cache.invalidate(*sorted(set(owed.values()))):
            return
        try:
            async with self._sessions() as session, session.begin():
                await session.execute(delete(StaleTag).where(StaleTag.id.in_(list(owed))))
        except _REFUSED as error:
            _log.warning("tags_left_owing", tags=len(owed), error=type(error).__name__)

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[AsyncSession]:
        """A session for reads: each statement stands alone, so no time goes to begin and end."""
        async with self._readers() as session:
            yield session

    @asynccontextmanager
    async def direct(self) -> AsyncIterator[Direct]:
        """A connection for plain statements, each of which stands alone."""
        lent = self._at_hand()
        if lent is None:
            # the pool may have to open one or to wait for one, which takes a greenlet
            lent = await greenlet_spawn(self.engine.sync_engine.raw_connection)
        driver: asyncpg.Connection[Line] = lent.driver_connection
        try:
            yield Direct(driver, self._compiler, self.watchers)
        except BaseException as error:
            gone = not isinstance(error, Exception)
            # whoever asked may have gone away: what they left behind is put in order all the same
            await asyncio.shield(asyncio.create_task(_undo(lent, driver, unknown=gone)))
            raise
        lent.close()  # nothing was begun that SQLAlchemy knows of, so there is nothing to wait for

    def _at_hand(self) -> PoolProxiedConnection | None:
        """The connection that was used last, where nothing has to be waited for to get it."""
        pool = self.engine.pool
        assert isinstance(pool, LingeringPool)
        if not pool.has_fresh(monotonic() - IDLE_S):
            return None
        try:
            return self.engine.sync_engine.raw_connection()
        except MissingGreenlet:  # it is to be replaced: the pool has put it back
            return None

    @asynccontextmanager
    async def quick_work(self, request_id: str = "") -> AsyncIterator[QuickWork]:
        """A transaction of plain statements: commits on leaving, rolls back on an error."""
        async with self.direct() as connection:
            await connection.command("begin")
            yield QuickWork(connection, request_id)
            await connection.command("commit")

    def connection(self) -> AsyncConnection:
        """A connection for one read, without a session's keeping of what it read."""
        return self._reading.connect()

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """A session whose reads all see the same moment."""
        async with self._snapshots() as session:
            yield session

    async def trim(self) -> None:
        """Close the connections that a rush has left over, once they have lain idle a while."""
        pool = self.engine.pool
        assert isinstance(pool, LingeringPool)
        await greenlet_spawn(pool.trim, self._kept)

    async def close(self) -> None:
        """Close every pooled connection."""
        await self.engine.dispose()


async def _undo(
    lent: PoolProxiedConnection, driver: asyncpg.Connection[Line], *, unknown: bool
) -> None:
    """Give back a connection on which something went wrong, without what was begun on it.

    `unknown` where a statement may have been broken off. The driver then asks Postgres to stop it,
    and that request may arrive after its end and hit whatever runs next: nothing must. To hang up
    without asking would leave Postgres at work, and so more connections there than are allowed.
    """
    if unknown:
        await greenlet_spawn(lent.invalidate)
    elif not driver.is_closed() and driver.is_in_transaction():
        try:
            await driver.execute("rollback")
        except _REFUSED:
            lent.invalidate()
    await greenlet_spawn(lent.close)


async def _owe(session: AsyncSession, tags: set[str]) -> dict[int, str]:
    if not tags:
        return {}
    rows = await session.execute(
        insert(StaleTag).returning(StaleTag.id, StaleTag.tag),
        [{"tag": tag} for tag in sorted(tags)],
    )
    return {row.id: row.tag for row in rows}


def make_engine(settings: Settings) -> AsyncEngine:
    """An engine whose pool keeps this worker within its share of the instance's connections."""
    engine = create_async_engine(
        settings.database_url,
        poolclass=LingeringPool,
        pool_size=settings.pool_max,
        max_overflow=0,
        pool_use_lifo=True,
        pool_timeout=settings.database_wait_s,
        hide_parameters=True,  # they would stand in logged errors
        json_serializer=lambda value: orjson.dumps(value).decode(),
        json_deserializer=orjson.loads,
        connect_args={
            # a server that hangs without a word must not hold a request for ever
            "timeout": settings.database_wait_s,
            "record_class": Line,
            "command_timeout": settings.statement_timeout_ms / 1000 + 1,
            "server_settings": {
                "application_name": "soccerai",
                "timezone": "UTC",
                "statement_timeout": str(settings.statement_timeout_ms),
            },
        },
    )
    _replace_dead_connections(engine.sync_engine)
    return engine


def _replace_dead_connections(engine: Engine) -> None:
    """Let nobody be handed a connection that the pool can know to be dead.

    One that Postgres ended (a restart, a fail-over, an administrator) has had its end of file read
    by the event loop while it lay in the pool: looking costs no statement, so every one is looked
    at. One that was cut off without a word can only be asked, by begin, statement and rollback:
    under `pool_pre_ping` a short read took 0.9 ms instead of 0.5. So only those that lay idle are.
    What is left is a connection that dies in the moment of its use. That request is refused with
    503: trying again would have to know that nothing had been written.
    """

    def given_back(connection: Any, record: ConnectionPoolEntry) -> None:
        record.info[IDLE_SINCE] = monotonic()

    def taken(connection: Any, record: ConnectionPoolEntry, proxy: Any) -> None:
        if connection.driver_connection.is_closed():
            raise DisconnectionError("Postgres ended it")
        if monotonic() - record.info.get(IDLE_SINCE, monotonic()) < IDLE_S:
            return
        try:
            alive = engine.dialect.do_ping(connection)
        except (engine.dialect.loaded_dbapi.Error, OSError, TimeoutError):
            alive = False
        if not alive:
            # whatever cut it off has cut off the others: they need not each be waited for
            raise InvalidatePoolError("it died while idle")

    event.listen(engine, "checkin", given_back)
    event.listen(engine, "checkout", taken)
