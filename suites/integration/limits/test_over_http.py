"""Rate limits as clients meet them: shared by the workers, told in headers, not to be dodged."""

from __future__ import annotations

import asyncio

import pytest
from httpx import ASGITransport, AsyncClient, Response

from fixtures import clients
from fixtures.application import BASE_URL, SettingsFactory, make_app
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.workers import workers

pytestmark = pytest.mark.objective("sec-rate-limit")

LIMITED = (429, "too-many-requests")


def statuses(answers: list[Response]) -> list[int]:
    return [answer.status_code for answer in answers]


async def test_exactly_the_limit_is_let_through_over_all_workers(
    settings_with: SettingsFactory,
) -> None:
    async with workers(settings_with(visitor_limit_per_minute=9)) as pair:
        answers = await asyncio.gather(*(pair[n % 2].get("/api/teams") for n in range(20)))
    assert sorted(statuses(answers)) == [200] * 9 + [429] * 11


async def test_headers_tell_what_is_left_and_when_to_come_back(
    settings_with: SettingsFactory,
) -> None:
    async with workers(settings_with(visitor_limit_per_minute=2)) as (client, other):
        first, second, third = [await one.get("/api/teams") for one in (client, other, client)]
    assert first.headers["ratelimit-policy"] == '"visitor";q=2;w=60'
    assert first.headers["ratelimit"].startswith('"visitor";r=1;t=')
    assert second.headers["ratelimit"].startswith('"visitor";r=0;t=')
    assert refusal(third) == LIMITED
    assert 1 <= int(third.headers["retry-after"]) <= 60


@pytest.mark.parametrize("path", ["/api/teams", "/leaderboard"])
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST", "DELETE", "TRACE", "MADEUP"])
async def test_no_method_is_free_whether_a_route_offers_it_or_not(
    settings_with: SettingsFactory, method: str, path: str
) -> None:
    async with workers(settings_with(visitor_limit_per_minute=3), count=1) as (client,):
        answers = [await client.request(method, path) for _ in range(4)]
        last = await client.get("/api/teams")
    left = [answer.headers["ratelimit"].partition(";t=")[0] for answer in answers]
    assert left == [f'"visitor";r={number}' for number in (2, 1, 0, 0)]
    assert [status == 429 for status in statuses(answers)] == [False] * 3 + [True]
    assert refusal(last) == LIMITED


@pytest.mark.parametrize(
    "name", ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "cf-connecting-ip"]
)
async def test_no_header_gives_a_client_a_window_of_its_own(
    settings_with: SettingsFactory, name: str
) -> None:
    async with workers(settings_with(visitor_limit_per_minute=3), count=1) as (client,):
        answers = [
            await client.get("/api/teams", headers={name: f"198.51.100.{number}"})
            for number in range(5)
        ]
    assert statuses(answers) == [200] * 3 + [429] * 2


async def test_behind_a_trusted_proxy_each_client_has_a_window_of_its_own(
    settings_with: SettingsFactory,
) -> None:
    settings = settings_with(visitor_limit_per_minute=2, trusted_proxies=("10.0.0.1",))
    app = make_app(settings)
    async with app.router.lifespan_context(app):
        transport = ASGITransport(app=app, client=("10.0.0.1", 1))
        async with AsyncClient(transport=transport, base_url=BASE_URL) as proxy:
            answers = [
                await proxy.get("/api/teams", headers={"x-forwarded-for": f"1.1.1.1, {address}"})
                for address in ["198.51.100.1"] * 3 + ["198.51.100.2"]
            ]
    assert statuses(answers) == [200, 200, 429, 200]


async def test_a_player_has_a_window_of_their_own_in_whatever_session(
    settings_with: SettingsFactory, build: Builders
) -> None:
    account, another = await build.player(), await build.player()
    settings = settings_with(player_limit_per_minute=4, visitor_limit_per_minute=5)
    async with workers(settings) as (client, other):
        here = await clients.as_account(client, account)
        there = await clients.as_account(other, account)
        somebody = await clients.as_account(client, another)
        answers = [await one.get("/api/me") for one in (here, there) * 3]
        assert statuses(answers) == [200] * 4 + [429] * 2
        assert (await somebody.get("/api/me")).status_code == 200
        assert (await client.get("/api/teams")).status_code == 200


async def test_a_token_that_we_did_not_sign_leaves_one_a_visitor(
    settings_with: SettingsFactory,
) -> None:
    async with workers(settings_with(visitor_limit_per_minute=2), count=1) as (client,):
        answers = [
            await client.get("/api/teams", headers={"authorization": f"Bearer made.up.{number}"})
            for number in range(3)
        ]
    assert statuses(answers) == [200, 200, 429]


async def test_five_log_ins_a_minute_right_or_wrong(
    settings_with: SettingsFactory, build: Builders
) -> None:
    account, another = await build.player(), await build.player()
    async with workers(settings_with()) as pair:
        body = {"email": account.email, "password": "a wrong password"}
        asked = (pair[n % 2].post("/api/sessions", json=body) for n in range(8))
        answers = await asyncio.gather(*asked)
        assert sorted(statuses(answers)) == [401] * 5 + [429] * 3
        right = body | {"password": clients.PASSWORD, "email": str(account.email).upper()}
        assert refusal(await pair[0].post("/api/sessions", json=right)) == LIMITED
        assert await clients.log_in(pair[0], str(another.email))


async def test_a_log_in_over_its_limit_is_told_that_limit_and_when_to_come_back(
    settings_with: SettingsFactory, build: Builders
) -> None:
    body = {"email": (await build.player()).email, "password": "a wrong password"}
    proxied = settings_with(login_limit_per_minute=2, trusted_proxies=("127.0.0.1",))
    told: dict[int, str] = {}
    async with workers(proxied, count=1) as (client,):
        for number in range(13):
            address = {"x-forwarded-for": f"198.51.100.{number // 3}"}
            answer = await client.post("/api/sessions", json=body, headers=address)
            if answer.status_code == 401:
                continue
            assert refusal(answer) == LIMITED
            told[number] = answer.headers["ratelimit-policy"]
            assert ";r=0;t=" in answer.headers["ratelimit"]
            assert 1 <= int(answer.headers["retry-after"]) <= 60
    own, everybodys = '"login";q=2;w=60', '"login-anywhere";q=8;w=60'
    # the third of each address, and the ninth that was within its own address's limit
    assert told == {2: own, 5: own, 8: own, 11: own, 12: everybodys}


async def test_health_is_never_limited(settings_with: SettingsFactory) -> None:
    async with workers(settings_with(visitor_limit_per_minute=1), count=1) as (client,):
        answers = [await client.get("/health/live") for _ in range(5)]
    assert statuses(answers) == [200] * 5
