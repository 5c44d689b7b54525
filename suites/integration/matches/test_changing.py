"""Creating, moving and cancelling matches: by admins, along the allowed moves only."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.clock import MOMENT, TICK, StoppedClock
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out

HOUR = timedelta(hours=1)
DAY = 24 * HOUR
NOT_ALLOWED = (409, "move-not-allowed")
STATES = ["scheduled", "live", "finished", "postponed", "cancelled"]
AHEAD = {
    ("scheduled", "postponed"),
    ("scheduled", "cancelled"),
    ("postponed", "scheduled"),
    ("postponed", "cancelled"),
    ("live", "cancelled"),
}
BEGUN = AHEAD | {("scheduled", "live")}


@pytest.mark.parametrize("begun", [False, True], ids=["ahead", "begun"])
@pytest.mark.parametrize("status", STATES)
async def test_a_match_goes_along_the_allowed_moves_only(
    client: AsyncClient, build: Builders, sql: Sql, status: str, begun: bool
) -> None:
    kick_off = -HOUR if begun else HOUR
    admin = await clients.as_account(client, await build.admin())
    for target in STATES:
        if status == "finished":
            match = await build.finished_match(1, 0, kick_off=kick_off)
        else:
            match = await build.match(status=status, kick_off=kick_off)
        answer = await admin.patch(f"/api/matches/{match.id}", json={"status": target})
        if (status, target) in (BEGUN if begun else AHEAD) or status == target:
            assert answer.status_code == 200, target
            assert answer.json()["status"] == target
            assert answer.json()["version"] == (1 if status == target else 2)
        else:
            assert refusal(answer) == NOT_ALLOWED, target
            assert await sql.value("select status from matches where id = %s", match.id) == status


@pytest.mark.parametrize(
    ("status", "begun", "movable"),
    [
        ("scheduled", False, True),
        ("scheduled", True, False),
        ("postponed", False, True),
        ("postponed", True, True),
        ("live", True, False),
        ("finished", True, False),
        ("cancelled", False, False),
    ],
)
async def test_a_kick_off_is_moved_before_it_has_come_or_while_postponed(
    client: AsyncClient, build: Builders, status: str, begun: bool, movable: bool
) -> None:
    kick_off = -HOUR if begun else HOUR
    if status == "finished":
        match = await build.finished_match(1, 0, kick_off=kick_off)
    else:
        match = await build.match(status=status, kick_off=kick_off)
    admin = await clients.as_account(client, await build.admin())
    moment = (datetime.now(UTC) + timedelta(days=9)).isoformat()
    answer = await admin.patch(f"/api/matches/{match.id}", json={"kick_off": moment})
    if movable:
        moved = datetime.fromisoformat(answer.json()["kick_off"])
        assert moved == datetime.fromisoformat(moment)
        assert (
            answer.headers["etag"] == (await client.get(f"/api/matches/{match.id}")).headers["etag"]
        )
    else:
        assert refusal(answer) == NOT_ALLOWED


async def test_a_match_is_created_with_its_kick_off_in_any_offset(
    client: AsyncClient, build: Builders
) -> None:
    home, away = await build.team(), await build.team()
    admin = await clients.as_account(client, await build.admin())
    body = {"home_team_id": home.id, "away_team_id": away.id, "round": 3}
    answer = await admin.post("/api/matches", json=body | {"kick_off": "2026-12-05T16:00:00+01:00"})
    assert answer.status_code == 201
    shown = await client.get(answer.headers["location"])
    assert shown.json() == answer.json()
    assert datetime.fromisoformat(shown.json()["kick_off"]) == datetime(2026, 12, 5, 15, tzinfo=UTC)
    assert (shown.json()["status"], shown.json()["version"]) == ("scheduled", 1)


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"kick_off": "2026-12-05T15:00:00"}, (422, "invalid-request")),
        ({"kick_off": 1_796_482_800}, (422, "invalid-request")),
        ({"round": 0}, (422, "invalid-request")),
        ({"away_team_id": 4711}, (404, "not-found")),
        ({"status": "finished"}, (422, "invalid-request")),
        ({"home_goals": 1}, (422, "invalid-request")),
    ],
    ids=str,
)
async def test_a_match_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, changes: dict[str, Any], expected: object
) -> None:
    home, away = await build.team(), await build.team()
    admin = await clients.as_account(client, await build.admin())
    body = {
        "home_team_id": home.id,
        "away_team_id": away.id,
        "round": 3,
        "kick_off": "2026-12-05T15:00:00Z",
    }
    assert refusal(await admin.post("/api/matches", json=body | changes)) == expected
    assert await sql.value("select count(*) from matches") == 0


async def test_a_team_cannot_play_itself(client: AsyncClient, build: Builders) -> None:
    team = await build.team()
    admin = await clients.as_account(client, await build.admin())
    body = {"home_team_id": team.id, "away_team_id": team.id, "round": 3}
    answer = await admin.post("/api/matches", json=body | {"kick_off": "2026-12-05T15:00:00Z"})
    assert refusal(answer) == (409, "team-against-itself")


@pytest.mark.parametrize(
    "body",
    [{}, {"status": None}, {"kick_off": "2026-12-05T15:00:00"}, {"status": "over"}, {"round": 2}],
    ids=str,
)
async def test_a_change_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, body: dict[str, Any]
) -> None:
    match = await build.match()
    admin = await clients.as_account(client, await build.admin())
    answer = await admin.patch(f"/api/matches/{match.id}", json=body)
    assert refusal(answer) == (422, "invalid-request")


async def test_a_match_that_does_not_exist_has_nothing_to_change(
    client: AsyncClient, build: Builders
) -> None:
    admin = await clients.as_account(client, await build.admin())
    answer = await admin.patch("/api/matches/4711", json={"status": "postponed"})
    assert refusal(answer) == (404, "not-found")


async def test_only_an_admin_changes_matches(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(kick_off=-HOUR)
    player = await clients.as_account(client, await build.player(tier="elite"))
    before = await sql.rows("select * from matches")
    result = {"home_goals": 1, "away_goals": 0}
    new = {
        "home_team_id": match.home_team_id,
        "away_team_id": match.away_team_id,
        "round": 3,
        "kick_off": "2026-12-05T15:00:00Z",
    }
    for who, expected in ((client, (401, "unauthenticated")), (player, (403, "forbidden"))):
        answers = [
            await who.post("/api/matches", json=new),
            await who.patch(f"/api/matches/{match.id}", json={"status": "cancelled"}),
            await who.put(f"/api/matches/{match.id}/result", json=result),
            await who.patch("/api/matches/4711", json={}),
        ]
        assert [refusal(answer) for answer in answers] == [expected] * 4
    assert await sql.rows("select * from matches") == before


@pytest.mark.parametrize(
    ("status", "begun", "takes"),
    [
        ("scheduled", True, True),
        ("live", True, True),
        ("scheduled", False, False),
        ("postponed", True, False),
        ("cancelled", True, False),
    ],
)
async def test_a_result_is_for_a_match_that_has_kicked_off(
    client: AsyncClient, build: Builders, status: str, begun: bool, takes: bool
) -> None:
    match = await build.match(status=status, kick_off=-HOUR if begun else HOUR)
    admin = await clients.as_account(client, await build.admin())
    answer = await admin.put(
        f"/api/matches/{match.id}/result", json={"home_goals": 1, "away_goals": 0}
    )
    if takes:
        assert (answer.json()["status"], answer.json()["version"]) == ("finished", 2)
    else:
        assert refusal(answer) == NOT_ALLOWED


async def test_what_may_become_of_a_match_turns_at_its_kick_off_by_the_databases_clock(
    clock: StoppedClock, client: AsyncClient, build: Builders
) -> None:
    matches = [f"/api/matches/{(await build.match(kick_off=TICK)).id}" for _ in range(3)]
    admin = await clients.as_account(client, await build.admin())
    live, result = {"status": "live"}, {"home_goals": 1, "away_goals": 0}
    later = [{"kick_off": (MOMENT + days * DAY).isoformat()} for days in (1, 2)]
    assert refusal(await admin.patch(matches[0], json=live)) == NOT_ALLOWED
    assert refusal(await admin.put(f"{matches[1]}/result", json=result)) == NOT_ALLOWED
    assert (await admin.patch(matches[2], json=later[0])).status_code == 200
    await clock.move(TICK)
    assert (await admin.patch(matches[0], json=live)).status_code == 200
    assert (await admin.put(f"{matches[1]}/result", json=result)).status_code == 200
    await clock.move(DAY - TICK)
    assert refusal(await admin.patch(matches[2], json=later[1])) == NOT_ALLOWED


@pytest.mark.parametrize(
    ("method", "path", "body"),
    [("PUT", "/result", {"home_goals": 1, "away_goals": 0}), ("PATCH", "", {"status": "live"})],
    ids=["result", "state"],
)
async def test_a_change_that_comes_while_its_match_is_cancelled_is_refused(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql,
    method: str, path: str, body: dict[str, Any],
) -> None:  # fmt: skip
    match = await build.match(kick_off=-HOUR)
    admin = await clients.as_account(client, await build.admin())
    async with sql.transaction():
        await sql.run("update matches set status = 'cancelled'")
        coming = asyncio.create_task(
            admin.request(method, f"/api/matches/{match.id}{path}", json=body)
        )
        await until_locked_out(watcher)
    assert refusal(await coming) == NOT_ALLOWED
    assert await sql.column("select status from matches") == ["cancelled"]
    assert await sql.value("select count(*) from audit_rows where subject_kind = 'match'") == 0


@pytest.mark.objective("audit-trail")
async def test_a_correction_that_waited_for_another_tells_what_it_really_replaced(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    match = await build.finished_match(1, 0)
    admin = await clients.as_account(client, await build.admin())
    async with sql.transaction():
        await sql.run("update matches set home_goals = 2")
        coming = asyncio.create_task(
            admin.put(f"/api/matches/{match.id}/result", json={"home_goals": 3, "away_goals": 0})
        )
        await until_locked_out(watcher)
    assert (await coming).status_code == 200
    told = await sql.value("select details from audit_rows where subject_kind = 'match'")
    assert told == {"before": [2, 0], "result": [3, 0]}


async def test_what_is_already_the_case_is_no_change(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.finished_match(1, 0)
    admin = await clients.as_account(client, await build.admin())
    for _ in range(2):
        answer = await admin.put(
            f"/api/matches/{match.id}/result", json={"home_goals": 1, "away_goals": 0}
        )
        assert answer.json()["version"] == 1
    assert await sql.value("select count(*) from audit_rows where subject_kind = 'match'") == 0
