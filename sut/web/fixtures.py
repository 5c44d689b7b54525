"""The fixtures, a week at a time, with the forecasts that a person may see."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from itertools import groupby
from typing import Annotated

from fastapi import APIRouter, Path, Request
from starlette.responses import Response

from sut.accounts.principal import Principal
from sut.dependencies import PlatformDep, RequestId
from sut.forecasts import service as forecasts
from sut.forecasts.rights import FREE_A_DAY, rights_of
from sut.forecasts.schemas import Forecast
from sut.matches import service as matches
from sut.matches.schemas import MatchFilter, MatchPage, MatchView
from sut.platform import Platform
from sut.problems import Problem
from sut.web import queries
from sut.web.messages import refusal_of
from sut.web.pages import PageRoute, form_of, page, see
from sut.web.visitors import AnyVisitor, LoggedIn, Visitor
from sut.web.weeks import WEEK, Week
from sut.wire import Id

MATCHES_MAX = 100

router = APIRouter(route_class=PageRoute)


@dataclass(frozen=True)
class Day:
    """A day's matches by kick-off."""

    date: date
    matches: tuple[MatchView, ...]


@router.get("/")
async def show_fixtures(
    request: Request, visitor: AnyVisitor, platform: PlatformDep, request_id: RequestId
) -> Response:
    """The fixtures of one week."""
    week = Week.of(request.query_params.get("week"), datetime.now(UTC).date())
    return await _show(request, visitor, platform, request_id, week)


@router.post("/forecasts/{match_id}")
async def ask_for_forecast(
    match_id: Annotated[Id, Path()],
    request: Request,
    principal: LoggedIn,
    visitor: AnyVisitor,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """Use one of the day's forecasts for a match; it stays open on the fixtures for the day."""
    form = await form_of(request, "week")
    week = Week.of(form["week"], datetime.now(UTC).date())
    try:
        await forecasts.get_forecast(platform, principal, match_id, request_id)
    except Problem as problem:
        return await _show(request, visitor, platform, request_id, week, problem)
    return see(f"/?week={week.name}#match-{match_id}")


async def _show(
    request: Request,
    visitor: Visitor,
    platform: Platform,
    request_id: str,
    week: Week,
    problem: Problem | None = None,
) -> Response:
    found = await _matches_of(platform, week)
    ahead = [match.id for match in found if match.status == "scheduled"]
    shown: Mapping[int, Forecast] = {}
    askable: Collection[int] = ()
    hint = ""
    if visitor.principal is None:
        hint = "Log in to see forecasts." if ahead else ""
    elif rights_of(visitor.principal.role, visitor.principal.tier).a_day is None:
        shown = await _forecasts(platform, visitor.principal, ahead, request_id)
    else:
        seen = await _seen_today(platform, visitor.principal)
        shown = await _forecasts(platform, visitor.principal, seen & set(ahead), request_id)
        left = max(0, FREE_A_DAY - len(seen))
        askable = set(ahead) - seen if left else ()
        hint = f"A free account sees {FREE_A_DAY} forecasts a day; {left} left today."
    return page(
        request,
        "fixtures.html",
        visitor,
        refusal=refusal_of(problem) if problem else None,
        here="/",
        week=week,
        days=_days(found),
        forecasts=shown,
        askable=askable,
        forecast_hint=hint,
    )


async def _matches_of(platform: Platform, week: Week) -> list[MatchView]:
    since = datetime.combine(week.first, time(), UTC)
    span = {"from": since, "to": since + WEEK, "limit": MATCHES_MAX}
    wanted = MatchFilter.model_validate(span)
    body = await platform.cache.get(matches.list_matches(platform, wanted))
    return MatchPage.model_validate_json(body).items


def _days(found: Iterable[MatchView]) -> list[Day]:
    by_day = groupby(found, key=lambda match: match.kick_off.astimezone(UTC).date())
    return [Day(day, tuple(of_day)) for day, of_day in by_day]


async def _forecasts(
    platform: Platform, principal: Principal, match_ids: Iterable[int], request_id: str
) -> dict[int, Forecast]:
    shown = {}
    for match_id in match_ids:
        try:
            body = await forecasts.get_forecast(platform, principal, match_id, request_id)
        except Problem:  # called off, or a new day began, since the list was read: it has none
            continue
        shown[match_id] = Forecast.model_validate_json(body)
    return shown


async def _seen_today(platform: Platform, principal: Principal) -> set[int]:
    async with platform.database.reading() as session:
        return await queries.forecasts_seen_today(session, principal.account_id)
