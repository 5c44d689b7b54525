"""Making a prediction: what is accepted, what is refused, and who can read it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

HOUR = timedelta(hours=1)


async def test_a_prediction_is_answered_with_where_it_is_and_its_version(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    body = {"match_id": match.id, "home_goals": 2, "away_goals": 1}
    made = await player.post("/api/predictions", json=body)
    assert made.status_code == 201
    assert made.json() == made.json() | body | {"points": None, "version": 1}
    assert made.headers["location"] == f"/api/predictions/{made.json()['id']}"
    read = await player.get(made.headers["location"])
    assert read.json() == made.json()
    assert read.headers["etag"] == made.headers["etag"]
    assert read.headers["cache-control"] == "no-store"


@pytest.mark.parametrize(
    "changes",
    [
        {"home_goals": -1},
        {"home_goals": 21},
        {"away_goals": 1.5},
        {"away_goals": "1"},
        {"away_goals": None},
        {"away_goals": True},
        {"match_id": 0},
        {"match_id": 2**63},
        {"points": 5},
        {"account_id": 1},
    ],
    ids=repr,
)
@pytest.mark.objective("sec-input")
async def test_a_prediction_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, changes: dict[str, Any]
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    body = {"match_id": match.id, "home_goals": 2, "away_goals": 1, **changes}
    answer = await player.post("/api/predictions", json=body)
    assert refusal(answer) == (422, "invalid-request")
    assert await sql.value("select count(*) from predictions") == 0


@pytest.mark.parametrize("goals", [(0, 0), (20, 20)])
async def test_scores_from_0_to_20_are_taken(
    client: AsyncClient, build: Builders, goals: tuple[int, int]
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    body = {"match_id": match.id, "home_goals": goals[0], "away_goals": goals[1]}
    assert (await player.post("/api/predictions", json=body)).status_code == 201


async def test_a_player_predicts_a_match_once(client: AsyncClient, build: Builders) -> None:
    match = await build.match()
    player, other = [await clients.as_account(client, await build.player()) for _ in range(2)]
    body = {"match_id": match.id, "home_goals": 2, "away_goals": 1}
    assert (await player.post("/api/predictions", json=body)).status_code == 201
    assert refusal(await player.post("/api/predictions", json=body)) == (409, "already-predicted")
    assert (await other.post("/api/predictions", json=body)).status_code == 201


async def test_a_match_that_is_not_there_cannot_be_predicted(
    client: AsyncClient, build: Builders
) -> None:
    player = await clients.as_account(client, await build.player())
    body = {"match_id": 4711, "home_goals": 2, "away_goals": 1}
    assert refusal(await player.post("/api/predictions", json=body)) == (404, "not-found")


@pytest.mark.parametrize("status", ["live", "postponed", "cancelled", "scheduled"])
async def test_only_a_scheduled_match_that_lies_ahead_takes_predictions(
    client: AsyncClient, build: Builders, sql: Sql, status: str
) -> None:
    ahead = -HOUR if status == "scheduled" else HOUR
    match = await build.match(status=status, kick_off=ahead)
    finished = await build.finished_match(2, 1, kick_off=HOUR)
    player = await clients.as_account(client, await build.player())
    for match_id in (match.id, finished.id):
        body = {"match_id": match_id, "home_goals": 2, "away_goals": 1}
        assert refusal(await player.post("/api/predictions", json=body)) == (
            409,
            "prediction-closed",
        )
    assert await sql.value("select count(*) from predictions") == 0


async def test_somebody_elses_prediction_is_not_there(client: AsyncClient, build: Builders) -> None:
    owner = await build.player()
    prediction = await build.prediction(owner, await build.match())
    others = [
        await clients.as_account(client, a) for a in (await build.player(), await build.admin())
    ]
    path = f"/api/predictions/{prediction.id}"
    etag = (await (await clients.as_account(client, owner)).get(path)).headers["etag"]
    for other in others:
        assert refusal(await other.get(path)) == (404, "not-found")
        change = {"home_goals": 9, "away_goals": 9}
        for sent in ({}, {"if-match": etag}, {"if-match": '"x"'}):
            answer = await other.put(path, json=change, headers=sent)
            assert refusal(answer) == (404, "not-found")
        assert (await other.get("/api/predictions")).json()["items"] == []


async def test_a_visitor_predicts_nothing(client: AsyncClient, build: Builders) -> None:
    match = await build.match()
    prediction = await build.prediction(await build.player(), match)
    body = {"match_id": match.id, "home_goals": 2, "away_goals": 1}
    answers = [
        await client.post("/api/predictions", json=body),
        await client.get("/api/predictions"),
        await client.get(f"/api/predictions/{prediction.id}"),
        await client.put(f"/api/predictions/{prediction.id}", json={}),
        await client.get(f"/api/matches/{match.id}/predictions"),
    ]
    assert [refusal(answer) for answer in answers] == [(401, "unauthenticated")] * 5
