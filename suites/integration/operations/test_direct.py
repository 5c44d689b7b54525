"""Statements that the driver runs itself, on connections of the same pool."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import AsyncExitStack
from typing import Any

import asyncpg
import pytest
from sqlalchemy import BigInteger, bindparam, event, func, insert, literal, select, text
from sqlalchemy.util.concurrency import greenlet_spawn

from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out
from sut.database import Database
from sut.matches.models import Team
from sut.pool import LingeringPool
from sut.problems import NOT_FOUND, Problem

_ADD = insert(Team).values(name=bindparam("called"), short_name=bindparam("short"))
_COUNT = select(func.count()).select_from(Team)
_SUM = select((bindparam("left", type_=BigInteger) + literal(40)).label("sum"))


@pytest.fixture
def opened(store: Database) -> Iterator[list[Any]]:
    """Every connection that the pool has opened."""
    found: list[Any] = []

    def note(connection: Any, record: Any) -> None:
        found.append(connection)

    event.listen(store.engine.sync_engine, "connect", note)
    yield found
    event.remove(store.engine.sync_engine, "connect", note)


@pytest.fixture
def pool(store: Database) -> LingeringPool:
    """The pool behind the store."""
    made = store.engine.pool
    assert isinstance(made, LingeringPool)
    return made


async def rush(store: Database, connections: int) -> None:
    """Have so many connections in use at once."""
    async with AsyncExitStack() as stack:
        for _ in range(connections):
            await stack.enter_async_context(store.direct())


async def test_values_that_are_given_and_values_that_are_fixed_both_arrive(store: Database) -> None:
    async with store.direct() as connection:
        row = (await connection.execute(_SUM, {"left": 2})).one()
        nothing = await connection.execute(
            select(Team.id).where(Team.id == bindparam("n")), {"n": 0}
        )
    assert (row.sum, row["sum"], row[0]) == (42, 42, 42)
    assert nothing.one_or_none() is None
    assert nothing.scalar_one_or_none() is None
    with pytest.raises(AttributeError):
        _ = row.nothing


async def test_a_transaction_is_there_once_its_block_is_left(store: Database, sql: Sql) -> None:
    async with store.quick_work() as work:
        await work.session.execute(_ADD, {"called": "Harrowmere", "short": "HAR"})
        assert await sql.value("select count(*) from teams") == 0
    assert await sql.value("select count(*) from teams") == 1


async def test_a_block_that_fails_leaves_nothing_behind(
    store: Database, sql: Sql, pool: LingeringPool
) -> None:

    async def adds_twice() -> None:
        async with store.quick_work() as work:
            for _ in range(2):
                await work.session.execute(_ADD, {"called": "Harrowmere", "short": "HAR"})

    with pytest.raises(asyncpg.UniqueViolationError):
        await adds_twice()
    assert await sql.value("select count(*) from teams") == 0
    assert pool.checkedout() == 0


async def test_the_connection_of_a_transaction_that_was_refused_serves_the_next(
    store: Database, sql: Sql, pool: LingeringPool, opened: list[Any]
) -> None:
    async def is_refused() -> None:
        async with store.quick_work() as work:
            await work.session.execute(_ADD, {"called": "Harrowmere", "short": "HAR"})
            raise Problem(NOT_FOUND)

    for _ in range(3):
        with pytest.raises(Problem) as refused:
            await is_refused()
        assert refused.value.type == NOT_FOUND
        assert (pool.checkedout(), pool.checkedin()) == (0, 1)
    assert len(opened) == 1
    assert await sql.value("select count(*) from teams") == 0


async def test_the_connection_of_one_who_goes_away_in_the_middle_is_used_by_nobody_else(
    store: Database, sql: Sql, watcher: Sql, pool: LingeringPool, opened: list[Any]
) -> None:
    await sql.run("insert into teams (name, short_name) values ('Harrowmere', 'HAR')")

    async def waits() -> None:
        async with store.quick_work() as work:
            await work.session.execute(_ADD, {"called": "Oakport", "short": "OAK"})
            await work.session.execute(
                text("select 1 from teams where short_name = 'HAR' for update")
            )

    async with sql.transaction():
        await sql.run("select 1 from teams for update")
        waiting = asyncio.create_task(waits())
        await until_locked_out(watcher)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
    assert pool.checkedout() == 0
    async with store.direct() as connection:
        assert (await connection.execute(_COUNT)).scalar_one_or_none() == 1
    assert len(opened) == 2
    idle = "select count(*) from pg_stat_activity where state like 'idle in transaction%%'"
    assert await watcher.value(f"{idle} and datname = current_database()") == 0


async def test_a_connection_that_is_lost_is_said_to_be_gone(store: Database) -> None:
    async def loses_it() -> None:
        async with store.direct() as connection:
            connection.driver.terminate()
            await connection.execute(_COUNT)

    with pytest.raises(ConnectionError):
        await loses_it()
    async with store.direct() as connection:
        assert (await connection.execute(_COUNT)).one()[0] == 0


async def test_a_connection_that_is_lost_before_a_transaction_begins_is_said_to_be_gone(
    store: Database,
) -> None:
    def ends(connection: Any, record: Any, proxy: Any) -> None:
        connection.driver_connection.terminate()

    async def begins() -> None:
        async with store.quick_work():
            raise AssertionError("nothing was begun")

    engine = store.engine.sync_engine
    event.listen(engine, "checkout", ends)
    with pytest.raises(ConnectionError):
        await begins()
    event.remove(engine, "checkout", ends)
    async with store.quick_work() as work:
        assert (await work.session.execute(_COUNT)).one()[0] == 0


async def test_a_connection_that_is_lost_before_the_commit_is_said_to_be_gone(
    store: Database, sql: Sql
) -> None:
    async def loses_it() -> None:
        async with store.quick_work() as work:
            await work.session.execute(_ADD, {"called": "Harrowmere", "short": "HAR"})
            work.session.driver.terminate()

    with pytest.raises(ConnectionError):
        await loses_it()
    assert await sql.value("select count(*) from teams") == 0


async def test_a_connection_that_was_in_use_just_now_is_lent_without_a_greenlet(
    store: Database, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A greenlet for each taking and each giving back costs as much as the statement between."""
    await rush(store, 1)
    monkeypatch.delattr("sut.database.greenlet_spawn")
    for _ in range(3):
        async with store.direct() as connection:
            assert (await connection.execute(_COUNT)).one()[0] == 0
    assert len(opened) == 1


