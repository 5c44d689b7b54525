"""What pages read beside the domains' own answers: joins for looking at, never for deciding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Date, Select, and_, cast, func, or_, select, tuple_
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import joinedload

from sut.accounts.access import live_sessions
from sut.accounts.models import Account, Session
from sut.accounts.principal import Principal
from sut.accounts.repository import use_unnoted
from sut.direct import Runs
from sut.forecasts.models import ForecastView
from sut.leaderboard.models import Score
from sut.matches.models import Match
from sut.predictions.models import Prediction

Place = tuple[datetime, int]
"""Where a list by kick-off and id goes on."""


@dataclass(frozen=True)
class Slip:
    """A match and this person's prediction of it, if there is one."""

    match: Match
    prediction: Prediction | None


@dataclass(frozen=True)
class Standing:
    """Where someone stands on the leaderboard, and among how many."""

    rank: int
    players: int
    points: int
    exact_hits: int


@dataclass(frozen=True)
class Person:
    """Who holds a browser token, the name to greet them by, and whether to note this use."""

    principal: Principal
    name: str
    use_unnoted: bool


async def person(session: AsyncSession, token_hash: bytes) -> Person | None:
    """Who holds the browser token; None when nobody does, or no longer."""
    statement = live_sessions().add_columns(
        Account.display_name, use_unnoted().label("use_unnoted")
    )
    row = (
        await session.execute(statement.where(Session.browser_token_hash == token_hash))
    ).one_or_none()
    if row is None:
        return None
    principal = Principal(row.account_id, row.id, row.role, row.tier)
    return Person(principal, row.display_name, row.use_unnoted)


async def place_of(session: AsyncSession, account_id: int) -> Standing | None:
    """Where a person stands now; None for who does not take part."""
    order = (-Score.points, -Score.exact_hits, Score.registered_at, Score.account_id)
    ranked = (
        select(
            Score.account_id,
            Score.points,
            Score.exact_hits,
            func.row_number().over(order_by=order).label("rank"),
            func.count().over().label("players"),
        )
        .where(Score.until_generation.is_(None))
        .subquery()
    )
    row = (
        await session.execute(select(ranked).where(ranked.c.account_id == account_id))
    ).one_or_none()
    return Standing(row.rank, row.players, row.points, row.exact_hits) if row else None


async def forecasts_seen_today(session: AsyncSession, account_id: int) -> set[int]:
    """The matches whose forecast this person has been shown today (UTC)."""
    today = cast(func.clock_timestamp(), Date)  # connections speak UTC
    statement = select(ForecastView.match_id).where(
        ForecastView.account_id == account_id, ForecastView.day == today
    )
    return set((await session.execute(statement)).scalars())


async def clock(session: AsyncSession) -> datetime:
    """The database's time, which decides when predictions close."""
    now: datetime = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    return now


async def prediction_id(session: Runs, account_id: int, match_id: int) -> int | None:
    """The number of a person's prediction of a match."""
    statement = select(Prediction.id).where(
        Prediction.account_id == account_id, Prediction.match_id == match_id
    )
    found: int | None = (await session.execute(statement)).scalar_one_or_none()
    return found


async def open_slips(
    session: AsyncSession, account_id: int, after: Place | None, limit: int
) -> list[Slip]:
    """Matches that still take predictions, soonest first, from after a (kick-off, id) place."""
    statement = (
        _slips(account_id, outer=True)
        .where(Match.status == "scheduled", Match.kick_off > func.clock_timestamp())
        .order_by(Match.kick_off, Match.id)
        .limit(limit)
    )
    if after is not None:
        statement = statement.where(tuple_(Match.kick_off, Match.id) > after)
    return await _read(session, statement)


async def closed_slips(session: AsyncSession, account_id: int, limit: int) -> list[Slip]:
    """This person's predictions that can no longer change, latest kick-off first."""
    closed = or_(Match.status != "scheduled", Match.kick_off <= func.clock_timestamp())
    statement = (
        _slips(account_id, outer=False)
        .where(closed)
        .order_by(Match.kick_off.desc(), Match.id.desc())
        .limit(limit)
    )
    return await _read(session, statement)


def _slips(account_id: int, *, outer: bool) -> Select[*tuple[Any, ...]]:
    mine = and_(Prediction.match_id == Match.id, Prediction.account_id == account_id)
    return (
        select(Match, Prediction)
        .join(Prediction, mine, isouter=outer)
        .options(joinedload(Match.home_team), joinedload(Match.away_team))
    )


async def _read(session: AsyncSession, statement: Select[*tuple[Any, ...]]) -> list[Slip]:
    return [Slip(row[0], row[1]) for row in await session.execute(statement)]
