"""Changing a prediction: only the version that If-Match names, and of many edits at once one."""

from __future__ import annotations

import asyncio

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.operations.chain import broken_links
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

STALE = (412, "precondition-failed")
MISSING = (428, "precondition-required")


async def edit(
    player: AsyncClient, prediction_id: int, etag: str | None, goals: tuple[int, int] = (3, 2)
) -> Response:
    return await player.put(
        f"/api/predictions/{prediction_id}",
        json={"home_goals": goals[0], "away_goals": goals[1]},
        headers={} if etag is None else {"if-match": etag},
    )


async def predicted(client: AsyncClient, build: Builders) -> tuple[AsyncClient, int, str]:
    player = await clients.as_account(client, await build.player())
    body = {"match_id": (await build.match()).id, "home_goals": 0, "away_goals": 0}
    made = await player.post("/api/predictions", json=body)
    return player, made.json()["id"], made.headers["etag"]


async def test_a_change_with_the_current_etag_is_taken_and_gets_a_new_one(
    client: AsyncClient, build: Builders
) -> None:
    player, number, etag = await predicted(client, build)
    changed = await edit(player, number, etag)
    assert changed.status_code == 200
    assert (changed.json()["home_goals"], changed.json()["version"]) == (3, 2)
    assert changed.headers["etag"] != etag
    assert (await player.get(f"/api/predictions/{number}")).json() == changed.json()


async def test_a_change_with_an_older_etag_is_refused_and_changes_nothing(
    client: AsyncClient, build: Builders
) -> None:
    player, number, etag = await predicted(client, build)
    changed = await edit(player, number, etag)
    assert refusal(await edit(player, number, etag, (9, 9))) == STALE
    assert (await player.get(f"/api/predictions/{number}")).json() == changed.json()


@pytest.mark.parametrize("sent", [None, "*", " * "])
async def test_a_change_must_name_a_version(
    client: AsyncClient, build: Builders, sent: str | None
) -> None:
    player, number, _ = await predicted(client, build)
    assert refusal(await edit(player, number, sent)) == MISSING


async def test_tags_that_do_not_name_the_current_version_are_refused(
    client: AsyncClient, build: Builders
) -> None:
    player, number, etag = await predicted(client, build)
    _, _, etag_of_theirs = await predicted(client, build)
    for sent in ('"x"', "x", etag.strip('"'), f"W/{etag}", etag_of_theirs, "", etag[:-1]):
        assert refusal(await edit(player, number, sent)) == STALE, sent
    assert (await edit(player, number, f'"x", {etag}')).status_code == 200


async def test_of_many_edits_at_once_one_wins_and_none_is_lost(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player, number, etag = await predicted(client, build)
    answers = await asyncio.gather(
        *(edit(player, number, etag, (goals, goals)) for goals in range(1, 9))
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert all(refusal(answer) == STALE for answer in answers if answer not in won)
    kept = await sql.row("select home_goals, version from predictions")
    assert kept == {"home_goals": won[0].json()["home_goals"], "version": 2}
    assert (
        await sql.value("select count(*) from audit_rows where action = 'prediction.changed'") == 1
    )


async def test_editors_who_read_again_after_a_refusal_all_get_their_turn(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player()
    match = await build.match()
    workers = [await clients.as_account(one, account) for one in (client, other_client)]
    body = {"match_id": match.id, "home_goals": 0, "away_goals": 0}
    number = (await workers[0].post("/api/predictions", json=body)).json()["id"]

    async def insist(player: AsyncClient) -> None:
        while True:
            read = await player.get(f"/api/predictions/{number}")
            goals = (read.json()["home_goals"] + 1, 0)
            answer = await edit(player, number, read.headers["etag"], goals)
            if answer.status_code == 200:
                return
            assert refusal(answer) == STALE

    async with asyncio.timeout(60):
        await asyncio.gather(*(insist(player) for player in workers * 3))
    kept = await sql.row("select home_goals, version from predictions")
    assert kept == {"home_goals": 6, "version": 7}
    assert await broken_links(sql) == []


async def test_entering_a_result_makes_an_older_etag_stale(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player, number, etag = await predicted(client, build)
    admin = await clients.as_account(client, await build.admin())
    match_id = await sql.value("select id from matches")
    await sql.run("update matches set kick_off = clock_timestamp() - interval '1 hour'")
    entered = await admin.put(
        f"/api/matches/{match_id}/result", json={"home_goals": 0, "away_goals": 0}
    )
    assert entered.status_code == 200
    assert (await player.get(f"/api/predictions/{number}")).headers["etag"] != etag


@pytest.mark.parametrize(
    "goals", [(-1, 0), (0, 21), ("1", 0), (None, 0)], ids=["negative", "many", "text", "null"]
)
async def test_a_change_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, goals: tuple[int, int]
) -> None:
    player, number, etag = await predicted(client, build)
    assert refusal(await edit(player, number, etag, goals)) == (422, "invalid-request")