async def test_one_that_died_where_it_lay_is_replaced_before_anybody_gets_it(
    store: Database, opened: list[Any], pool: LingeringPool
) -> None:
    await rush(store, 3)
    for connection in opened:
        connection.driver_connection.terminate()
    await rush(store, 2)
    async with store.direct() as lent:
        assert (await lent.execute(_COUNT)).one()[0] == 0
        assert pool.checkedout() == 1
    assert pool.checkedout() == 0
    assert {one.driver_connection.is_closed() for one in opened[:3]} == {True}


@pytest.mark.filterwarnings("ignore:coroutine 'connect' was never awaited")
async def test_one_that_is_to_be_replaced_is_replaced_before_anybody_gets_it(
    store: Database, opened: list[Any], pool: LingeringPool
) -> None:
    await rush(store, 1)
    lent = await greenlet_spawn(store.engine.sync_engine.raw_connection)
    lent.invalidate(soft=True)
    await greenlet_spawn(lent.close)
    async with store.direct() as connection:
        assert (await connection.execute(_COUNT)).one()[0] == 0
        assert (pool.checkedout(), len(opened)) == (1, 2)
    assert (pool.checkedout(), pool.checkedin()) == (0, 1)


async def test_one_that_lay_idle_for_long_is_asked_whether_it_lives(
    store: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Any] = []
    dialect = store.engine.sync_engine.dialect
    ask = dialect.do_ping

    def note(connection: Any) -> bool:
        asked.append(connection)
        return bool(ask(connection))

    monkeypatch.setattr(dialect, "do_ping", note)
    await rush(store, 1)
    assert not asked
    monkeypatch.setattr("sut.database.IDLE_S", 0.05)
    await asyncio.sleep(0.1)
    await rush(store, 1)
    assert len(asked) == 1


async def test_every_statement_is_told_with_its_time(store: Database) -> None:
    told: list[tuple[str, float]] = []
    store.watchers.append(lambda statement, seconds: told.append((statement, seconds)))
    async with store.direct() as connection:
        await connection.execute(_COUNT)
        with pytest.raises(asyncpg.UndefinedTableError):
            await connection.execute(text("select 1 from nowhere"))
    assert [statement[:6].lower() for statement, _ in told] == ["select", "select"]
    assert all(seconds > 0 for _, seconds in told)


async def test_the_connections_of_a_rush_serve_the_next_one(
    store: Database, opened: list[Any], pool: LingeringPool
) -> None:
    for _ in range(3):
        await rush(store, 9)
        await store.trim()
    assert len(opened) == pool.checkedin() == 9


async def test_what_a_rush_leaves_over_is_closed_once_it_has_lain_idle(
    store: Database, sql: Sql, opened: list[Any], pool: LingeringPool
) -> None:
    await rush(store, 9)
    await greenlet_spawn(pool.trim, 5, 0.0)
    assert (pool.checkedin(), pool.checkedout()) == (5, 0)
    await rush(store, 7)
    assert len(opened) == 11, "two more had to be opened"
    await greenlet_spawn(pool.trim, 5, 0.0)
    assert pool.checkedin() == 5


async def test_trimming_leaves_those_alone_that_are_in_use(
    store: Database, opened: list[Any], pool: LingeringPool
) -> None:
    async with store.direct() as one, store.direct() as other:
        await greenlet_spawn(pool.trim, 0, 0.0)
        for connection in (one, other):
            assert (await connection.execute(_COUNT)).one()[0] == 0
    assert pool.checkedin() == 2
