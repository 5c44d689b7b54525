"""A person of whom the service holds something in every place where it holds things of people."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders

HOUR = timedelta(hours=1)
EMAIL = "Marker.Mallory@example.org"
NAME = "Mallory Marker"
PASSWORD = "the password of mallory"
KEY = "marker-idempotency-key"
REQUEST_ID = "marker-request-id"


@dataclass
class Person:
    """Who it is, and every secret that was given out."""

    client: AsyncClient
    account_id: int
    tokens: list[dict[str, Any]]
    predictions: list[int]
    cookie: str = ""
    seen_forecast_of: int = 0
    secrets: list[str | bytes] = field(default_factory=list)


async def lived(client: AsyncClient, build: Builders) -> Person:
    """A person who did everything once that leaves something behind."""
    body = {"email": EMAIL, "password": PASSWORD, "display_name": "Mallory First"}
    account = (await client.post("/api/accounts", json=body)).json()
    first = await clients.log_in(client, EMAIL, PASSWORD)
    refreshed = (
        await client.post("/api/sessions/refresh", json={"refresh_token": first["refresh_token"]})
    ).json()
    second = await clients.log_in(client, EMAIL, PASSWORD)
    own = AsyncClient(
        transport=client._transport,
        base_url=client.base_url,
        headers={"authorization": f"Bearer {second['access_token']}", "x-request-id": REQUEST_ID},
    )
    await own.patch("/api/me", json={"display_name": NAME})
    page = await client.post(
        "/login",
        data={"email": EMAIL, "password": PASSWORD},
        headers={"origin": str(client.base_url), "sec-fetch-site": "same-origin"},
    )
    cookie = page.cookies.get("session") or ""
    matches = [await build.match() for _ in range(2)]
    predictions = []
    for number, match in enumerate(matches):
        made = await own.post(
            "/api/predictions",
            json={"match_id": match.id, "home_goals": 11, "away_goals": 12 + number},
            headers={"idempotency-key": f"{KEY}-{number}"},
        )
        predictions.append(made.json()["id"])
    await own.get(f"/api/matches/{matches[1].id}/forecast")
    await build.kick_off_in(matches[0], -HOUR)
    admin = await clients.as_account(client, await build.admin())
    await admin.put(
        f"/api/matches/{matches[0].id}/result", json={"home_goals": 11, "away_goals": 12}
    )
    await admin.put(f"/api/accounts/{account['id']}/tier", json={"tier": "free"})
    await client.get("/api/leaderboard")
    await own.get(f"/api/matches/{matches[0].id}/predictions")
    person = Person(
        own, account["id"], [first, refreshed, second], predictions, cookie, matches[1].id
    )
    for tokens in person.tokens:
        secret = tokens["refresh_token"]
        person.secrets += [secret, tokens["access_token"], hashlib.sha256(secret.encode()).digest()]
    if cookie:
        person.secrets += [cookie, hashlib.sha256(cookie.encode()).digest()]
    return person


@pytest.fixture
async def person(client: AsyncClient, build: Builders) -> Person:
    """Somebody of whom much is held."""
    return await lived(client, build)
