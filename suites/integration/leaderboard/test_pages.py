"""Pages of the leaderboard: in order, and in step while points change between them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.clock import StoppedClock
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

HOUR = timedelta(hours=1)


async def page(client: AsyncClient, cursor: str | None = None, limit: int = 2) -> dict[str, Any]:
    query = {"limit": limit} | ({"cursor": cursor} if cursor else {})
    answer = await client.get("/api/leaderboard", params=query)
    assert answer.status_code == 200, answer.text
    body: dict[str, Any] = answer.json()
    return body


async def test_equal_points_are_ranked_by_exact_hits_then_registration_then_number(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    people = [(await build.player()).id for _ in range(5)]
    most, exact, early, first, second = people
    for account, points, hits in [(most, 9, 0), (exact, 7, 1), (early, 7, 0), (first, 7, 0),
                                  (second, 7, 0)]:  # fmt: skip
        await sql.run(
            "update scores set points = %s, exact_hits = %s, registered_at = "
            "timestamptz '2026-01-02' - %s * interval '1 day' where account_id = %s",
            points, hits, int(account == early), account,
        )  # fmt: skip
    items = (await page(client, limit=10))["items"]
    assert [item["account_id"] for item in items] == people
    assert [item["rank"] for item in items] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("limit", [1, 2, 3])
async def test_no_page_skips_players_who_registered_in_the_same_moment(
    client: AsyncClient, build: Builders, sql: Sql, limit: int
) -> None:
    people = [(await build.player()).id for _ in range(4)]
    await sql.run("update scores set points = 3, registered_at = '2026-01-02'")
    walked: list[int] = []
    read = await page(client, limit=limit)
    while True:
        walked += [item["account_id"] for item in read["items"]]
        if read["next_cursor"] is None:
            break
        read = await page(client, read["next_cursor"], limit)
    assert walked == people


async def test_pages_neither_repeat_nor_skip_while_points_change_between_them(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    players = [await build.player() for _ in range(7)]
    matches = [await build.match(kick_off=-HOUR) for _ in range(4)]
    for number, match in enumerate(matches):
        for place, player in enumerate(players):
            # each result lifts other players to the top
            await build.prediction(player, match, 1 if (place + number) % 3 else 0, 0)
    admin = await clients.as_account(client, await build.admin())
    await admin.put(f"/api/matches/{matches[0].id}/result", json={"home_goals": 1, "away_goals": 0})
    whole = (await page(client, limit=100))["items"]
    walked: list[dict[str, Any]] = []
    cursor = None
    for number in range(4):
        read = await page((client, other_client)[number % 2], cursor)
        walked += read["items"]
        cursor = read["next_cursor"]
        match = matches[(number + 1) % 4]
        await admin.put(
            f"/api/matches/{match.id}/result", json={"home_goals": number % 2, "away_goals": 0}
        )
    assert cursor is None
    assert walked == whole


async def test_registrations_between_pages_neither_repeat_nor_skip_anyone(
    client: AsyncClient, build: Builders
) -> None:
    people = [(await build.player()).id for _ in range(5)]
    walked: list[int] = []
    read: dict[str, Any] = {"next_cursor": None}
    for _ in range(10):
        read = await page(client, read["next_cursor"])
        walked += [item["account_id"] for item in read["items"]]
        if read["next_cursor"] is None:
            break
        if len(walked) < 6:
            body = {"password": "twelve chars", "display_name": "New"}
            await client.post(
                "/api/accounts", json=body | {"email": f"new{len(walked)}@example.org"}
            )
    assert read["next_cursor"] is None
    assert len(set(walked)) == len(walked)
    assert walked[:5] == people


async def test_erasing_somebody_between_pages_moves_nobody(
    client: AsyncClient, build: Builders
) -> None:
    accounts = [await build.player() for _ in range(5)]
    whole = (await page(client, limit=100))["items"]
    first = await page(client)
    leaver = await clients.as_account(client, accounts[0])
    await leaver.post("/api/me/erase", json={"password": clients.PASSWORD})
    rest = await page(client, first["next_cursor"], limit=100)
    assert [*first["items"], *rest["items"]] == whole


async def test_a_new_first_page_shows_the_points_as_they_are(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match(kick_off=-HOUR)
    low, high = await build.player(), await build.player()
    await build.prediction(high, match, 2, 1)
    admin = await clients.as_account(client, await build.admin())
    assert (await page(client, limit=1))["items"][0]["account_id"] == low.id
    await admin.put(f"/api/matches/{match.id}/result", json={"home_goals": 2, "away_goals": 1})
    assert (await page(client, limit=1))["items"][0]["account_id"] == high.id


async def test_a_cursor_is_good_for_23_hours(
    clock: StoppedClock, client: AsyncClient, build: Builders
) -> None:
    for _ in range(3):
        await build.player()
    cursor = (await page(client, limit=1))["next_cursor"]
    await clock.move(23 * HOUR)
    assert len((await page(client, cursor, limit=5))["items"]) == 2
    await clock.move(timedelta(microseconds=1))
    answer = await client.get("/api/leaderboard", params={"cursor": cursor, "limit": 4})
    assert refusal(answer) == (422, "invalid-cursor")


async def test_a_good_cursor_shows_its_generation_whatever_results_came_in_for_23_hours(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    players = [await build.player() for _ in range(3)]
    matches = [await build.match(kick_off=-HOUR) for _ in range(3)]
    for match in matches:
        for home_goals, player in enumerate(players):
            await build.prediction(player, match, home_goals, 0)
    admin = await clients.as_account(client, await build.admin())

    async def result(number: int, home_goals: int) -> None:
        body = {"home_goals": home_goals, "away_goals": 0}
        path = f"/api/matches/{matches[number].id}/result"
        assert (await admin.put(path, json=body)).status_code == 200

    await result(0, 0)
    whole = (await page(client, limit=100))["items"]
    cursor = (await page(client, limit=1))["next_cursor"]
    await clock.move(timedelta(microseconds=1))
    await result(1, 2)
    await clock.move(23 * HOUR - timedelta(microseconds=1))
    await result(2, 2)
    assert (await page(client, limit=100))["items"] != whole
    assert (await page(client, cursor, limit=100))["items"] == whole[1:]
    await clock.move(25 * HOUR)
    await result(2, 1)
    over = "select count(*) from scores where until_generation < (select current from generations)"
    assert await sql.value(over) == 0


@pytest.mark.parametrize("limit", [0, 101, -1])
async def test_a_page_has_1_to_100_rows(client: AsyncClient, limit: int) -> None:
    answer = await client.get("/api/leaderboard", params={"limit": limit})
    assert refusal(answer) == (422, "invalid-request")


async def test_admins_do_not_play(client: AsyncClient, build: Builders) -> None:
    await build.admin()
    assert (await page(client))["items"] == []
