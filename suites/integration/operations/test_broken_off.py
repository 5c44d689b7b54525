"""Transactions and statements that Postgres breaks off: said honestly, and without leftovers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import asyncpg
import pytest
from httpx import AsyncClient
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.builders import HOUR, Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until
from sut.cache import Cache
from sut.database import Database

BREAKING_OFF = """
    create function breaks_off() returns trigger language plpgsql
    as $$ begin raise exception 'of all in the way, this one' using errcode = '{state}'; end $$;
    create trigger breaks_off before insert or update on predictions
    for each row execute function breaks_off()"""
ASLEEP = """
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'soccerai'
    and wait_event = 'PgSleep'"""
TIME_OUT_MS = 500


@pytest.fixture
async def hurried(settings_with: SettingsFactory, cache: Cache) -> AsyncIterator[Database]:
    """A pool whose statements may take half a second."""
    made = Database(settings_with(statement_timeout_ms=TIME_OUT_MS), cache)
    yield made
    await made.close()


@pytest.mark.parametrize("state", ["40P01", "40001"], ids=["deadlock", "serialization failure"])
async def test_what_was_rolled_back_to_let_others_pass_may_be_tried_again(
    client: AsyncClient, build: Builders, sql: Sql, state: str
) -> None:
    ahead, begun = await build.match(), await build.match(kick_off=-HOUR)
    await build.prediction(await build.player(), begun, 2, 1)
    player = await clients.as_account(client, await build.player())
    admin = await clients.as_account(client, await build.admin())
    await sql.run(BREAKING_OFF.format(state=state))
    score = {"home_goals": 2, "away_goals": 1}

    for answer in (
        await player.post("/api/predictions", json=score | {"match_id": ahead.id}),
        await admin.put(f"/api/matches/{begun.id}/result", json=score),
    ):
        assert refusal(answer) == (503, "unavailable")
        assert answer.headers["retry-after"] == "1"
    assert await sql.column("select status from matches where id = %s", begun.id) == ["scheduled"]
    await sql.run("drop trigger breaks_off on predictions")
    again = await admin.put(f"/api/matches/{begun.id}/result", json=score)
    assert again.status_code == 200


async def test_a_statement_that_takes_too_long_is_ended_by_postgres_itself(
    hurried: Database,
) -> None:
    sleeps = text("select pg_sleep(60)")
    async with hurried.reading() as session:
        with pytest.raises(DBAPIError, match="statement timeout"):
            await session.execute(sleeps)
    with pytest.raises(asyncpg.QueryCanceledError, match="statement timeout"):
        async with hurried.direct() as connection:
            await connection.execute(sleeps)


async def test_a_statement_that_outlives_its_client_ends_and_gives_its_locks_back(
    hurried: Database, sql: Sql, watcher: Sql
) -> None:
    await sql.run("insert into teams (name, short_name) values ('Harrowmere', 'HAR')")
    drivers: list[asyncpg.Connection[asyncpg.Record]] = []

    async def works() -> None:
        async with hurried.quick_work() as work:
            drivers.append(work.session.driver)
            await work.session.execute(text("select 1 from teams for update"))
            await work.session.execute(text("select pg_sleep(60)"))

    working = asyncio.create_task(works())

    async def at_work() -> bool:
        return working.done() or await watcher.value(ASLEEP) == 1

    async def at_rest() -> bool:
        return bool(await watcher.value(ASLEEP) == 0)

    await until(at_work, "a statement at work")
    drivers[0].terminate()
    with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.QueryCanceledError)):
        await working
    await until(at_rest, "no statement at work")
    await sql.run("select 1 from teams for update nowait")
