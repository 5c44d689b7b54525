"""Connections to Postgres: never above the limit, given back whatever happens to the request."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from fixtures.evidence import Evidence
from suites.integration.sql import Sql
from suites.integration.waiting import until, until_locked_out
from sut.app import Service

pytestmark = pytest.mark.objective("db-pool")

REQUESTS = 40
_OURS = """
    select count(*) from pg_stat_activity
    where datname = current_database() and application_name = 'soccerai'"""
_UNFINISHED = _OURS + " and state like 'idle in transaction%%'"


@asynccontextmanager
async def most_at_once(watcher: Sql) -> AsyncIterator[list[int]]:
    """The greatest number of the service's connections that Postgres saw inside the block."""
    seen = [0]

    async def watch() -> None:
        while True:
            seen[0] = max(seen[0], await watcher.value(_OURS))
            await asyncio.sleep(0.005)

    watching = asyncio.create_task(watch())
    try:
        yield seen
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)


async def test_errors_and_cancelled_requests_give_every_connection_back(
    app: Service, client: AsyncClient, build: Builders, sql: Sql, watcher: Sql, evidence: Evidence
) -> None:
    player = await clients.as_account(client, await build.player())
    home, away = await build.team(), await build.team()
    matches = [(await build.match(home=home, away=away)).id for _ in range(REQUESTS)]
    pool = app.state.platform.database.engine.pool
    settings = app.state.platform.settings
    third = await Sql.connect(sql.connection.info.dsn + f" password={sql.connection.info.password}")
    async with most_at_once(third) as most:
        async with sql.transaction():  # every request below waits for a lock, connection in hand
            await sql.run("select 1 from matches for update")
            asked = [
                asyncio.create_task(
                    player.post(
                        "/api/predictions",
                        json={"match_id": match, "home_goals": 1, "away_goals": 0},
                    )
                )
                for match in matches
            ]
            await until_locked_out(watcher, settings.database_connections_max)

            async def watched() -> bool:
                return bool(most[0] >= settings.database_connections_max)

            await until(watched, "a count of them all")
            for task in asked[::3]:
                task.cancel()
        answers = await asyncio.gather(*asked, return_exceptions=True)
        await sql.run("drop table forecast_views")  # from here on these requests fail
        failing = [player.get(f"/api/matches/{match}/forecast") for match in matches[:10]]
        failed = await asyncio.gather(*failing)
    cancelled = [answer for answer in answers if isinstance(answer, asyncio.CancelledError)]
    assert len(cancelled) == len(asked[::3])
    assert {answer.status_code for answer in failed} == {500}
    await third.close()

    leaked = -1

    async def at_rest() -> bool:  # the sweeper may be at work for a moment, what leaked stays
        nonlocal leaked
        leaked = pool.checkedout() + await watcher.value(_UNFINISHED)
        return not leaked and bool(await watcher.value(_OURS) <= settings.pool_kept)

    await until(at_rest, "only the connections that are kept, and nothing begun on them")
    kept = await watcher.value(_OURS)
    evidence.measure("db_pool_connections_kept", kept, "connections", most=str(most[0]))
    evidence.measure("db_pool_connections_leaked", leaked, "connections", samples=len(asked) + 10)
    assert settings.database_connections_max == most[0] == 20
    assert kept <= 5
    assert leaked == 0
    assert (await client.get("/api/matches")).status_code == 200


async def test_when_no_connection_comes_free_the_answer_is_honest(
    cramped_client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    player = await clients.as_account(cramped_client, await build.player())
    matches = [(await build.match()).id for _ in range(4)]
    async with sql.transaction():
        await sql.run("select 1 from matches for update")
        asked = [
            asyncio.create_task(
                player.post(
                    "/api/predictions", json={"match_id": match, "home_goals": 1, "away_goals": 0}
                )
            )
            for match in matches
        ]
        await until_locked_out(watcher, 2)
        done, waiting = await asyncio.wait(asked, return_when=asyncio.FIRST_COMPLETED)
        assert {task.result().status_code for task in done} == {503}
        assert len(waiting) >= 2
    answers = await asyncio.gather(*asked)
    assert sum(answer.status_code == 201 for answer in answers) >= 2
    assert {answer.status_code for answer in answers} == {201, 503}
