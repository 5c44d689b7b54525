"""One's own predictions: the open matches as slips to fill in, and what came of the closed ones."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Path, Request
from pydantic import ValidationError
from starlette.responses import Response

from sut import cursors
from sut.accounts.principal import Principal
from sut.dependencies import PlatformDep, RequestId
from sut.matches.models import Match
from sut.platform import Platform
from sut.predictions import service
from sut.predictions.models import Prediction
from sut.predictions.schemas import NewPrediction, PredictionChange, etag
from sut.problems import INVALID_REQUEST, PRECONDITION_FAILED, Problem
from sut.web import queries
from sut.web.messages import refusal_of
from sut.web.pages import PageRoute, form_of, page, see
from sut.web.queries import Place, Slip
from sut.web.visitors import AnyVisitor, LoggedIn, Visitor
from sut.wire import Id

PREDICTIONS = "/predictions"
CURSOR = "open-slips"
SLIPS, CLOSED_MAX = 24, 50
GOALS_HINT = "Give each side a whole number of goals, 0 to 20."

_KEY = re.compile(r"[A-Za-z0-9_-]{8,64}", re.ASCII)

router = APIRouter(prefix=PREDICTIONS, route_class=PageRoute)


@dataclass(frozen=True)
class Sheet:
    """A slip as its form shows it: with what is saved, or with what was just refused."""

    match: Match
    prediction: Prediction | None
    home_goals: str
    away_goals: str
    idempotency_key: str


@dataclass(frozen=True)
class Entry:
    """What a form says. `version` is that of the prediction it was made from; 0 for a new one."""

    home_goals: int
    away_goals: int
    version: int
    key: str


@router.get("")
async def show_predictions(
    request: Request, principal: LoggedIn, visitor: AnyVisitor, platform: PlatformDep
) -> Response:
    """The matches that are open, and what became of earlier predictions."""
    return await _show(request, platform, principal, visitor)


@router.post("/{match_id}")
async def predict(
    match_id: Annotated[Id, Path()],
    request: Request,
    principal: LoggedIn,
    visitor: AnyVisitor,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """Make the prediction of a match, or change it if it is still what the form showed."""
    fields = ("home_goals", "away_goals", "version", "idempotency_key", "after")
    form = await form_of(request, *fields)
    # where to go back to, before anything is saved: a place that is none is refused
    query = f"?after={form['after']}" if _place(form["after"]) else ""
    try:
        entry = _entry(form)
        done = await _save(platform, principal.account_id, match_id, entry, request_id)
    except ValidationError:
        problem = Problem(INVALID_REQUEST, GOALS_HINT)
        return await _show(request, platform, principal, visitor, problem, form)
    except Problem as problem:
        platform.metrics.predictions.labels(problem.type.slug).inc()
        return await _show(request, platform, principal, visitor, problem, form)
    platform.metrics.predictions.labels(done).inc()
    return see(f"{PREDICTIONS}{query}#match-{match_id}", done=done)


async def _save(
    platform: Platform, account_id: int, match_id: int, entry: Entry, request_id: str
) -> str:
    """Create or change, as the form was: `created` or `changed`.

    A form that was made from a version never creates, and an empty one never changes, so a stale
    page is refused either way.
    """
    goals = {"home_goals": entry.home_goals, "away_goals": entry.away_goals}
    async with platform.database.quick_work(request_id) as work:
        if not entry.version:
            new = NewPrediction(match_id=match_id, **goals)
            await service.create(work, account_id, new, entry.key)
            return "created"
        mine = await queries.prediction_id(work.session, account_id, match_id)
        if mine is None:
            raise Problem(PRECONDITION_FAILED)
        shown = etag(mine, entry.version)
        await service.change(work, account_id, mine, PredictionChange(**goals), shown)
        return "changed"


def _entry(form: dict[str, str]) -> Entry:
    """Raises Problem (invalid-request) for what is no number; the schemas judge its size."""
    numbers = [form["home_goals"].strip(), form["away_goals"].strip(), form["version"] or "0"]
    if not all(number.isascii() and number.isdecimal() and len(number) < 10 for number in numbers):
        raise Problem(INVALID_REQUEST, GOALS_HINT)
    home_goals, away_goals, version = map(int, numbers)
    key = form["idempotency_key"]
    if not _KEY.fullmatch(key):
        raise Problem(INVALID_REQUEST)
    return Entry(home_goals, away_goals, version, key)


async def _show(
    request: Request,
    platform: Platform,
    principal: Principal,
    visitor: Visitor,
    problem: Problem | None = None,
    refused: dict[str, str] | None = None,
) -> Response:
    after = (refused or request.query_params).get("after", "")
    async with platform.database.reading() as session:
        now = await queries.clock(session)
        slips = await queries.open_slips(session, principal.account_id, _place(after), SLIPS + 1)
        closed = await queries.closed_slips(session, principal.account_id, CLOSED_MAX)
    shown, more = slips[:SLIPS], len(slips) > SLIPS
    return page(
        request,
        "predictions.html",
        visitor,
        refusal=refusal_of(problem) if problem else None,
        headers=problem.headers if problem else None,
        here=PREDICTIONS,
        now=now,
        open=_sheets(shown, request.path_params.get("match_id"), refused),
        closed=closed,
        after=after,
        later=_cursor(shown[-1].match) if more else "",
    )


def _sheets(slips: Iterable[Slip], match_id: object, refused: dict[str, str] | None) -> list[Sheet]:
    """Slips with what is saved; the refused one keeps what was typed, so nothing is typed twice."""
    return [
        _sheet(slip, refused if refused and str(slip.match.id) == str(match_id) else None)
        for slip in slips
    ]


def _sheet(slip: Slip, typed: dict[str, str] | None) -> Sheet:
    mine = slip.prediction
    saved = (str(mine.home_goals), str(mine.away_goals)) if mine else ("", "")
    home_goals, away_goals = (typed["home_goals"], typed["away_goals"]) if typed else saved
    return Sheet(slip.match, mine, home_goals, away_goals, secrets.token_urlsafe(12))


def _cursor(match: Match) -> str:
    return cursors.encode(CURSOR, cursors.moment_to_us(match.kick_off), match.id)


def _place(cursor: str) -> Place | None:
    """Where a cursor points; None for none. Raises Problem (invalid-cursor)."""
    if not cursor:
        return None
    us, match_id = cursors.decode(CURSOR, cursor, 2)
    return cursors.us_to_moment(us), match_id
