"""Creating under an Idempotency-Key: asked again, the answer is the same and nothing is made."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

KEY = "a-key-of-the-test"


async def create(
    player: AsyncClient, match_id: int, goals: tuple[int, int] = (2, 1), key: str | None = KEY
) -> Response:
    body: dict[str, Any] = {
        "match_id": match_id,
        "home_goals": goals[0],
        "away_goals": goals[1],
    }
    headers = {} if key is None else {"idempotency-key": key}
    return await player.post("/api/predictions", json=body, headers=headers)


async def test_asked_again_the_answer_is_the_same(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account, match = await build.player(), await build.match()
    first = await create(await clients.as_account(client, account), match.id)
    again = await create(await clients.as_account(other_client, account), match.id)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert again.headers["etag"] == first.headers["etag"]
    assert again.headers["location"] == first.headers["location"]
    assert "idempotency-replayed" not in first.headers
    assert again.headers["idempotency-replayed"] == "true"
    assert await sql.value("select count(*) from predictions") == 1
    assert (
        await sql.value(
            "select count(*) from audit_rows where action like 'prediction.%%'",
        )
        == 1
    )


async def test_of_many_requests_at_once_with_one_key_all_get_the_same_answer(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account, match = await build.player(), await build.match()
    workers = [await clients.as_account(one, account) for one in (client, other_client)]
    answers = await asyncio.gather(*(create(worker, match.id) for worker in workers * 5))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.content for answer in answers}) == 1
    assert sum("idempotency-replayed" not in answer.headers for answer in answers) == 1
    assert await sql.value("select count(*) from predictions") == 1


async def test_of_many_requests_at_once_without_a_key_one_is_taken(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account, match = await build.player(), await build.match()
    workers = [await clients.as_account(one, account) for one in (client, other_client)]
    answers = await asyncio.gather(
        *(create(worker, match.id, (n, 0), None) for n, worker in enumerate(workers * 5))
    )
    won = [answer for answer in answers if answer.status_code == 201]
    assert len(won) == 1
    assert all(
        refusal(answer) == (409, "already-predicted") for answer in answers if answer not in won
    )
    assert await sql.value("select home_goals from predictions") == won[0].json()["home_goals"]


async def test_the_same_key_for_another_request_is_refused(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match, another = await build.match(), await build.match()
    player = await clients.as_account(client, await build.player())
    await create(player, match.id)
    for answer in (await create(player, match.id, (0, 0)), await create(player, another.id)):
        assert refusal(answer) == (422, "idempotency-key-reused")
    assert await sql.value("select count(*) from predictions") == 1


async def test_the_order_of_the_fields_is_no_difference(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    first = await create(player, match.id)
    turned = {"away_goals": 1, "home_goals": 2, "match_id": match.id}
    again = await player.post("/api/predictions", json=turned, headers={"idempotency-key": KEY})
    assert again.content == first.content


async def test_two_players_can_use_the_same_key(client: AsyncClient, build: Builders) -> None:
    match = await build.match()
    players = [await clients.as_account(client, await build.player()) for _ in range(2)]
    answers = [await create(player, match.id) for player in players]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].json()["id"] != answers[1].json()["id"]
    assert "idempotency-replayed" not in answers[1].headers


async def test_a_replay_after_kick_off_still_answers_what_was_made(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    first = await create(player, match.id)
    await sql.run("update matches set kick_off = clock_timestamp() - interval '1 hour'")
    again = await create(player, match.id)
    assert (again.status_code, again.content) == (201, first.content)


async def test_a_refused_request_does_not_use_up_its_key(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(status="postponed")
    player = await clients.as_account(client, await build.player())
    assert refusal(await create(player, match.id)) == (409, "prediction-closed")
    await sql.run("update matches set status = 'scheduled'")
    answer = await create(player, match.id)
    assert answer.status_code == 201
    assert "idempotency-replayed" not in answer.headers


async def test_a_retry_within_a_day_is_still_answered_with_what_was_made(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match, another = await build.match(), await build.match()
    player = await clients.as_account(client, await build.player())
    first = await create(player, match.id)
    await sql.run("update idempotency_keys set created_at = clock_timestamp() - interval '23:59'")
    again = await create(player, match.id)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotency-replayed"] == "true"
    assert refusal(await create(player, another.id)) == (422, "idempotency-key-reused")


async def test_a_key_is_free_again_after_a_day(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match, another = await build.match(), await build.match()
    player = await clients.as_account(client, await build.player())
    await create(player, match.id)
    await sql.run(
        "update idempotency_keys set created_at = clock_timestamp() - interval '24 hours 1 second'"
    )
    assert (await create(player, another.id)).status_code == 201


@pytest.mark.objective("sec-input")
@pytest.mark.parametrize("key", ["short", "x" * 65, "with blank", "semi;colon", "quo'te--"])
async def test_a_key_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, key: str
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    assert refusal(await create(player, match.id, key=key)) == (422, "invalid-request")
