"""A person can have it gone: from rows, sessions and cached answers, and nobody's rank moves."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.builders import Builders
from suites.integration.leaderboard.ranking import Rank, from_scratch
from suites.integration.operations.chain import broken_links
from suites.integration.outage import OwnRedis
from suites.integration.privacy.everything import in_postgres, in_redis, traces
from suites.integration.privacy.person import EMAIL, NAME, PASSWORD, Person, lived
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until
from suites.integration.workers import workers
from sut.leaderboard import service as leaderboard

pytestmark = pytest.mark.objective("gdpr-erase")

NAMES = (EMAIL, NAME, "Mallory", "Marker")


async def erase(person: Person) -> None:
    answer = await person.client.post("/api/me/erase", json={"password": PASSWORD})
    assert answer.status_code == 204, answer.text


async def board(client: AsyncClient) -> list[Rank]:
    page = (await client.get("/api/leaderboard", params={"limit": 100})).json()
    return [Rank(**item) for item in page["items"]]


async def test_the_search_below_does_find_what_is_there(
    person: Person, sql: Sql, redis: Redis
) -> None:
    places = {place.partition(":")[0] for place in traces(await in_postgres(sql), *NAMES)}
    assert places >= {"accounts.email", "accounts.display_name", "idempotency_keys.key"}
    held = await in_postgres(sql)
    digests = [secret for secret in person.secrets if isinstance(secret, bytes)]
    found = {place.partition(":")[0] for place in traces(held, *digests)}
    assert found == {"refresh_tokens.token_hash", "sessions.browser_token_hash"}
    assert any("leaderboard" in place for place in traces(await in_redis(redis), NAME))


async def test_no_table_holds_name_address_key_or_token_afterwards(
    person: Person, sql: Sql
) -> None:
    await erase(person)
    held = await in_postgres(sql)
    # the request's id was the caller's own choice and names nobody; it ties log and audit together
    held.pop("audit_rows.request_id")
    assert traces(held, *NAMES, *person.secrets) == []
    assert await sql.value(
        "select count(*) from accounts where id = %s and password_hash is null", person.account_id
    )


async def test_no_cached_answer_holds_them_afterwards(
    person: Person, client: AsyncClient, redis: Redis, sql: Sql
) -> None:
    await client.get("/api/leaderboard")
    stale = {key for key in await in_redis(redis) if key.startswith("cache:leaderboard")}
    assert stale
    await erase(person)
    held = await in_redis(redis)
    assert traces(held, *NAMES, *person.secrets) == []


async def test_a_page_that_was_read_before_the_erasure_is_not_kept_after_it(
    person: Person, other_client: AsyncClient, redis: Redis, monkeypatch: pytest.MonkeyPatch
) -> None:
    has_read, may_answer = asyncio.Event(), asyncio.Event()
    read = leaderboard._read

    async def slow(*asked: Any) -> Any:
        page = await read(*asked)
        has_read.set()
        await may_answer.wait()
        return page

    monkeypatch.setattr(leaderboard, "_read", slow)
    reader = asyncio.create_task(other_client.get("/api/leaderboard?limit=99"))
    await has_read.wait()
    await erase(person)
    may_answer.set()
    assert NAME in (await reader).text
    assert traces(await in_redis(redis), *NAMES, *person.secrets) == []


async def test_a_redis_that_was_away_during_the_erasure_is_emptied_when_it_returns(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    async with workers(settings_with(redis_url=own_redis.url)) as (client, _):
        person = await lived(client, build)
        own_redis.remember()
        own_redis.kill()
        await erase(person)
        own_redis.start()
        # asked without giving way: nothing of the service has run since Redis returned
        assert own_redis.names("cache:leaderboard:*")
        async with Redis.from_url(own_redis.url) as redis:

            async def gone() -> bool:
                return not traces(await in_redis(redis), *NAMES)

            await until(gone, "nothing left in Redis")


async def test_nobody_is_let_in_any_more(
    person: Person, client: AsyncClient, other_client: AsyncClient
) -> None:
    await erase(person)
    for worker in (client, other_client):
        for tokens in person.tokens:
            bearer = {"authorization": f"Bearer {tokens['access_token']}"}
            assert refusal(await worker.get("/api/me", headers=bearer)) == (401, "unauthenticated")
            answer = await worker.post(
                "/api/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}
            )
            assert refusal(answer) == (401, "invalid-refresh-token")


async def test_the_address_can_be_registered_anew_and_starts_from_nothing(
    person: Person, client: AsyncClient
) -> None:
    await erase(person)
    body = {"email": EMAIL, "password": "another password", "display_name": "New"}
    again = await client.post("/api/accounts", json=body)
    assert again.status_code == 201
    assert again.json()["id"] != person.account_id


async def test_the_leaderboard_stays_consistent_under_a_placeholder_name(
    person: Person, client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match_id = await sql.value("select id from matches where status = 'finished'")
    admin = await clients.as_account(client, await build.admin())
    before = await board(client)
    await erase(person)
    for worker in (client, other_client):
        after = await board(worker)
        assert after == await from_scratch(sql)
        assert [(r.account_id, r.points) for r in after] == [
            (r.account_id, r.points) for r in before
        ]
        assert NAME not in str(after)
    await admin.put(f"/api/matches/{match_id}/result", json={"home_goals": 1, "away_goals": 0})
    assert await board(other_client) == await from_scratch(sql)


async def test_an_audit_row_without_personal_data_stays(person: Person, sql: Sql) -> None:
    await erase(person)
    row = await sql.row("select * from audit_rows where action = 'account.erased'")
    assert (row["subject_id"], row["details"]) == (str(person.account_id), {})
    assert await broken_links(sql) == []


async def test_the_password_is_asked_for(person: Person, sql: Sql) -> None:
    answer = await person.client.post("/api/me/erase", json={"password": "a wrong password"})
    assert refusal(answer) == (403, "wrong-password")
    assert await sql.value("select email from accounts where id = %s", person.account_id) == EMAIL


async def test_nothing_is_left_when_the_person_logs_in_and_predicts_at_the_same_moment(
    person: Person, client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    body: dict[str, Any] = {"match_id": match.id, "home_goals": 1, "away_goals": 0}
    login = {"email": EMAIL, "password": PASSWORD}
    bearer = {"authorization": f"Bearer {person.tokens[-1]['access_token']}"}
    await asyncio.gather(
        other_client.post("/api/sessions", json=login),
        other_client.post(
            "/api/predictions", json=body, headers=bearer | {"idempotency-key": "marker-at-once"}
        ),
        other_client.patch("/api/me", json={"display_name": "Marker again"}, headers=bearer),
        person.client.post("/api/me/erase", json={"password": PASSWORD}),
    )
    held = await in_postgres(sql)
    held.pop("audit_rows.request_id")
    assert traces(held, EMAIL, NAME, "Mallory", "Marker again", "marker-at-once") == []
    live = "select count(*) from sessions where account_id = %s and ended_at is null"
    assert await sql.value(live, person.account_id) == 0


async def test_which_forecasts_they_saw_is_forgotten(person: Person, sql: Sql) -> None:
    seen = "select count(*) from forecast_views where account_id = %s"
    assert await sql.value(seen, person.account_id) == 1
    answer = await person.client.post("/api/me/erase", json={"password": PASSWORD})
    assert answer.status_code == 204
    assert await sql.value(seen, person.account_id) == 0


async def test_a_full_redis_is_emptied_of_them_all_the_same(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    async with workers(settings_with(redis_url=own_redis.url)) as (client, _):
        person = await lived(client, build)
        assert own_redis.names("cache:leaderboard:*")
        async with Redis.from_url(own_redis.url) as redis:
            await redis.config_set("maxmemory-policy", "noeviction")
            await redis.config_set("maxmemory", 1)
            await erase(person)
            assert traces(await in_redis(redis), *NAMES) == []
