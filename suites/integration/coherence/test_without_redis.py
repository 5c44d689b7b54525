"""Redis gone: reads, log-ins and writes go on, limits are stricter; and when it returns."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, cast

import pytest
from httpx import AsyncClient, Response
from redis.asyncio import Redis

from fixtures import clients
from fixtures.application import SettingsFactory, make_app
from fixtures.builders import Builders
from suites.integration.outage import OwnRedis
from suites.integration.waiting import until
from suites.integration.workers import workers
from sut.cache import Area

HOUR = timedelta(hours=1)
# Whoever waits for something asks often, and must not be told to ask less.
ASKING_OFTEN = 1_000_000


async def cancel(admin: AsyncClient, match_id: int) -> None:
    answer = await admin.patch(f"/api/matches/{match_id}", json={"status": "cancelled"})
    assert answer.status_code == 200, answer.text


async def status(reader: AsyncClient, match_id: int) -> Any:
    answer = await reader.get(f"/api/matches/{match_id}")
    assert answer.status_code == 200, answer.text
    return answer.json()["status"]


async def test_everything_goes_on_without_redis(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    ahead, begun = await build.match(), await build.match(kick_off=-HOUR)
    account, admin_account = await build.player(), await build.admin()
    async with workers(settings_with(redis_url=own_redis.url)) as (client, other):
        assert (await client.get("/health/ready")).json()["status"] == "ok"
        assert (await client.get("/api/matches")).status_code == 200
        own_redis.kill()
        player = await clients.as_account(client, account)
        admin = await clients.as_account(other, admin_account)
        body = {"match_id": ahead.id, "home_goals": 2, "away_goals": 1}
        for answer in (
            await player.post("/api/predictions", json=body),
            await admin.put(
                f"/api/matches/{begun.id}/result", json={"home_goals": 1, "away_goals": 0}
            ),
            await player.get(f"/api/matches/{ahead.id}/forecast"),
            await client.get("/api/leaderboard"),
            await other.get("/api/standings"),
        ):
            assert answer.is_success, answer.text
        assert await status(client, begun.id) == "finished"
        assert await status(other, begun.id) == "finished"
        expected = {"status": "degraded", "dependencies": {"postgres": "up", "redis": "down"}}

        async def told() -> bool:  # the look that found it may be shared for a moment
            return bool((await client.get("/health/ready")).json() == expected)

        await until(told, "readiness without Redis")


async def test_a_write_without_redis_is_read_at_once_through_every_worker(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    async with workers(settings_with(redis_url=own_redis.url)) as (client, other):
        admin = await clients.as_account(client, admin_account)
        for reader in (client, other):
            assert await status(reader, match.id) == "scheduled"
        own_redis.kill()
        await cancel(admin, match.id)
        for reader in (client, other):
            assert await status(reader, match.id) == "cancelled"
        own_redis.start()
        for reader in (client, other) * 2:
            assert await status(reader, match.id) == "cancelled"


async def test_a_redis_that_was_frozen_and_remembers_serves_nothing_stale(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    settings = settings_with(redis_url=own_redis.url, redis_timeout_s=0.2)
    async with workers(settings) as (client, other):
        admin = await clients.as_account(client, admin_account)
        for reader in (client, other) * 2:
            assert await status(reader, match.id) == "scheduled"
        with own_redis.frozen():
            await cancel(admin, match.id)
            for reader in (client, other):
                assert await status(reader, match.id) == "cancelled"
        for reader in (client, other) * 5:
            assert await status(reader, match.id) == "cancelled"


async def test_a_worker_that_slept_through_the_outage_is_set_right_soon(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    settings = settings_with(
        redis_url=own_redis.url, redis_timeout_s=0.2, visitor_limit_per_minute=ASKING_OFTEN
    )
    async with workers(settings) as (client, sleeper):
        admin = await clients.as_account(client, admin_account)
        assert await status(sleeper, match.id) == "scheduled"
        with own_redis.frozen():
            await cancel(admin, match.id)

        async def set_right() -> bool:
            return bool(await status(sleeper, match.id) == "cancelled")

        await until(set_right, "the cancelled match to be read")


async def test_a_redis_that_returns_with_an_older_memory_is_not_believed_until_told(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    settings = settings_with(redis_url=own_redis.url, visitor_limit_per_minute=ASKING_OFTEN)
    async with workers(settings) as (client, other):
        admin = await clients.as_account(client, admin_account)
        for reader in (client, other):
            assert await status(reader, match.id) == "scheduled"
        own_redis.remember()
        own_redis.kill()
        await cancel(admin, match.id)
        assert await status(other, match.id) == "cancelled"
        own_redis.start()
        async with Redis.from_url(own_redis.url) as redis:
            older = await held(redis)
            assert any(b'"scheduled"' in entry for entry in older.values())

            async def told() -> bool:
                for reader in (client, other):
                    assert await status(reader, match.id) == "cancelled"
                now = await held(redis)
                return any(b'"cancelled"' in entry for entry in now.values())

            await until(told, "the cancelled match in the cache")


async def kept_everywhere(match_id: int, *readers: AsyncClient) -> None:
    """Have a scheduled match kept in Redis, then in each worker."""
    for reader in readers * 3:
        assert await status(reader, match_id) == "scheduled"


async def test_a_redis_that_forgot_what_it_had_been_told_is_not_believed(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    async with workers(settings_with(redis_url=own_redis.url)) as (client, other):
        admin = await clients.as_account(client, admin_account)
        await kept_everywhere(match.id, client, other)
        own_redis.remember()
        await cancel(admin, match.id)  # Redis is told, so that nothing is owed
        own_redis.kill()
        own_redis.start()
        assert any(b"one" in name for name in own_redis.names("cache:matches:*"))
        for reader in (client, other) * 3:
            assert await status(reader, match.id) == "cancelled"


async def test_a_redis_that_was_connected_to_anew_is_soon_trusted_again(
    own_redis: OwnRedis, settings_with: SettingsFactory
) -> None:
    app = make_app(settings_with(redis_url=own_redis.url))
    async with app.router.lifespan_context(app):
        cache = app.state.platform.cache

        async def answer() -> bytes:
            return b"answer"

        async def trusted() -> bool:
            await cache.read(Area("matches"), "all", ["matches"], answer)
            return not cache.must_sweep

        assert await trusted()
        own_redis.kill()
        own_redis.start()
        await until(trusted, "a Redis that counts again")


async def held(redis: Redis) -> dict[bytes, bytes]:
    """Every cached answer about matches."""
    names = [name async for name in redis.scan_iter(match="cache:matches:*")]
    return {name: cast("bytes", await redis.get(name) or b"") for name in names}


def policy(answer: Response) -> str:
    return answer.headers["ratelimit-policy"]


@pytest.mark.objective("sec-rate-limit")
async def test_limits_are_stricter_without_redis_and_never_gone(
    own_redis: OwnRedis, settings_with: SettingsFactory
) -> None:
    settings = settings_with(redis_url=own_redis.url, visitor_limit_per_minute=20, workers=2)
    async with workers(settings) as (client, other):
        assert policy(await client.get("/api/teams")) == '"visitor";q=20;w=60'
        own_redis.kill()
        let_in = 0
        for worker in (client, other):
            answers = [await worker.get("/api/teams") for _ in range(20)]
            assert policy(answers[-1]) == '"visitor";q=5;w=60'
            assert answers[-1].status_code == 429
            assert int(answers[-1].headers["retry-after"]) >= 1
            let_in += sum(answer.status_code == 200 for answer in answers)
        assert let_in == 10


@pytest.mark.objective("sec-rate-limit")
async def test_guessing_passwords_is_still_limited_without_redis(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    account = await build.player()
    async with workers(settings_with(redis_url=own_redis.url)) as (client, _):
        own_redis.kill()
        body = {"email": account.email, "password": "a wrong password"}
        answers = [await client.post("/api/sessions", json=body) for _ in range(5)]
        assert [answer.status_code for answer in answers] == [401, 401, 429, 429, 429]


async def test_a_write_that_a_full_redis_cannot_note_is_read_at_once_through_every_worker(
    own_redis: OwnRedis, settings_with: SettingsFactory, build: Builders
) -> None:
    match, admin_account = await build.match(), await build.admin()
    async with workers(settings_with(redis_url=own_redis.url)) as (client, other):
        admin = await clients.as_account(client, admin_account)
        await kept_everywhere(match.id, client, other)
        async with Redis.from_url(own_redis.url) as redis:
            await redis.config_set("maxmemory-policy", "noeviction")
            await redis.config_set("maxmemory", 1)
        await cancel(admin, match.id)
        for reader in (other, client):
            assert await status(reader, match.id) == "cancelled"
