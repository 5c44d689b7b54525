"""The own account: its name, its password, and what guessing it costs."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

PASSWORD = clients.PASSWORD


async def change(player: AsyncClient, current: str, new: str = "another password") -> Any:
    body = {"current_password": current, "new_password": new}
    return await player.put("/api/me/password", json=body)


async def test_a_new_name_is_on_the_leaderboard_at_once_in_every_worker(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    player = await clients.as_account(client, await build.player(display_name="Before"))
    for worker in (client, other_client):
        assert "Before" in (await worker.get("/api/leaderboard")).text
    renamed = await player.patch("/api/me", json={"display_name": "After"})
    assert renamed.json()["display_name"] == "After"
    for worker in (client, other_client):
        (entry,) = (await worker.get("/api/leaderboard")).json()["items"]
        assert entry["display_name"] == "After"


async def test_the_name_that_one_has_is_no_change_and_nothing_is_noted_down(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player = await clients.as_account(client, await build.player(display_name="Same"))
    before = await sql.value("select count(*) from audit_rows")
    answer = await player.patch("/api/me", json={"display_name": "Same"})
    assert (answer.status_code, answer.json()["display_name"]) == (200, "Same")
    assert await sql.value("select count(*) from audit_rows") == before


@pytest.mark.parametrize(
    "body",
    [{}, {"display_name": ""}, {"display_name": None}, {"display_name": "A", "tier": "elite"},
     {"email": "new@example.org"}],
    ids=str,
)  # fmt: skip
async def test_nothing_but_the_name_can_be_changed(
    client: AsyncClient, build: Builders, sql: Sql, body: dict[str, Any]
) -> None:
    player = await clients.as_account(client, await build.player())
    before = await sql.rows("select * from accounts")
    assert refusal(await player.patch("/api/me", json=body)) == (422, "invalid-request")
    assert await sql.rows("select * from accounts") == before


@pytest.mark.objective("sec-passwords")
async def test_after_a_change_only_the_new_password_opens(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    assert (await change(player, PASSWORD)).status_code == 204
    old = await client.post("/api/sessions", json={"email": account.email, "password": PASSWORD})
    assert refusal(old) == (401, "wrong-credentials")
    assert await clients.log_in(client, str(account.email), "another password")


@pytest.mark.objective("sec-passwords")
async def test_a_wrong_current_password_changes_nothing_and_guessing_is_limited(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player = await clients.as_account(client, await build.player())
    before = await sql.value("select password_hash from accounts")
    answers = [refusal(await change(player, "a wrong password")) for _ in range(5)]
    assert answers == [(403, "wrong-password")] * 5
    assert refusal(await change(player, PASSWORD)) == (429, "too-many-requests")
    assert await sql.value("select password_hash from accounts") == before
    assert (await player.get("/api/me")).status_code == 200


@pytest.mark.objective("sec-passwords")
async def test_a_new_password_must_be_long_enough(client: AsyncClient, build: Builders) -> None:
    player = await clients.as_account(client, await build.player())
    assert refusal(await change(player, PASSWORD, "eleven char")) == (422, "invalid-request")
