"""Metrics: all that was promised, by route templates, and on the internal port alone."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.builders import Builders
from suites.integration.observability.scrape import INTERNAL_PORT, Scrape, internal, scrape
from suites.integration.refusals import refusal
from suites.integration.waiting import until
from suites.integration.workers import workers
from sut.app import Service

pytestmark = pytest.mark.objective("obs-metrics")

PROMISED = {
    "http_requests_total": {"method", "route", "status"},
    "http_request_seconds_bucket": {"method", "route", "le"},
    "http_request_seconds_count": {"method", "route"},
    "http_request_seconds_sum": {"method", "route"},
    "db_statement_seconds_bucket": {"operation", "le"},
    "db_statement_seconds_count": {"operation"},
    "db_pool_connections": {"state"},
    "db_pool_connections_max": set(),
    "cache_reads_total": {"outcome", "area"},
    "rate_limited_total": {"limit"},
    "logins_total": {"outcome"},
    "predictions_total": {"outcome"},
    "results_total": set(),
    "forecasts_total": {"tier"},
    "process_cpu_seconds_total": {"pid"},
    "process_resident_memory_bytes": {"pid"},
    "process_open_fds": {"pid"},
}


async def use_everything(client: AsyncClient, build: Builders) -> None:
    """Make every kind of thing happen once that a metric counts."""
    ahead, begun = await build.match(), await build.match(kick_off=timedelta(hours=-1))
    account = await build.player()
    player = await clients.as_account(client, account)
    admin = await clients.as_account(client, await build.admin())
    wrong = {"email": account.email, "password": "a wrong password"}
    for _ in range(6):
        await client.post("/api/sessions", json=wrong)
    score = {"home_goals": 2, "away_goals": 1}
    for match in (ahead, ahead, begun):
        await player.post("/api/predictions", json=score | {"match_id": match.id})
    await admin.put(f"/api/matches/{begun.id}/result", json=score)
    await player.get(f"/api/matches/{ahead.id}/forecast")
    for _ in range(2):
        await client.get("/api/leaderboard")


async def ask_for_what_nobody_has(client: AsyncClient, times: int) -> None:
    for _ in range(times):
        word = secrets.token_hex(8)
        await client.get(f"/{word}")
        await client.get(f"/api/matches/{1_000 + secrets.randbelow(1_000_000)}")
        await client.get(f"/api/{word}/{word}?{word}={word}", headers={"user-agent": word})
        await client.request(f"X{word.upper()}", "/api/matches")


async def test_every_promised_metric_is_exported_with_its_labels(
    client: AsyncClient, prometheus: AsyncClient, build: Builders
) -> None:
    await use_everything(client, build)
    read = await scrape(prometheus)
    assert PROMISED.keys() - read.names == set()
    for name, labels in PROMISED.items():
        found = {frozenset(dict(has)) for one, has in read.values if one == name}
        assert found == {frozenset(labels)}, name


async def test_counts_are_what_happened(
    client: AsyncClient, prometheus: AsyncClient, build: Builders
) -> None:
    await use_everything(client, build)
    read = await scrape(prometheus)
    assert read.sum("logins_total", outcome="success") == 2
    assert read.sum("logins_total", outcome="wrong") == 4
    assert read.sum("logins_total", outcome="limited") == 2
    assert read.sum("rate_limited_total", limit="login") == 2
    assert read.sum("predictions_total", outcome="created") == 1
    assert read.sum("predictions_total", outcome="already-predicted") == 1
    assert read.sum("predictions_total", outcome="prediction-closed") == 1
    assert read.sum("results_total") == 1
    assert read.sum("forecasts_total", tier="free") == 1
    assert read.sum("cache_reads_total", area="leaderboard", outcome="miss") == 1
    assert read.sum("cache_reads_total", area="leaderboard", outcome="hit") == 1
    route = {"method": "GET", "route": "/api/leaderboard"}
    assert read.sum("http_requests_total", status="200", **route) == 2
    assert read.sum("http_request_seconds_count", **route) == 2
    assert read.sum("db_pool_connections_max") == 20
    assert read.sum("db_statement_seconds_count", operation="insert") > 0

    async def at_rest() -> bool:  # the sweeper may be at work for a moment, what leaked stays
        return (await scrape(prometheus)).sum("db_pool_connections", state="in_use") == 0

    await until(at_rest, "no connection in use")


async def test_a_result_is_counted_once_however_often_it_is_sent(
    client: AsyncClient, prometheus: AsyncClient, build: Builders
) -> None:
    match = await build.match(kick_off=-timedelta(hours=1))
    admin = await clients.as_account(client, await build.admin())
    for goals, counted in ((2, 1), (2, 1), (3, 2), (2, 3)):
        body = {"home_goals": goals, "away_goals": 1}
        assert (await admin.put(f"/api/matches/{match.id}/result", json=body)).is_success
        assert (await scrape(prometheus)).sum("results_total") == counted


async def test_labels_do_not_grow_with_paths_methods_or_headers(
    app: Service, client: AsyncClient, prometheus: AsyncClient, build: Builders
) -> None:
    await use_everything(client, build)
    await scrape(prometheus)
    await ask_for_what_nobody_has(client, times=1)
    before = await scrape(prometheus)
    await ask_for_what_nobody_has(client, times=20)
    after = await scrape(prometheus)
    assert after.values.keys() == before.values.keys()
    templates = {*app.openapi()["paths"], "/metrics", "unmatched"}
    assert after.label("http_requests_total", "route") <= templates
    methods = {"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "other"}
    assert after.label("http_requests_total", "method") <= methods


async def test_the_public_port_does_not_know_of_metrics(
    client: AsyncClient, build: Builders
) -> None:
    admin = await clients.as_account(client, await build.admin())
    for who in (client, admin):
        assert refusal(await who.get("/metrics")) == (404, "not-found")
    for name in ("host", "x-forwarded-host", "x-forwarded-port"):
        answer = await client.get("/metrics", headers={name: "testserver:9001"})
        assert refusal(answer) == (404, "not-found"), name


async def test_the_internal_port_knows_of_nothing_else(
    prometheus: AsyncClient, build: Builders
) -> None:
    await build.match()
    for path in ("/api/matches", "/", "/openapi.json", "/api/audit"):
        assert refusal(await prometheus.get(path)) == (404, "not-found")
    assert (await prometheus.get("/health/live")).status_code == 200


def shown(read: Scrape, status: int) -> dict[tuple[str, str], float]:
    """How often each method and route was answered with a status."""
    return {
        (labels["method"], labels["route"]): value
        for (name, has), value in read.values.items()
        if name == "http_requests_total" and (labels := dict(has))["status"] == str(status)
    }


async def test_a_request_over_the_limit_is_counted_under_its_route(
    settings_with: SettingsFactory, build: Builders
) -> None:
    match = await build.match()
    settings = settings_with(internal_port=INTERNAL_PORT, visitor_limit_per_minute=1)
    async with workers(settings, count=1) as (client,):
        assert (await client.get("/api/teams")).status_code == 200
        for method, path in (
            ("GET", f"/api/matches/{match.id}"),
            ("GET", "/api/matches/no-number"),
            ("GET", "/leaderboard"),
            ("POST", "/api/predictions"),
            ("PATCH", "/api/predictions"),
            ("GET", "/api/none/such"),
        ):
            assert (await client.request(method, path)).status_code == 429
        read = await scrape(internal(client))
    assert shown(read, 429) == {
        ("GET", "/api/matches/{match_id}"): 2,
        ("GET", "/leaderboard"): 1,
        ("POST", "/api/predictions"): 1,
        ("PATCH", "/api/predictions"): 1,
        ("GET", "unmatched"): 1,
    }


async def test_what_a_limit_refuses_is_counted_under_that_limit(
    settings_with: SettingsFactory, build: Builders
) -> None:
    settings = settings_with(
        internal_port=INTERNAL_PORT, visitor_limit_per_minute=2, player_limit_per_minute=3
    )
    account = await build.player()
    async with workers(settings, count=1) as (client,):
        player = await clients.as_account(client, account)
        told = [(await client.get("/api/teams")).status_code for _ in range(3)]
        told += [(await player.get("/api/me")).status_code for _ in range(4)]
        read = await scrape(internal(client))
    assert told == [200, 429, 429, 200, 200, 200, 429]
    assert read.sum("rate_limited_total", limit="visitor") == 2
    assert read.sum("rate_limited_total", limit="player") == 1
    assert read.sum("rate_limited_total") == 3


@pytest.mark.parametrize("stated", [True, False], ids=["stated length", "chunked"])
async def test_a_body_that_is_too_large_is_counted_under_its_route(
    client: AsyncClient, prometheus: AsyncClient, stated: bool
) -> None:
    body = b"x" * 100_000

    async def chunks() -> AsyncIterator[bytes]:
        yield body

    headers = {"content-type": "application/json"}
    for path in ("/api/sessions", "/api/accounts/7/tier"):
        method = "PUT" if "tier" in path else "POST"
        sent = body if stated else chunks()
        answer = await client.request(method, path, content=sent, headers=headers)
        assert refusal(answer) == (413, "body-too-large")
    assert shown(await scrape(prometheus), 413) == {
        ("POST", "/api/sessions"): 1,
        ("PUT", "/api/accounts/{account_id}/tier"): 1,
    }
