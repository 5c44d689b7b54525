"""Reading teams, matches and the table: filters, pages, entity tags."""

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


async def listed(client: AsyncClient, **query: Any) -> list[int]:
    return [one["id"] for one in (await client.get("/api/matches", params=query)).json()["items"]]


async def walked(client: AsyncClient, path: str, **query: Any) -> list[dict[str, Any]]:
    """All items of a list, page by page."""
    items: list[dict[str, Any]] = []
    while True:
        page = (await client.get(path, params=query)).json()
        items += page["items"]
        if page["next_cursor"] is None:
            return items
        query["cursor"] = page["next_cursor"]


async def test_matches_come_in_the_order_of_their_kick_offs(
    client: AsyncClient, build: Builders
) -> None:
    late, early, middle = [await build.match(kick_off=HOUR * n) for n in (3, 1, 2)]
    assert await listed(client) == [early.id, middle.id, late.id]


async def test_a_match_shows_its_teams_and_its_state(client: AsyncClient, build: Builders) -> None:
    home, away = await build.team("Home FC"), await build.team("Away FC")
    match = await build.finished_match(2, 1, home=home, away=away, round=7)
    shown = (await client.get(f"/api/matches/{match.id}")).json()
    assert (shown["home_team"]["name"], shown["away_team"]["name"]) == ("Home FC", "Away FC")
    assert (shown["home_goals"], shown["away_goals"], shown["status"]) == (2, 1, "finished")
    assert (shown["round"], shown["version"]) == (7, 1)
    assert shown["kick_off"].endswith(("Z", "+00:00"))


