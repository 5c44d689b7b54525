"""Health: the process lives, and which of the things that it stands on are there."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from time import monotonic

import pytest
from httpx import AsyncClient
from sqlalchemy import make_url

from fixtures.application import SettingsFactory
from suites.integration.refusals import refusal
from suites.integration.workers import workers
from sut.operations import health
from sut.platform import Platform
from sut.settings import Settings


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


@pytest.mark.parametrize("wrong", ["database", "password"])
async def test_a_postgres_that_does_not_let_the_service_in_is_down(
    settings_with: SettingsFactory, settings: Settings, wrong: str
) -> None:
    url = make_url(settings.database_url)
    url = url.set(database="no_such") if wrong == "database" else url.set(password="wrong")
    settings = settings_with(database_url=url.render_as_string(hide_password=False))
    async with workers(settings, count=1) as (client,):
        answer = await client.get("/health/ready")
        assert refusal(answer) == (503, "unavailable")
        assert answer.json()["dependencies"] == {"postgres": "down", "redis": "up"}


@pytest.mark.parametrize("question", ["_ask_postgres", "_ask_redis"])
async def test_a_fault_of_our_own_does_not_pass_for_a_server_that_is_down(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, question: str
) -> None:
    async def faulty(platform: Platform) -> object:
        raise AttributeError("a slip of the pen")

    monkeypatch.setattr(health, question, faulty)
    async with workers(settings, count=1) as (client,):
        answer = await client.get("/health/ready")
        assert refusal(answer) == (500, "internal-error")
        assert (await client.get("/health/live")).status_code == 200


async def test_however_many_ask_at_once_one_look_is_taken_for_all_of_them(
    client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked, may_answer, now = [], asyncio.Event(), monotonic()

    async def slow(platform: Platform) -> object:
        asked.append(platform)
        return await may_answer.wait()

    monkeypatch.setattr(health, "_ask_postgres", slow)
    monkeypatch.setattr(health, "monotonic", lambda: now)
    looking = [asyncio.create_task(client.get("/health/ready")) for _ in range(9)]
    while not asked:
        await asyncio.wait(looking, timeout=0.01)
    looking.pop(0).cancel()  # who asked first goes away
    may_answer.set()
    assert [answer.status_code for answer in await asyncio.gather(*looking)] == [200] * 8
    assert (await client.get("/health/ready")).status_code == 200
    assert len(asked) == 1
    now += health.SHARED_S
    assert (await client.get("/health/ready")).status_code == 200
    assert len(asked) == 2
