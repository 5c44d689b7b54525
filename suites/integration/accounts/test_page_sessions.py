"""Sessions of the pages, in the list that tells people where they are logged in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.sql import Sql

pytestmark = pytest.mark.objective("sec-tokens")

AGO = (
    "update sessions set last_used_at = clock_timestamp() - %s where browser_token_hash is not null"
)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
NEW = "another long password"


async def sessions(client: AsyncClient, email: str) -> list[dict[str, Any]]:
    """The person's sessions, oldest first; the one that asks comes last."""
    tokens = await clients.log_in(client, email)
    headers = {"authorization": f"Bearer {tokens['access_token']}"}
    items: list[dict[str, Any]] = (await client.get("/api/sessions", headers=headers)).json()[
        "items"
    ]
    return sorted(items, key=lambda item: str(item["created_at"]))


async def log_in(client: AsyncClient, email: str) -> None:
    """Log in through the page: the client keeps the cookie."""
    form = {"email": email, "password": clients.PASSWORD}
    answer = await client.post("/login", data=form, headers={"sec-fetch-site": "same-origin"})
    assert answer.status_code == 303, answer.text


async def test_a_page_that_is_opened_counts_as_a_use_of_its_session(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    email = str((await build.player()).email)
    await log_in(client, email)
    assert await sql.run(AGO, HOUR) == 1
    assert (await client.get("/account")).status_code == 200
    seen, _ = await sessions(client, email)
    unseen_for = datetime.now(UTC) - datetime.fromisoformat(seen["last_used_at"])
    assert unseen_for < MINUTE


async def test_within_a_minute_a_use_is_not_noted_again(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    await log_in(client, str((await build.player()).email))
    await sql.run(AGO, MINUTE / 2)
    before = await sql.row("select last_used_at, expires_at, xmin::text from sessions")
    assert (await client.get("/account")).status_code == 200
    assert await sql.row("select last_used_at, expires_at, xmin::text from sessions") == before


async def test_a_use_does_not_put_off_the_end_of_a_session_of_the_pages(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    await log_in(client, str((await build.player()).email))
    await sql.run(AGO, HOUR)
    before = await sql.row("select last_used_at, expires_at from sessions")
    assert (await client.get("/account")).status_code == 200
    after = await sql.row("select last_used_at, expires_at from sessions")
    assert after["last_used_at"] > before["last_used_at"]
    assert after["expires_at"] == before["expires_at"]


async def test_a_page_asked_for_with_the_cookie_of_an_ended_session_is_no_use_of_it(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    await log_in(client, str((await build.player()).email))
    await sql.run(AGO, HOUR)
    await sql.run("update sessions set ended_at = clock_timestamp()")
    before = await sql.value("select last_used_at from sessions")
    assert (await client.get("/account")).status_code == 303
    assert await sql.value("select last_used_at from sessions") == before


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [
        ("DELETE", "/api/sessions", None),
        ("PUT", "/api/me/password", {"current_password": clients.PASSWORD, "new_password": NEW}),
    ],
    ids=["logged out everywhere", "another password"],
)
async def test_a_session_of_the_pages_ends_with_all_the_others(
    client: AsyncClient, build: Builders, method: str, path: str, body: dict[str, str] | None
) -> None:
    account = await build.player()
    await log_in(client, str(account.email))
    elsewhere = await clients.as_account(client, account)
    assert (await client.get("/account")).status_code == 200
    assert (await elsewhere.request(method, path, json=body)).status_code == 204
    answer = await client.get("/account")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/login?next=%2Faccount"
