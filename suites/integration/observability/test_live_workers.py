"""Two real worker processes behind one address: one cache, one log, one scrape."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient, Limits

from fixtures import clients
from fixtures.live import FOR_TESTS, LiveService, LiveServiceFactory
from suites.integration.observability.scrape import Scrape, scrape
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until

ROUNDS = 12
NEW = {"email": "live.marker@example.org", "password": "the password of live", "display_name": "L"}


@pytest.fixture
def log_path(tmp_path: Path) -> Path:
    """Where the service's log file is to be."""
    return tmp_path / "log" / "service.log"


@pytest.fixture
def service(live_service_factory: LiveServiceFactory, log_path: Path) -> LiveService:
    """A seeded service of the test's own with two workers and a log file."""
    environment = {**FOR_TESTS, "SOCCERAI_LOG_PATH": str(log_path)}
    return live_service_factory(workers=2, environment=environment)


@pytest.fixture
async def visitor(service: LiveService) -> AsyncIterator[AsyncClient]:
    """Each request on a connection of its own, so that both workers get their share."""
    limits = Limits(max_keepalive_connections=0)
    async with AsyncClient(base_url=service.url, limits=limits, timeout=60) as client:
        yield client


def read(path: Path) -> str:
    return path.read_text() if path.exists() else ""


async def both(client: AsyncClient, path: str) -> list[Any]:
    """What a path answers, asked so often that both workers were asked."""
    answers = [await client.get(path) for _ in range(ROUNDS)]
    return [answer.json() if answer.is_success else answer.status_code for answer in answers]


@pytest.mark.objective("obs-metrics", "obs-logs")
async def test_two_processes_serve_as_one(
    service: LiveService, visitor: AsyncClient, log_path: Path
) -> None:
    async with AsyncClient(base_url=service.internal_url, timeout=60) as internal:
        await both_workers_have_answered(internal, visitor)
        before = await scrape(internal)
        await a_write_is_read_at_once_through_both(visitor)
        await a_session_ends_at_once_in_both(visitor)
        after = await scrape(internal)
        await the_scrape_adds_both_up(before, after)
    ids = await one_request_id_stands_in_answer_log_and_audit(service, visitor, log_path)
    secrets_stay_out_of_the_log(service, log_path, ids)


async def both_workers_have_answered(internal: AsyncClient, visitor: AsyncClient) -> None:
    async def holds() -> bool:
        await visitor.get("/api/teams")
        return len((await scrape(internal)).label("process_cpu_seconds_total", "pid")) == 2

    await until(holds, "both workers in the metrics")


async def a_write_is_read_at_once_through_both(visitor: AsyncClient) -> None:
    admin = await clients.as_admin(visitor)
    upcoming = (await visitor.get("/api/matches", params={"status": "scheduled"})).json()["items"]
    match = max(upcoming, key=lambda one: one["kick_off"])
    path = f"/api/matches/{match['id']}"
    await both(visitor, path)
    for days in (300, 400):
        moment = datetime.now(UTC) + timedelta(days=days)
        moved = await admin.patch(path, json={"kick_off": moment.isoformat()})
        assert moved.status_code == 200, moved.text
        assert await both(visitor, path) == [moved.json()] * ROUNDS
    for status in ("postponed", "scheduled", "cancelled"):
        await admin.patch(path, json={"status": status})
        near = (moment - timedelta(minutes=1)).isoformat().replace("+", "%2B")
        listed = await both(visitor, f"/api/matches?status={status}&from={near}")
        assert [match["id"] in [one["id"] for one in page["items"]] for page in listed] == [
            True
        ] * ROUNDS


async def a_session_ends_at_once_in_both(visitor: AsyncClient) -> None:
    tokens = await clients.log_in(visitor, clients.player_address(7))
    player = AsyncClient(
        transport=visitor._transport,
        base_url=visitor.base_url,
        headers={"authorization": f"Bearer {tokens['access_token']}"},
    )
    assert 401 not in await both(player, "/api/me")
    assert (await player.delete(f"/api/sessions/{tokens['session_id']}")).status_code == 204
    assert await both(player, "/api/me") == [401] * ROUNDS


async def the_scrape_adds_both_up(before: Scrape, after: Scrape) -> None:
    route = {"route": "/api/me", "method": "GET"}
    told = after.sum("http_requests_total", **route) - before.sum("http_requests_total", **route)
    assert told == 2 * ROUNDS
    assert after.sum("http_requests_total", status="401", **route) == ROUNDS
    assert after.sum("db_pool_connections_max") == 20
    assert after.sum("db_pool_connections", state="idle") <= 5


async def one_request_id_stands_in_answer_log_and_audit(
    service: LiveService, visitor: AsyncClient, log_path: Path
) -> list[str]:
    registered = await visitor.post("/api/accounts", json=NEW)
    refused = await visitor.post("/api/accounts", json=NEW)
    logged_in = await visitor.post(
        "/api/sessions", json={"email": NEW["email"], "password": NEW["password"]}
    )
    forged = await visitor.get(
        "/api/matches", headers={"x-request-id": 'x","event":"forged', "user-agent": "a\\nb"}
    )
    assert refusal(refused) == (409, "email-taken")
    assert forged.headers["x-request-id"] != 'x","event":"forged'
    answers = [registered, refused, logged_in, forged]
    ids = [answer.headers["x-request-id"] for answer in answers]
    assert len(set(ids)) == len(ids)

    async def written() -> bool:
        text = read(log_path)
        return all(one in text for one in ids)

    await until(written, "the lines of the last requests in the log file")
    lines = [json.loads(line) for line in read(log_path).splitlines()]
    assert "forged" not in {line["event"] for line in lines}
    for answer, request_id in zip(answers, ids, strict=True):
        (line,) = [
            one
            for one in lines
            if one.get("request_id") == request_id and one["event"] == "answered"
        ]
        assert line["status"] == answer.status_code
        assert line["route"] == answer.request.url.path
    sql = await Sql.connect(service.database.dsn)
    rows = await sql.column("select request_id from audit_rows where request_id = any(%s)", ids)
    await sql.close()
    assert sorted(rows) == sorted([ids[0], ids[2]])
    return [str(logged_in.json()[name]) for name in ("access_token", "refresh_token")]


def secrets_stay_out_of_the_log(service: LiveService, log_path: Path, tokens: list[str]) -> None:
    text = read(log_path) + service.log()
    secrets = [
        *tokens,
        NEW["email"],
        NEW["password"],
        clients.PASSWORD,
        "@example.org",
        "127.0.0.1",
    ]
    secrets += [service.environment["SOCCERAI_SIGNING_KEY"], "srt_", "eyJ"]
    assert [secret for secret in secrets if secret in text] == []
