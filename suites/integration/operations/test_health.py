"""Health: the process lives, and which of the things that it stands on are there."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest
from httpx import AsyncClient

from fixtures.application import SettingsFactory
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until
from suites.integration.workers import workers


@pytest.fixture
def nobody() -> Iterator[str]:
    """An address that is held but not listened on, so that connecting is refused at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield f"127.0.0.1:{held.getsockname()[1]}"


async def test_a_service_that_has_everything_is_ready(client: AsyncClient) -> None:
    assert (await client.get("/health/live")).json() == {"status": "ok"}
    assert (await client.get("/health/ready")).json() == {
        "status": "ok",
        "dependencies": {"postgres": "up", "redis": "up"},
    }


async def test_without_postgres_it_lives_but_is_not_ready_and_says_why(
    settings_with: SettingsFactory, nobody: str
) -> None:
    settings = settings_with(database_url=f"postgresql+asyncpg://postgres@{nobody}/soccerai")
    async with workers(settings, count=1) as (client,):
        assert (await client.get("/health/live")).status_code == 200
        answer = await client.get("/health/ready")
        assert refusal(answer) == (503, "unavailable")
        assert answer.json()["dependencies"] == {"postgres": "down", "redis": "up"}
        assert int(answer.headers["retry-after"]) >= 1


async def test_without_postgres_requests_are_refused_honestly(
    settings_with: SettingsFactory, nobody: str
) -> None:
    settings = settings_with(database_url=f"postgresql+asyncpg://postgres@{nobody}/soccerai")
    async with workers(settings, count=1) as (client,):
        for answer in (
            await client.get("/api/matches"),
            await client.post("/api/sessions", json={"email": "a@b.co", "password": "x"}),
        ):
            assert refusal(answer) == (503, "unavailable")
            assert "retry-after" in answer.headers
            assert nobody not in answer.text


async def test_without_redis_it_is_ready_but_degraded(
    settings_with: SettingsFactory, nobody: str
) -> None:
    async with workers(settings_with(redis_url=f"redis://{nobody}/0"), count=1) as (client,):
        answer = await client.get("/health/ready")
        assert answer.status_code == 200
        assert answer.json() == {
            "status": "degraded",
            "dependencies": {"postgres": "up", "redis": "down"},
        }


async def test_when_postgres_has_ended_its_connections_answers_are_right_or_honest_and_soon_right(
    client: AsyncClient, build: Builders, watcher: Sql
) -> None:
    path = f"/api/matches/{(await build.match()).id}?"
    assert (await client.get("/health/ready")).status_code == 200
    await watcher.run(
        "select pg_terminate_backend(pid) from pg_stat_activity "
        "where datname = current_database() and application_name = 'soccerai'"
    )
    seen: list[int] = []

    async def right() -> bool:
        answers = [await client.get(one) for one in ("/health/ready", path)]
        seen.extend(answer.status_code for answer in answers)
        return all(answer.is_success for answer in answers)

    await until(right, "right answers")
    assert {*seen} <= {200, 503}
    assert await right()
