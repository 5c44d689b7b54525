"""A request that was let in before its account was erased is refused by what it then asks for."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import uuid4

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from fixtures.clients import PASSWORD
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out
from sut.accounts import privacy, service, sessions
from sut.accounts.principal import Principal
from sut.accounts.schemas import Erasure, ProfileChange
from sut.app import Service
from sut.forecasts import service as forecasts
from sut.platform import Platform
from sut.predictions import service as predictions
from sut.predictions.schemas import NewPrediction, PredictionChange, etag
from sut.problems import Problem

pytestmark = pytest.mark.objective("gdpr-erase")

Asked = Callable[[Platform, Principal], Awaitable[object]]


async def profile(platform: Platform, principal: Principal) -> object:
    return await service.profile(platform, principal)


async def rename(platform: Platform, principal: Principal) -> object:
    body = ProfileChange(display_name="Back again")
    return await service.change_profile(platform, principal, body, "r1")


async def export(platform: Platform, principal: Principal) -> object:
    return await privacy.export(platform, principal)


async def predict(platform: Platform, principal: Principal) -> object:
    body = NewPrediction(match_id=1, home_goals=2, away_goals=1)
    async with platform.database.quick_work("r1") as work:
        return await predictions.create(work, principal.account_id, body, None)


async def change(platform: Platform, principal: Principal) -> object:
    body, first = PredictionChange(home_goals=7, away_goals=7), etag(1, 1)
    async with platform.database.quick_work("r1") as work:
        return await predictions.change(work, principal.account_id, 1, body, first)


async def log_out(platform: Platform, principal: Principal) -> None:
    await sessions.log_out_everywhere(platform, principal, "r1")


async def see_a_forecast(platform: Platform, principal: Principal) -> object:
    return await forecasts.get_forecast(platform, principal, 1, "r1")


# Where Postgres holds people and what they did.
HELD = (
    "select * from accounts",
    "select * from predictions",
    "select * from forecast_views",
    "select * from audit_rows",
)


@pytest.mark.parametrize(
    "asked", [profile, rename, export, predict, change, log_out, see_a_forecast]
)
async def test_nothing_is_told_or_written_of_a_person_who_was_erased_meanwhile(
    app: Service, build: Builders, sql: Sql, asked: Asked
) -> None:
    player, match = await build.player(), await build.match()
    assert (await build.prediction(player, match)).id == match.id == 1
    principal = Principal(player.id, uuid4(), "player", "free")
    platform: Platform = app.state.platform
    await privacy.erase(platform, principal, Erasure(password=PASSWORD), "r0")
    before = [await sql.rows(query) for query in HELD]
    with pytest.raises(Problem) as refused:
        await asked(platform, principal)
    assert refused.value.type.status == 401
    assert [await sql.rows(query) for query in HELD] == before


@pytest.mark.parametrize("written", ["a forecast seen", "a prediction"])
async def test_an_erasure_waits_for_what_is_just_being_written_of_the_person(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql, written: str
) -> None:
    account, match = await build.player(), await build.match()
    player = await clients.as_account(client, account)
    async with sql.transaction():  # what is written waits for it once the account is held
        if written == "a prediction":
            await sql.run("select 1 from matches for update")
            body = {"match_id": match.id, "home_goals": 2, "away_goals": 1}
            asked = player.post("/api/predictions", json=body)
        else:
            turns = "select pg_advisory_xact_lock(hashtextextended(%s, 11))"
            await sql.run(turns, f"forecasts:{account.id}")
            asked = player.get(f"/api/matches/{match.id}/forecast")
        writing = asyncio.create_task(asked)
        await until_locked_out(watcher)
        leaving = asyncio.create_task(player.post("/api/me/erase", json={"password": PASSWORD}))
        await until_locked_out(watcher, 2)
    assert [(await writing).is_success, (await leaving).status_code] == [True, 204]
    assert await sql.value("select count(*) from forecast_views") == 0
    last = "select action from audit_rows order by id desc limit 1"
    assert await sql.value(last) == "account.erased"
