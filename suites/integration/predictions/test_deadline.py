"""The deadline: strictly before kick-off by the database's clock, whatever happens meanwhile."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.clock import MOMENT, TICK, StoppedClock
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out

CLOSED = (409, "prediction-closed")
TO_THE_PAST = "update matches set kick_off = clock_timestamp() - interval '1 second'"
SCORE = {"home_goals": 2, "away_goals": 1}


async def create(player: AsyncClient, match_id: int) -> Response:
    return await player.post("/api/predictions", json={"match_id": match_id, **SCORE})


async def change(player: AsyncClient, made: Response) -> Response:
    return await player.put(
        f"/api/predictions/{made.json()['id']}",
        json=SCORE,
        headers={"if-match": made.headers["etag"]},
    )


async def set_kick_off(sql: Sql, ahead: timedelta) -> None:
    await sql.run("update matches set kick_off = %s", MOMENT + ahead)


async def test_a_prediction_at_kick_off_is_refused(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=timedelta(0))
    assert refusal(await create(player, match.id)) == CLOSED
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_prediction_a_microsecond_before_kick_off_is_taken(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=TICK)
    assert (await create(player, match.id)).status_code == 201


async def test_a_change_is_taken_until_a_microsecond_before_kick_off_and_then_refused(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=TICK)
    made = await create(player, match.id)
    changed = await change(player, made)
    assert changed.status_code == 200
    await clock.move(TICK)
    assert refusal(await change(player, changed)) == CLOSED


async def test_others_predictions_are_in_the_open_from_the_very_moment_of_kick_off(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    await build.prediction(await build.player(), match)
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=TICK)
    path = f"/api/matches/{match.id}/predictions"
    assert refusal(await player.get(path)) == (409, "match-not-started")
    await clock.move(TICK)
    assert len((await player.get(path)).json()["items"]) == 1


async def test_the_clients_own_clock_does_not_count(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(kick_off=timedelta(seconds=-1))
    player = await clients.as_account(client, await build.player())
    for name in ("date", "x-request-start", "if-unmodified-since"):
        answer = await player.post(
            "/api/predictions",
            json={"match_id": match.id, **SCORE},
            headers={name: "Sat, 01 Jan 2000 00:00:00 GMT"},
        )
        assert refusal(answer) == CLOSED
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_prediction_that_waits_while_the_kick_off_is_moved_to_the_past_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    async with sql.transaction():
        await sql.run(TO_THE_PAST)
        asked = asyncio.create_task(create(player, match.id))
        await until_locked_out(watcher)
    assert refusal(await asked) == CLOSED
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_change_that_waits_while_the_kick_off_is_moved_to_the_past_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    made = await create(player, match.id)
    async with sql.transaction():
        await sql.run(TO_THE_PAST)
        asked = asyncio.create_task(change(player, made))
        await until_locked_out(watcher)
    assert refusal(await asked) == CLOSED
    assert await sql.value("select version from predictions") == 1


@pytest.mark.parametrize("status", ["live", "postponed", "cancelled"])
async def test_a_prediction_that_waits_while_the_match_changes_its_state_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql, status: str
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    async with sql.transaction():
        await sql.run("update matches set status = %s", status)
        asked = asyncio.create_task(create(player, match.id))
        await until_locked_out(watcher)
    assert refusal(await asked) == CLOSED


async def test_a_prediction_that_waits_beyond_the_kick_off_is_refused(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=timedelta(seconds=5))
    async with sql.transaction():
        await sql.run("select 1 from matches for update")
        asked = asyncio.create_task(create(player, match.id))
        await until_locked_out(watcher)
        await clock.move(timedelta(seconds=5))
    assert refusal(await asked) == CLOSED


async def test_a_change_that_waits_for_its_row_beyond_the_kick_off_is_refused(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    match = await build.match()
    player = await clients.as_account(client, await build.player())
    await set_kick_off(sql, ahead=timedelta(seconds=5))
    made = await create(player, match.id)
    async with sql.transaction():
        await sql.run("select 1 from predictions for update")
        asked = asyncio.create_task(change(player, made))
        await until_locked_out(watcher)
        await clock.move(timedelta(seconds=5))
    assert refusal(await asked) == CLOSED


async def test_a_prediction_that_waits_for_its_own_twin_beyond_the_kick_off_is_refused(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    account, match = await build.player(), await build.match()
    player = await clients.as_account(client, account)
    await set_kick_off(sql, ahead=timedelta(seconds=5))
    await sql.run("begin")
    await sql.run(
        "insert into predictions (account_id, match_id, home_goals, away_goals) "
        "values (%s, %s, 0, 0)",
        account.id,
        match.id,
    )
    asked = asyncio.create_task(create(player, match.id))
    await until_locked_out(watcher)
    await watcher.run("update stopped.at set moment = moment + interval '5 seconds'")
    await sql.run("rollback")
    assert refusal(await asked) == CLOSED
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_kick_off_is_not_moved_past_a_prediction_that_is_being_made(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    admin = await clients.as_account(client, await build.admin())
    match = await build.match()
    async with sql.transaction():
        await sql.run("select 1 from matches for share")  # as a prediction under way holds it
        moved = asyncio.create_task(
            admin.patch(f"/api/matches/{match.id}", json={"status": "postponed"})
        )
        await until_locked_out(watcher)
        assert not moved.done()
    assert (await moved).status_code == 200


async def test_predictions_made_while_the_kick_off_is_moved_are_all_before_it_or_refused(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    players = [await clients.as_account(client, await build.player()) for _ in range(8)]
    asked = [asyncio.create_task(create(player, match.id)) for player in players]
    await sql.run(TO_THE_PAST)
    answers = await asyncio.gather(*asked)
    late = await sql.value(
        "select count(*) from predictions p join matches m on m.id = p.match_id "
        "where p.created_at >= m.kick_off + interval '1 second'"
    )
    taken = [answer for answer in answers if answer.status_code == 201]
    assert all(refusal(answer) == CLOSED for answer in answers if answer not in taken)
    assert late == 0
    assert await sql.value("select count(*) from predictions") == len(taken)