async def test_filters_choose_by_status_team_and_time(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    team = await build.team()
    done = await build.finished_match(1, 0, home=team)
    away = await build.match(away=team, kick_off=HOUR)
    other = await build.match(kick_off=2 * HOUR)
    assert await listed(client, status="finished") == [done.id]
    assert await listed(client, team_id=team.id) == [done.id, away.id]
    assert await listed(client, team_id=team.id, status="scheduled") == [away.id]
    assert await listed(client, team_id=4711) == []
    moments = {row["id"]: row["k"].isoformat() for row in await sql.rows(
        "select id, kick_off as k from matches"
    )}  # fmt: skip
    assert await listed(client, **{"from": moments[away.id]}) == [away.id, other.id]
    assert await listed(client, to=moments[other.id]) == [done.id, away.id]
    assert await listed(client, **{"from": moments[away.id], "to": moments[away.id]}) == []


@pytest.mark.objective("sec-input")
@pytest.mark.parametrize(
    "query",
    [
        {"status": "over"},
        {"team_id": "one"},
        {"team_id": 0},
        {"from": "2026-08-15T14:00:00"},
        {"to": "yesterday"},
        {"limit": 0},
        {"limit": 101},
        {"limit": "ten"},
        {"unknown": 1},
    ],
    ids=str,
)
async def test_a_query_that_is_not_as_described_is_refused(
    client: AsyncClient, query: dict[str, Any]
) -> None:
    assert refusal(await client.get("/api/matches", params=query)) == (422, "invalid-request")


async def test_pages_neither_repeat_nor_skip_matches_that_kick_off_together(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    made = [(await build.match(kick_off=HOUR)).id for _ in range(7)]
    await sql.run("update matches set kick_off = (select max(kick_off) from matches)")
    walk = [match["id"] for match in await walked(client, "/api/matches", limit=2)]
    assert walk == sorted(made)


async def test_a_match_added_between_pages_moves_no_other(
    client: AsyncClient, build: Builders
) -> None:
    made = [(await build.match(kick_off=HOUR * n)).id for n in range(2, 8)]
    first = (await client.get("/api/matches", params={"limit": 3})).json()
    await build.match(kick_off=HOUR)
    rest = await walked(client, "/api/matches", limit=3, cursor=first["next_cursor"])
    assert [match["id"] for match in [*first["items"], *rest]] == made


@pytest.mark.objective("sec-input")
@pytest.mark.parametrize("cursor", ["x", "AAAA", "A" * 100, "' or 1=1", "\x00", "ü"])
async def test_a_cursor_that_is_none_of_ours_is_refused(client: AsyncClient, cursor: str) -> None:
    for path in ("/api/matches", "/api/leaderboard"):
        status, slug = refusal(await client.get(path, params={"cursor": cursor}))
        assert status == 422
        assert slug in ("invalid-cursor", "invalid-request")


async def test_a_cursor_of_another_list_is_refused(client: AsyncClient, build: Builders) -> None:
    for _ in range(2):
        await build.match()
        await build.player()
    matches = (await client.get("/api/matches", params={"limit": 1})).json()["next_cursor"]
    ranks = (await client.get("/api/leaderboard", params={"limit": 1})).json()["next_cursor"]
    player = await clients.as_account(client, await build.player())
    for path, cursor in (
        ("/api/leaderboard", matches),
        ("/api/matches", ranks),
        ("/api/predictions", matches),
    ):
        answer = await player.get(path, params={"cursor": cursor})
        assert refusal(answer) == (422, "invalid-cursor"), path


@pytest.mark.parametrize(
    "path",
    ["/api/matches", "/api/matches/{id}", "/api/standings", "/api/teams", "/api/leaderboard"],
)
async def test_a_client_that_holds_the_answer_already_gets_304_until_it_changes(
    client: AsyncClient, build: Builders, path: str
) -> None:
    match = await build.match(kick_off=-HOUR)
    predicted = await build.player()
    await build.prediction(predicted, match, 2, 1)
    admin = await clients.as_account(client, await build.admin())
    path = path.format(id=match.id)
    first = await client.get(path)
    again = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    await admin.put(f"/api/matches/{match.id}/result", json={"home_goals": 2, "away_goals": 1})
    changed = await client.get(path, headers={"if-none-match": first.headers["etag"]})
    assert changed.status_code == (304 if path == "/api/teams" else 200)


async def test_the_table_adds_up(client: AsyncClient, build: Builders) -> None:
    a, b, c = [await build.team(name) for name in ("A", "B", "C")]
    await build.finished_match(2, 0, home=a, away=b)
    await build.finished_match(1, 1, home=b, away=c)
    await build.finished_match(0, 3, home=c, away=a)
    await build.match(home=a, away=c)
    table = (await client.get("/api/standings")).json()["items"]
    lines = [
        (row["position"], row["team"]["name"], row["played"], row["won"], row["drawn"], row["lost"],
         row["goals_for"], row["goals_against"], row["points"])
        for row in table
    ]  # fmt: skip
    assert lines == [
        (1, "A", 2, 2, 0, 0, 5, 0, 6),
        (2, "B", 2, 0, 1, 1, 1, 3, 1),
        (3, "C", 2, 0, 1, 1, 1, 4, 1),
    ]


async def test_equal_points_are_ranked_by_goal_difference_then_goals_then_name(
    client: AsyncClient, build: Builders
) -> None:
    for winner, loser, goals in (
        ("Least", "A wide defeat", (3, 0)),
        ("Many", "By many", (5, 4)),
        ("Zebras", "Few, later", (2, 1)),
        ("Antelopes", "Few, earlier", (2, 1)),
    ):
        home, away = await build.team(winner), await build.team(loser)
        await build.finished_match(*goals, home=home, away=away)
    table = (await client.get("/api/standings")).json()["items"]
    assert [row["team"]["name"] for row in table] == [
        "Least", "Many", "Antelopes", "Zebras", "By many", "Few, earlier", "Few, later",
        "A wide defeat",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "path",
    [
        "/api/matches/4711",
        "/api/teams/4711",
        f"/api/matches/{2**53 - 1}",
        "/api/nothing",
        "/nothing",
    ],
)
async def test_what_is_not_there_is_not_found(client: AsyncClient, path: str) -> None:
    assert refusal(await client.get(path)) == (404, "not-found")


@pytest.mark.parametrize("path", ["/api/matches/0", "/api/matches/-1", f"/api/matches/{2**53}"])
async def test_a_number_that_no_match_can_have_is_refused(client: AsyncClient, path: str) -> None:
    assert refusal(await client.get(path)) == (422, "invalid-request")


async def test_a_method_that_is_not_offered_is_refused_with_those_that_are(
    client: AsyncClient,
) -> None:
    answer = await client.delete("/api/matches")
    assert refusal(answer) == (405, "method-not-allowed")
    assert answer.headers["allow"] == "GET, POST"


async def test_teams_are_listed_by_name(client: AsyncClient, build: Builders) -> None:
    for name in ("Zeta", "Alpha"):
        await build.team(name)
    teams = (await client.get("/api/teams")).json()["items"]
    assert [team["name"] for team in teams] == ["Alpha", "Zeta"]
    one = await client.get(f"/api/teams/{teams[0]['id']}")
    assert one.json() == teams[0]
