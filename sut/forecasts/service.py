"""How a forecast is made and handed out.

A match that lies ahead is judged by every result there is; one that has begun, by the results of
matches that began before it, so its own result never tells on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from sut import answers
from sut.accounts.principal import Principal
from sut.cache import Area
from sut.forecasts import repository
from sut.forecasts.grid import chances
from sut.forecasts.model import Result, Strengths, fit
from sut.forecasts.rights import rights_of
from sut.forecasts.schemas import Forecast
from sut.matches import repository as matches
from sut.matches import service as match_rules
from sut.platform import Platform
from sut.problems import FORECAST_QUOTA_USED, NO_FORECAST, NOT_FOUND, Problem
from sut.tables import AnyRow

AREA, MODEL = Area("forecasts"), Area("forecast_model")


async def get_forecast(
    platform: Platform, principal: Principal, match_id: int, request_id: str
) -> bytes:
    """The forecast of a match as JSON, as far as this person may see it.

    A forecast that a free player has seen today can be seen again. Raises Problem (not-found),
    (no-forecast), (forecast-quota-used).
    """
    rights = rights_of(principal.role, principal.tier)
    forecast = await _forecast(platform, match_id, grid=rights.grid)
    if rights.a_day is not None:
        async with platform.database.unit_of_work(request_id) as work:
            if not await repository.take_view(
                work.session, principal.account_id, match_id, rights.a_day
            ):
                raise Problem(
                    FORECAST_QUOTA_USED, f"A free account sees {rights.a_day} matches a day."
                )
    platform.metrics.forecasts.labels(rights.label).inc()
    return forecast


async def _forecast(platform: Platform, match_id: int, *, grid: bool) -> bytes:
    async def load() -> bytes:
        async with platform.database.reading() as session:
            row = await matches.match(session, match_id)
        if row is None:
            raise Problem(NOT_FOUND)
        if row.status == "cancelled":
            raise Problem(NO_FORECAST)
        strengths = await _strengths(platform, _known_before(row))
        return answers.encode(_describe(row, strengths, grid=grid))

    tags = [match_rules.RESULTS, match_rules.tag_of(match_id)]
    return await platform.cache.read(AREA, f"{match_id}|{'grid' if grid else 'plain'}", tags, load)


def _known_before(row: AnyRow) -> datetime | None:
    return row.kick_off if row.status in ("live", "finished") else None


def _describe(row: AnyRow, strengths: Strengths, *, grid: bool) -> Forecast:
    found = chances(*strengths.rates(row.home_id, row.away_id))
    return Forecast(
        match_id=row.id,
        home=found.home,
        draw=found.draw,
        away=found.away,
        score_grid=found.scores.tolist() if grid else None,
        fitted_on=strengths.fitted_on,
    )


async def _strengths(platform: Platform, before: datetime | None) -> Strengths:
    """The league fitted to the results known by then; the fit itself runs in a thread."""

    async def load() -> bytes:
        async with platform.database.reading() as session:
            rows = await matches.finished(session, before)
        strengths = await asyncio.to_thread(fit, _results(rows))
        return orjson.dumps(strengths, option=orjson.OPT_NON_STR_KEYS)

    kept = await platform.cache.read(
        MODEL, before.isoformat() if before else "all", [match_rules.RESULTS], load
    )
    return _restore(orjson.loads(kept))


def _results(rows: Sequence[AnyRow]) -> list[Result]:
    return [
        Result(r.home_team_id, r.away_team_id, r.home_goals, r.away_goals, r.kick_off) for r in rows
    ]


def _restore(kept: dict[str, Any]) -> Strengths:
    by_team = {
        name: {int(team): value for team, value in kept[name].items()}
        for name in ("attack", "defence")
    }
    return Strengths(**(kept | by_team))
