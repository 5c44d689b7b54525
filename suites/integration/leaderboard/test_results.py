"""Points: set by a result, set anew by a correction, never added; all of it or nothing."""

from __future__ import annotations

import asyncio
import random
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.leaderboard.ranking import Rank, earned, from_scratch
from suites.integration.operations.chain import broken_links
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

HOUR = timedelta(hours=1)


async def enter(admin: AsyncClient, match_id: int, home: int, away: int) -> Response:
    return await admin.put(
        f"/api/matches/{match_id}/result", json={"home_goals": home, "away_goals": away}
    )


async def board(client: AsyncClient) -> list[Rank]:
    page = (await client.get("/api/leaderboard", params={"limit": 100})).json()
    return [Rank(**item) for item in page["items"]]


async def test_a_result_scores_every_prediction_by_the_rules(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(kick_off=-HOUR)
    guesses = [(2, 1), (1, 0), (3, 0), (1, 1), (0, 2), (20, 19)]
    for guess in guesses:
        await build.prediction(await build.player(), match, *guess)
    admin = await clients.as_account(client, await build.admin())
    await enter(admin, match.id, 2, 1)
    kept = await sql.column("select points from predictions order by id")
    assert kept == [5, 3, 2, 0, 0, 3]
    assert kept == [earned(guess, (2, 1)) for guess in guesses]
    assert await board(client) == await from_scratch(sql)


async def test_a_corrected_result_recomputes_and_never_adds(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(kick_off=-HOUR)
    player = await build.player()
    await build.prediction(player, match, 2, 1)
    admin = await clients.as_account(client, await build.admin())
    for result, points, exact in [((2, 1), 5, 1), ((2, 1), 5, 1), ((3, 1), 2, 0), ((0, 1), 0, 0),
                                  ((2, 1), 5, 1)]:  # fmt: skip
        await enter(admin, match.id, *result)
        (line,) = await board(client)
        assert (line.points, line.exact_hits) == (points, exact), result
    assert await sql.value("select points from predictions") == 5


@pytest.mark.parametrize("seed", [1, 2])
async def test_after_any_results_and_corrections_the_leaderboard_is_the_one_worked_out_anew(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql, seed: int
) -> None:
    chance = random.Random(seed)  # noqa: S311  a fixed course of events
    players = [await build.player() for _ in range(5)]
    matches = [await build.match(kick_off=-HOUR) for _ in range(3)]
    for player in players:
        for match in chance.sample(matches, 2):
            await build.prediction(player, match, chance.randint(0, 3), chance.randint(0, 3))
    admin_account = await build.admin()
    admins = [await clients.as_account(one, admin_account) for one in (client, other_client)]
    for _ in range(10):
        match = chance.choice(matches)
        await enter(chance.choice(admins), match.id, chance.randint(0, 3), chance.randint(0, 3))
        assert await board(chance.choice([client, other_client])) == await from_scratch(sql)


async def test_results_entered_at_once_through_both_workers_all_count(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    players = [await build.player() for _ in range(3)]
    matches = [await build.match(kick_off=-HOUR) for _ in range(4)]
    for player in players:
        for match in matches:
            await build.prediction(player, match, 1, 0)
    admin_account = await build.admin()
    admins = [await clients.as_account(one, admin_account) for one in (client, other_client)]
    answers = await asyncio.gather(
        *(enter(admins[n % 2], match.id, n, 0) for n, match in enumerate(matches)),
        *(enter(admins[n % 2], matches[0].id, 1, n) for n in range(4)),
    )
    assert {answer.status_code for answer in answers} == {200}
    for one in (client, other_client):
        assert await board(one) == await from_scratch(sql)
    assert await broken_links(sql) == []


FAILURE = "create function fails() returns trigger language plpgsql as $$ begin raise 'no'; end $$"


@pytest.mark.objective("audit-trail")
@pytest.mark.parametrize(
    "trigger",
    [
        "before insert on audit_rows",
        "after insert on audit_rows",
        "before insert on scores",
        "before update on generations",
        "before insert on stale_tags",
        "at commit",
    ],
)
async def test_a_failure_anywhere_leaves_neither_points_nor_an_audit_row(
    client: AsyncClient, build: Builders, sql: Sql, trigger: str
) -> None:
    match = await build.match(kick_off=-HOUR)
    await build.prediction(await build.player(), match, 2, 1)
    admin = await clients.as_account(client, await build.admin())
    before = await board(client)
    rows = await sql.value("select count(*) from audit_rows")
    await sql.run(FAILURE)
    if trigger == "at commit":
        await sql.run(
            "create constraint trigger t after insert on audit_rows deferrable initially deferred "
            "for each row execute function fails()"
        )
    else:
        await sql.run(f"create trigger t {trigger} for each row execute function fails()")
    assert refusal(await enter(admin, match.id, 2, 1)) == (500, "internal-error")
    assert await sql.column("select points from predictions") == [None]
    assert await sql.column("select points from scores") == [0]
    assert await sql.value("select count(*) from audit_rows") == rows
    assert await sql.value("select status from matches") == "scheduled"
    assert await board(client) == before
    await sql.run("drop function fails() cascade")
    assert (await enter(admin, match.id, 2, 1)).status_code == 200
    assert [line.points for line in await board(client)] == [5]
    assert await broken_links(sql) == []


async def test_a_refusal_says_nothing_of_the_inside(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    match = await build.match(kick_off=-HOUR)
    admin = await clients.as_account(client, await build.admin())
    await sql.run(FAILURE)
    await sql.run("create trigger t before update on matches execute function fails()")
    answer = await enter(admin, match.id, 2, 1)
    assert refusal(answer) == (500, "internal-error")
    told = answer.text.lower()
    assert not [word for word in ("sql", "postgres", "trigger", "trace", "python") if word in told]
