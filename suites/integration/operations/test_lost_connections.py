"""Connections that Postgres has ended: nobody is handed one that can be known to be dead."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from httpx import AsyncClient
from sqlalchemy import event

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.sql import Sql
from suites.integration.waiting import until
from sut import database
from sut.app import Service

KEPT = 5
END_CONNECTIONS = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and application_name = 'soccerai'"""


@pytest.fixture
def opened(app: Service) -> Iterator[list[Any]]:
    """Every connection that the worker uses, as its driver knows it.

    It has opened one when it began, so each is noted when it is taken.
    """
    engine = app.state.platform.database.engine.sync_engine
    found: list[Any] = []

    def note(connection: Any, record: Any, proxy: Any) -> None:
        if connection.driver_connection not in found:
            found.append(connection.driver_connection)

    event.listen(engine, "checkout", note)
    yield found
    event.remove(engine, "checkout", note)


@pytest.fixture
async def player(opened: list[Any], client: AsyncClient, build: Builders) -> AsyncClient:
    """A player's client of a worker whose pool is full."""
    player = await clients.as_account(client, await build.player())
    await asyncio.gather(*(player.get("/api/me") for _ in range(KEPT)))
    assert opened
    return player


async def end_all(watcher: Sql, opened: list[Any]) -> None:
    """What a restart does to them; over when the worker's event loop has seen it."""
    await watcher.run(END_CONNECTIONS)

    async def seen() -> bool:
        return all(connection.is_closed() for connection in opened)

    await until(seen, "the end of every connection")


@pytest.mark.parametrize("path", ["/health/ready", "/api/me", "/api/leaderboard?limit=3"])
async def test_connections_that_ended_meanwhile_cost_nobody_an_answer(
    player: AsyncClient, opened: list[Any], watcher: Sql, path: str
) -> None:
    await end_all(watcher, opened)
    answers = [await player.get(path) for _ in range(2 * KEPT)]
    assert [answer.status_code for answer in answers] == [200] * (2 * KEPT)


async def test_a_write_after_they_ended_happens_once(
    player: AsyncClient, opened: list[Any], watcher: Sql
) -> None:
    await end_all(watcher, opened)
    answer = await player.patch("/api/me", json={"display_name": "Another"})
    assert answer.json()["display_name"] == "Another"
    renamed = "select count(*) from audit_rows where action = 'account.renamed'"
    assert await watcher.value(renamed) == 1


async def test_one_that_was_cut_off_without_a_word_is_replaced_with_all_the_others(
    app: Service, player: AsyncClient, opened: list[Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    before = list(opened)
    dialect = app.state.platform.database.engine.sync_engine.dialect
    ask, asked = dialect.do_ping, []

    def nobody_answers(connection: Any) -> bool:
        asked.append(connection.driver_connection)
        if connection.driver_connection in before:
            raise TimeoutError
        return bool(ask(connection))

    monkeypatch.setattr(dialect, "do_ping", nobody_answers)
    monkeypatch.setattr(database, "IDLE_S", 0.0)
    answers = [await player.get("/api/me") for _ in range(2 * KEPT)]
    assert [answer.status_code for answer in answers] == [200] * (2 * KEPT)
    # The pool is told once the dead one is closed; until then the sweeper may ask for one more.
    assert 1 <= sum(connection in before for connection in asked) <= 2 < len(before)


async def test_in_the_moment_when_they_end_answers_are_right_or_honest_and_soon_right(
    client: AsyncClient, build: Builders, watcher: Sql
) -> None:
    path = f"/api/matches/{(await build.match()).id}?"
    assert (await client.get("/health/ready")).status_code == 200
    await watcher.run(END_CONNECTIONS)
    seen: list[int] = []

    async def right() -> bool:
        answers = [await client.get(one) for one in ("/health/ready", path)]
        seen.extend(answer.status_code for answer in answers)
        return all(answer.is_success for answer in answers)

    await until(right, "right answers")
    assert {*seen} <= {200, 503}
    assert await right()
