"""Who sees which forecast: by the tier that holds at this moment, three a day for free."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders, Tier
from suites.integration.clock import MOMENT, TICK, StoppedClock
from suites.integration.refusals import refusal
from suites.integration.sql import Sql

HOUR = timedelta(hours=1)
USED_UP = (403, "forecast-quota-used")
# A day passes once what was seen on earlier days has been forgotten, within the same request.
MIDNIGHT = """
    create function passes() returns trigger language plpgsql security definer as $$
    begin update stopped.at set moment = moment + interval '1 day'; return null; end $$;
    create trigger passes after delete on forecast_views execute function passes()"""


async def forecast(person: AsyncClient, match_id: int) -> Response:
    return await person.get(f"/api/matches/{match_id}/forecast")


def check_chances(shown: dict[str, Any], *, grid: bool) -> None:
    outcomes = [shown["home"], shown["draw"], shown["away"]]
    assert all(0 <= chance <= 1 for chance in outcomes)
    assert sum(outcomes) == pytest.approx(1)
    assert (shown["score_grid"] is not None) == grid
    if grid:
        assert sum(map(sum, shown["score_grid"])) == pytest.approx(1)


@pytest.mark.parametrize("tier", ["pro", "elite"])
async def test_a_paid_tier_sees_all_and_only_elite_the_grid(
    client: AsyncClient, build: Builders, tier: Tier
) -> None:
    player = await clients.as_account(client, await build.player(tier=tier))
    for _ in range(5):
        answer = await forecast(player, (await build.match()).id)
        check_chances(answer.json(), grid=tier == "elite")
        assert answer.headers["cache-control"] == "no-store"


async def test_an_admin_sees_all_with_the_grid(client: AsyncClient, build: Builders) -> None:
    admin = await clients.as_account(client, await build.admin())
    for _ in range(5):
        check_chances((await forecast(admin, (await build.match()).id)).json(), grid=True)


async def test_a_visitor_sees_none(client: AsyncClient, build: Builders) -> None:
    assert refusal(await forecast(client, (await build.match()).id)) == (401, "unauthenticated")


async def test_a_free_player_sees_three_a_day_and_those_again(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player = await clients.as_account(client, await build.player())
    matches = [(await build.match()).id for _ in range(4)]
    for match in matches[:3]:
        check_chances((await forecast(player, match)).json(), grid=False)
    assert refusal(await forecast(player, matches[3])) == USED_UP
    assert (await forecast(player, matches[0])).status_code == 200
    await sql.run("update forecast_views set day = day - 1")
    assert (await forecast(player, matches[3])).status_code == 200


async def test_what_is_asked_for_before_midnight_costs_nothing_of_the_next_day(
    clock: StoppedClock, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    player = await clients.as_account(client, await build.player())
    matches = [(await build.match()).id for _ in range(2)]
    assert (await forecast(player, matches[0])).status_code == 200
    await sql.run(MIDNIGHT)
    assert (await forecast(player, matches[1])).status_code == 200
    assert await sql.column("select day from forecast_views") == [MOMENT.date()] * 2


async def test_of_many_at_once_a_free_player_is_shown_three(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    workers = [await clients.as_account(one, account) for one in (client, other_client)]
    matches = [(await build.match()).id for _ in range(8)]
    answers = await asyncio.gather(
        *(forecast(workers[n % 2], match) for n, match in enumerate(matches))
    )
    assert sum(answer.status_code == 200 for answer in answers) == 3
    assert all(refusal(answer) == USED_UP for answer in answers if answer.is_error)


async def test_a_match_without_a_forecast_costs_nothing(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    cancelled = await build.match(status="cancelled")
    player = await clients.as_account(client, await build.player())
    assert refusal(await forecast(player, 4711)) == (404, "not-found")
    assert refusal(await forecast(player, cancelled.id)) == (409, "no-forecast")
    assert await sql.value("select count(*) from forecast_views") == 0


async def test_one_players_views_are_not_counted_for_another(
    client: AsyncClient, build: Builders
) -> None:
    matches = [(await build.match()).id for _ in range(3)]
    for _ in range(2):
        player = await clients.as_account(client, await build.player())
        assert [(await forecast(player, match)).status_code for match in matches] == [200] * 3


async def test_what_an_elite_player_was_shown_is_not_kept_for_the_others(
    client: AsyncClient, build: Builders
) -> None:
    match = (await build.match()).id
    tiers: list[Tier] = ["elite", "pro", "elite", "free"]
    for tier in tiers:
        player = await clients.as_account(client, await build.player(tier=tier))
        check_chances((await forecast(player, match)).json(), grid=tier == "elite")


async def test_an_expired_tier_is_free_from_that_moment_whatever_token_and_cache_say(
    clock: StoppedClock, client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player(tier="elite")
    matches = [(await build.match()).id for _ in range(4)]
    player = await clients.as_account(client, account)
    elsewhere = await clients.as_account(other_client, account)
    await sql.run("update accounts set tier_expires_at = %s", MOMENT + TICK)
    for match in matches:
        check_chances((await forecast(player, match)).json(), grid=True)
    assert (await player.get("/api/me")).json()["tier"] == "elite"
    await clock.move(TICK)
    for worker in (player, elsewhere):
        assert (await worker.get("/api/me")).json()["tier"] == "free"
    for match in matches[:3]:
        check_chances((await forecast(player, match)).json(), grid=False)
    assert refusal(await forecast(elsewhere, matches[3])) == USED_UP


async def test_a_tier_that_an_admin_changes_holds_at_once_in_every_worker(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    match = (await build.match()).id
    player = await clients.as_account(other_client, account)
    admin = await clients.as_account(client, await build.admin())
    for tier in ("elite", "free", "elite"):
        changed = await admin.put(f"/api/accounts/{account.id}/tier", json={"tier": tier})
        assert changed.json()["tier"] == tier
        check_chances((await forecast(player, match)).json(), grid=tier == "elite")


async def test_a_tier_given_until_a_moment_holds_until_then(
    clock: StoppedClock, client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    account, match = await build.player(), await build.match()
    player = await clients.as_account(other_client, account)
    admin = await clients.as_account(client, await build.admin())
    body = {"tier": "elite", "expires_at": (MOMENT + HOUR).isoformat()}
    given = (await admin.put(f"/api/accounts/{account.id}/tier", json=body)).json()
    assert given["tier_expires_at"] == "2026-08-15T15:00:00Z"
    for left, tier in ((HOUR - TICK, "elite"), (TICK, "free")):
        await clock.move(left)
        assert (await player.get("/api/me")).json()["tier"] == tier
        check_chances((await forecast(player, match.id)).json(), grid=tier == "elite")


async def test_only_an_admin_changes_a_tier(client: AsyncClient, build: Builders, sql: Sql) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    path, body = f"/api/accounts/{account.id}/tier", {"tier": "elite"}
    assert refusal(await client.put(path, json=body)) == (401, "unauthenticated")
    assert refusal(await player.put(path, json=body)) == (403, "forbidden")
    assert await sql.value("select tier from accounts where id = %s", account.id) == "free"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"tier": "gold"}, (422, "invalid-request")),
        ({"tier": "pro", "expires_at": "2027-01-01T00:00:00"}, (422, "invalid-request")),
        ({"tier": "pro", "role": "admin"}, (422, "invalid-request")),
        ({}, (422, "invalid-request")),
    ],
    ids=str,
)
async def test_a_tier_that_is_not_as_described_is_refused(
    client: AsyncClient, build: Builders, body: dict[str, Any], expected: object
) -> None:
    account = await build.player()
    admin = await clients.as_account(client, await build.admin())
    assert refusal(await admin.put(f"/api/accounts/{account.id}/tier", json=body)) == expected


async def test_nobody_can_be_given_a_tier_who_is_not_there(
    client: AsyncClient, build: Builders
) -> None:
    admin = await clients.as_account(client, await build.admin())
    answer = await admin.put("/api/accounts/4711/tier", json={"tier": "pro"})
    assert refusal(answer) == (404, "not-found")


async def test_a_result_changes_the_forecasts_at_once_in_every_worker(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    home, away = await build.team(), await build.team()
    ahead = await build.match(home=home, away=away)
    played = await build.match(home=home, away=away, kick_off=-HOUR)
    account = await build.player(tier="pro")
    readers = [await clients.as_account(one, account) for one in (client, other_client)]
    admin = await clients.as_account(client, await build.admin())
    before = [(await forecast(reader, ahead.id)).json() for reader in readers]
    await admin.put(f"/api/matches/{played.id}/result", json={"home_goals": 6, "away_goals": 0})
    for reader, old in zip(readers, before, strict=True):
        new = (await forecast(reader, ahead.id)).json()
        assert new["home"] > old["home"]
        assert new["fitted_on"] == old["fitted_on"] + 1


async def test_a_matchs_own_result_does_not_tell_on_its_forecast(
    client: AsyncClient, build: Builders
) -> None:
    match = await build.match(kick_off=-HOUR, status="live")
    player = await clients.as_account(client, await build.player(tier="pro"))
    admin = await clients.as_account(client, await build.admin())
    before = (await forecast(player, match.id)).json()
    await admin.put(f"/api/matches/{match.id}/result", json={"home_goals": 6, "away_goals": 0})
    assert (await forecast(player, match.id)).json() == before


@pytest.mark.parametrize("first", ["ahead", "begun"])
async def test_whichever_match_is_asked_about_first_each_is_judged_by_what_is_known_before_it(
    client: AsyncClient, build: Builders, first: str
) -> None:
    home, away = await build.team(), await build.team()
    begun = await build.match(home=home, away=away, kick_off=-3 * HOUR, status="live")
    await build.finished_match(6, 0, home=home, away=away, kick_off=-2 * HOUR)
    later = await build.finished_match(6, 0, home=home, away=away, kick_off=-HOUR)
    ahead = await build.match(home=home, away=away)
    known = {ahead.id: 2, begun.id: 0, later.id: 1}
    player = await clients.as_account(client, await build.player(tier="pro"))
    asked = list(known) if first == "ahead" else [*known][::-1]
    shown = {match: (await forecast(player, match)).json() for match in asked}
    assert {match: one["fitted_on"] for match, one in shown.items()} == known
    assert shown[ahead.id]["home"] > shown[later.id]["home"] > shown[begun.id]["home"]
