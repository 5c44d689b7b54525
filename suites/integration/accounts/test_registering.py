"""Registering: one account an address, a password kept whole, a place on the leaderboard."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

NEW = {"email": "ada@example.org", "password": "twelve chars", "display_name": "Ada"}


async def register(client: AsyncClient, **changes: object) -> Response:
    return await client.post("/api/accounts", json={**NEW, **changes})


async def test_a_new_player_is_free_and_can_log_in(client: AsyncClient) -> None:
    answer = await register(client)
    assert answer.status_code == 201
    assert answer.headers["location"] == "/api/me"
    account = answer.json()
    assert (account["role"], account["tier"], account["tier_expires_at"]) == (
        "player",
        "free",
        None,
    )
    assert (account["email"], account["display_name"]) == ("ada@example.org", "Ada")
    player = await clients.logged_in(client, "ada@example.org", "twelve chars")
    assert (await player.get("/api/me")).json() == account


@pytest.mark.parametrize("again", ["ada@example.org", "ADA@EXAMPLE.ORG", "Ada@Example.Org"])
async def test_an_address_has_one_account_whatever_its_case(
    client: AsyncClient, again: str
) -> None:
    await register(client)
    assert refusal(await register(client, email=again)) == (409, "email-taken")


async def test_of_many_who_register_one_address_at_once_one_is_let_in(
    client: AsyncClient, other_client: AsyncClient, sql: Sql
) -> None:
    spellings = ["ada@example.org", "Ada@example.org", "ADA@example.org", "adA@example.org"]
    asked = [
        register(worker, email=email) for email in spellings for worker in (client, other_client)
    ]
    statuses = sorted(answer.status_code for answer in await asyncio.gather(*asked))
    assert statuses == [201] + [409] * 7
    assert await sql.value("select count(*) from accounts") == 1


async def test_log_in_pays_no_regard_to_the_address_case(client: AsyncClient) -> None:
    await register(client, email="Ada@Example.org")
    assert await clients.log_in(client, "aDA@eXAMPLE.oRG", "twelve chars")


@pytest.mark.objective("sec-input")
@pytest.mark.parametrize(
    "changes",
    [
        {"password": "eleven char"},
        {"password": "x" * 129},
        {"email": "ada"},
        {"email": "ada@example.org\x00"},
        {"email": "ada@example.org\r\nbcc: eve@example.org"},
        {"email": None},
        {"email": ["ada@example.org"]},
        {"display_name": ""},
        {"display_name": " "},
        {"display_name": "x" * 41},
        {"display_name": "a\x00b"},
        {"display_name": "a\u202eb"},
        {"role": "admin"},
        {"tier": "elite"},
        {"id": 1},
    ],
    ids=lambda changes: repr(changes)[:40],
)
async def test_a_registration_that_is_not_as_described_is_refused(
    client: AsyncClient, sql: Sql, changes: dict[str, Any]
) -> None:
    assert refusal(await register(client, **changes)) == (422, "invalid-request")
    assert await sql.value("select count(*) from accounts") == 0


@pytest.mark.objective("sec-passwords")
@pytest.mark.parametrize("password", ["x" * 12, "x" * 128, "ü" * 12, "tab\tand spaces ", "密" * 64])
async def test_a_password_within_the_limits_is_kept_whole(
    client: AsyncClient, password: str
) -> None:
    assert (await register(client, password=password)).status_code == 201
    assert await clients.log_in(client, "ada@example.org", password)
    wrong = {"email": "ada@example.org", "password": password[:-1] + "?"}
    assert refusal(await client.post("/api/sessions", json=wrong)) == (401, "wrong-credentials")


@pytest.mark.objective("sec-passwords")
async def test_the_password_is_nowhere_in_the_database(client: AsyncClient, sql: Sql) -> None:
    await register(client, password="a password to look for")
    kept = await sql.row("select password_hash, accounts::text as all_of_it from accounts")
    assert kept["password_hash"].startswith(b"$2b$04$")
    assert "a password to look for" not in kept["all_of_it"]


@pytest.mark.objective("sec-passwords")
async def test_a_refusal_does_not_repeat_the_password(client: AsyncClient) -> None:
    answer = await register(client, password="tooshort", unknown="field")
    assert answer.status_code == 422
    assert "tooshort" not in answer.text


async def test_a_new_player_is_on_the_leaderboard_at_once_in_every_worker(
    client: AsyncClient, other_client: AsyncClient
) -> None:
    for worker in (client, other_client):
        assert (await worker.get("/api/leaderboard")).json()["items"] == []
    account = (await register(client)).json()
    for worker in (client, other_client):
        (entry,) = (await worker.get("/api/leaderboard")).json()["items"]
        assert (entry["account_id"], entry["rank"], entry["points"]) == (account["id"], 1, 0)
