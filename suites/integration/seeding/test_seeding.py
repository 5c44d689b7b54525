from __future__ import annotations

from dataclasses import replace

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.application import SettingsFactory
from suites.integration.leaderboard.ranking import Rank, from_scratch
from suites.integration.sql import Sql
from sut.seeding.load import Plan, SeedRefused, seed
from sut.settings import Settings

SMALL = Plan(players=20, predictions=300)


async def test_a_seeded_season_has_what_was_asked_for(settings: Settings, sql: Sql) -> None:
    made = await seed(settings, SMALL)
    assert (made.teams, made.matches, made.players, made.predictions) == (20, 380, 20, 300)
    assert await sql.value("select count(*) from predictions") == 300
    assert await sql.value("select count(*) from accounts where role = 'player'") == 20


async def test_the_seeded_leaderboard_is_the_one_worked_out_from_the_predictions(
    settings: Settings, client: AsyncClient, sql: Sql
) -> None:
    await seed(settings, SMALL)
    page = (await client.get("/api/leaderboard", params={"limit": 100})).json()
    assert [Rank(**item) for item in page["items"]] == await from_scratch(sql)


async def test_a_seeded_season_can_be_gone_on_with(
    settings: Settings, client: AsyncClient, sql: Sql
) -> None:
    await seed(settings, SMALL)
    player, admin = await clients.as_player(client, 1), await clients.as_admin(client)
    match_id = await sql.value("select max(id) from matches where status = 'scheduled'")
    guess = {"match_id": match_id, "home_goals": 1, "away_goals": 1}
    assert (await player.post("/api/predictions", json=guess)).status_code == 201
    live = await sql.value("select min(id) from matches where status = 'live'")
    result = {"home_goals": 2, "away_goals": 0}
    answer = await admin.put(f"/api/matches/{live}/result", json=result)
    assert answer.status_code == 200
    new = {"home_team_id": 1, "away_team_id": 2, "kick_off": "2030-01-01T12:00:00Z", "round": 1}
    assert (await admin.post("/api/matches", json=new)).status_code == 201


async def test_a_database_in_use_is_not_seeded_over(settings: Settings, sql: Sql) -> None:
    await seed(settings, SMALL)
    with pytest.raises(SeedRefused, match="--fresh"):
        await seed(settings, SMALL)
    assert await sql.value("select count(*) from matches") == 380


async def test_a_fresh_season_takes_the_place_of_another(settings: Settings, sql: Sql) -> None:
    await seed(settings, SMALL)
    await seed(settings, Plan(players=5, predictions=50, seed=2, fresh=True))
    assert await sql.value("select count(*) from predictions") == 50
    assert await sql.value("select max(id) from accounts") == 6
    owed = await sql.column("select tag from stale_tags")
    assert {"matches", "standings", "leaderboard", "results", "match:1", "match:380"} <= set(owed)


async def test_a_season_in_production_is_never_removed(
    settings_with: SettingsFactory, sql: Sql
) -> None:
    await seed(settings_with(), SMALL)
    production = settings_with(environment="production", bcrypt_rounds=12)
    with pytest.raises(SeedRefused, match="development"):
        await seed(production, Plan(fresh=True, public_password=True))
    assert await sql.value("select count(*) from predictions") == 300


async def test_a_production_gets_accounts_with_a_known_password_only_where_that_is_said(
    settings_with: SettingsFactory, sql: Sql
) -> None:
    production = settings_with(environment="production", bcrypt_rounds=12)
    with pytest.raises(SeedRefused, match="--public-password"):
        await seed(production, SMALL)
    assert await sql.value("select count(*) from accounts") == 0

    await seed(production, replace(SMALL, public_password=True))
    assert await sql.value("select count(*) from accounts where role = 'admin'") == 1


async def test_a_season_without_room_for_its_predictions_is_refused(settings: Settings) -> None:
    with pytest.raises(SeedRefused, match="room"):
        await seed(settings, Plan(players=1, predictions=1_000))
