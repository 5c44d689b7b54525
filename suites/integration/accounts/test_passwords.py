"""Changing the password, and guessing it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.application import SettingsFactory
from fixtures.builders import Builders, password_hash
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out
from suites.integration.workers import workers

pytestmark = pytest.mark.objective("sec-passwords")

NEW = "another long password"
WRONG_PASSWORD = (403, "wrong-password")
WRONG_CREDENTIALS = (401, "wrong-credentials")


async def change(client: AsyncClient, current: str = clients.PASSWORD, new: str = NEW) -> Response:
    body = {"current_password": current, "new_password": new}
    return await client.put("/api/me/password", json=body)


async def log_in(client: AsyncClient, email: str, password: str = clients.PASSWORD) -> Response:
    return await client.post("/api/sessions", json={"email": email, "password": password})


async def test_after_a_change_only_the_new_password_lets_in(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    assert (await change(await clients.as_account(client, account))).status_code == 204
    assert refusal(await log_in(client, str(account.email))) == WRONG_CREDENTIALS
    assert (await log_in(client, str(account.email), NEW)).status_code == 201


async def test_a_change_needs_the_password_that_holds(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    assert refusal(await change(player, current="not the password")) == WRONG_PASSWORD
    assert await sql.value("select password_hash from accounts") == account.password_hash
    assert (await player.get("/api/me")).status_code == 200


@pytest.mark.parametrize("new", ["eleven char", "x" * 129])
async def test_the_new_password_keeps_to_the_limits(
    client: AsyncClient, build: Builders, new: str
) -> None:
    player = await clients.as_account(client, await build.player())
    assert refusal(await change(player, new=new)) == (422, "invalid-request")


async def test_of_two_changes_at_once_one_is_made(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    players = [await clients.as_account(worker, account) for worker in (client, other_client)]
    new = [NEW, "a third long password"]
    answers = await asyncio.gather(*(change(p, new=n) for p, n in zip(players, new, strict=True)))
    won = [password for password, a in zip(new, answers, strict=True) if a.status_code == 204]
    assert len(won) == 1
    assert (await log_in(client, str(account.email), won[0])).status_code == 201


async def test_what_a_change_says_to_have_ended_was_live(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    await sql.run(
        "insert into sessions (id, account_id, expires_at) "
        "values (gen_random_uuid(), %s, now() - interval '1 minute')",
        account.id,
    )
    assert (await change(player)).status_code == 204
    told = await sql.value(
        "select details from audit_rows where action = 'account.password_changed'"
    )
    assert told == {"sessions_ended": 1}
    assert await sql.value("select count(*) from sessions where ended_at is null") == 0


async def test_a_log_in_whose_password_is_changed_meanwhile_begins_no_session(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    account = await build.player()
    async with sql.transaction():
        await sql.run(
            "update accounts set password_hash = %s where id = %s", password_hash(NEW), account.id
        )
        knocking = asyncio.create_task(log_in(client, str(account.email)))
        await until_locked_out(watcher)
    assert refusal(await knocking) == WRONG_CREDENTIALS
    assert await sql.value("select count(*) from sessions") == 0


@pytest.mark.objective("gdpr-erase")
async def test_nothing_is_erased_by_a_password_that_is_changed_meanwhile(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    async with sql.transaction():
        await sql.run(
            "update accounts set password_hash = %s where id = %s", password_hash(NEW), account.id
        )
        leaving = asyncio.create_task(
            player.post("/api/me/erase", json={"password": clients.PASSWORD})
        )
        await until_locked_out(watcher)
    assert refusal(await leaving) == WRONG_PASSWORD
    held = await sql.row("select email, erased_at from accounts")
    assert held == {"email": account.email, "erased_at": None}
    assert (await log_in(client, str(account.email), NEW)).status_code == 201


async def test_a_log_in_that_is_under_way_ends_with_the_change(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    await asyncio.gather(change(player), *(log_in(client, str(account.email)) for _ in range(3)))
    begun = "select count(*) from sessions where ended_at is null"
    assert await sql.value(begun) == 0


@pytest.mark.objective("sec-rate-limit")
@pytest.mark.parametrize("path", ["/api/me/password", "/api/me/erase"])
async def test_guessing_the_own_password_is_limited_like_a_log_in(
    client: AsyncClient, build: Builders, path: str
) -> None:
    player = await clients.as_account(client, await build.player())
    bodies: dict[str, dict[str, Any]] = {
        "/api/me/password": {"current_password": "a guess", "new_password": NEW},
        "/api/me/erase": {"password": "a guess"},
    }
    send = player.put if path.endswith("password") else player.post
    answers = [await send(path, json=bodies[path]) for _ in range(6)]
    assert [refusal(answer) for answer in answers[:5]] == [WRONG_PASSWORD] * 5
    assert refusal(answers[5]) == (429, "too-many-requests")
    assert int(answers[5].headers["retry-after"]) >= 1


@pytest.mark.objective("sec-rate-limit")
async def test_one_account_cannot_be_guessed_from_many_addresses(
    settings_with: SettingsFactory, build: Builders
) -> None:
    account = await build.player()
    settings = settings_with(trusted_proxies=("127.0.0.1",))
    async with workers(settings) as (worker, _):
        statuses = [
            (
                await worker.post(
                    "/api/sessions",
                    json={"email": str(account.email).upper(), "password": "a guess"},
                    headers={"x-forwarded-for": f"198.51.100.{number}"},
                )
            ).status_code
            for number in range(22)
        ]
    assert statuses == [401] * 20 + [429] * 2
