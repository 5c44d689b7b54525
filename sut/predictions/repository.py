"""Queries of predictions and idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    SmallInteger,
    and_,
    delete,
    func,
    literal,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from sut.accounts.models import Account
from sut.matches.models import Match
from sut.matches.states import Status
from sut.predictions.models import IdempotencyKey, Prediction
from sut.predictions.scoring import EXACT
from sut.predictions.scoring_in_sql import points_in_sql
from sut.tables import AnyRow, AnySelect

KEY_LIFETIME = timedelta(hours=24)


@dataclass(frozen=True)
class Gain:
    """By how much a player's points and exact hits change; either may be negative."""

    account_id: int
    points: int
    exact_hits: int


@dataclass(frozen=True)
class Fixture:
    """What decides about predictions of a match: its state, its kick-off and the time now."""

    status: Status
    kick_off: datetime
    now: datetime


def _predictions() -> AnySelect:
    return select(
        Prediction.id, Prediction.match_id, Prediction.home_goals, Prediction.away_goals,
        Prediction.points, Prediction.version, Prediction.created_at, Prediction.updated_at,
    )  # fmt: skip


_COLUMNS = tuple(_predictions().selected_columns)


async def own(session: AsyncSession, account_id: int, prediction_id: int) -> AnyRow | None:
    """A prediction, if it is this account's."""
    statement = _predictions().where(
        Prediction.id == prediction_id, Prediction.account_id == account_id
    )
    return (await session.execute(statement)).one_or_none()


async def page_of_account(
    session: AsyncSession, account_id: int, *, before_id: int | None, limit: int
) -> Sequence[AnyRow]:
    """An account's predictions, the latest first, from just before an id."""
    statement = _predictions().where(Prediction.account_id == account_id)
    if before_id is not None:
        statement = statement.where(Prediction.id < before_id)
    return (await session.execute(statement.order_by(Prediction.id.desc()).limit(limit))).all()


async def page_of_match(
    session: AsyncSession, match_id: int, *, after_id: int, limit: int
) -> Sequence[AnyRow]:
    """Everyone's predictions of a match with the players' names, in the order they were made."""
    statement = (
        _predictions()
        .add_columns(Account.id.label("account_id"), Account.display_name)
        .join(Account, Account.id == Prediction.account_id)
        .where(Prediction.match_id == match_id, Prediction.id > after_id)
        .order_by(Prediction.id)
        .limit(limit)
    )
    return (await session.execute(statement)).all()


async def fixture(session: AsyncSession, match_id: int) -> Fixture | None:
    """The state of a match and the database's time, of one moment."""
    statement = select(Match.status, Match.kick_off, func.clock_timestamp().label("now")).where(
        Match.id == match_id
    )
    row = (await session.execute(statement)).one_or_none()
    return Fixture(row.status, row.kick_off, row.now) if row else None


async def hold_fixture(session: AsyncSession, match_id: int) -> bool:
    """Keep a match from being changed until the transaction ends; False when there is none.

    Waits for a change that is under way, so read the match and the clock only afterwards.
    """
    statement = select(Match.id).where(Match.id == match_id).with_for_update(read=True)
    return (await session.execute(statement)).one_or_none() is not None


def _clock() -> CTE:
    """The time now as one value for a whole statement."""
    return select(func.clock_timestamp().label("now")).cte("clock")


def _is_open(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a match takes predictions: `states.takes_predictions` for the database."""
    return and_(Match.status == "scheduled", Match.kick_off > now)


def _open_still(match_id: int) -> ColumnElement[bool]:
    """Whether a match takes predictions after a write that may have had to wait."""
    still = select(_is_open(func.clock_timestamp())).where(Match.id == match_id)
    return still.scalar_subquery().label("in_time")


async def add(
    session: AsyncSession, account_id: int, match_id: int, goals: tuple[int, int]
) -> AnyRow | None:
    """Insert a prediction if its match is open; None when it is not, or there is one already."""
    clock = _clock()
    source = (
        select(
            literal(account_id, BigInteger), Match.id, literal(goals[0], SmallInteger),
            literal(goals[1], SmallInteger), clock.c.now, clock.c.now,
        )
        .join_from(Match, clock, true())
        .where(Match.id == match_id, _is_open(clock.c.now))
    )  # fmt: skip
    columns = ["account_id", "match_id", "home_goals", "away_goals", "created_at", "updated_at"]
    statement = (
        insert(Prediction)
        .from_select(columns, source)
        .on_conflict_do_nothing(index_elements=["account_id", "match_id"])
        .returning(*_COLUMNS, _open_still(match_id))
    )
    return (await session.execute(statement)).one_or_none()


async def lock(session: AsyncSession, prediction_id: int) -> int | None:
    """A prediction's version, locked against other edits; its match must be held already."""
    statement = select(Prediction.version).where(Prediction.id == prediction_id).with_for_update()
    return (await session.execute(statement)).scalar_one_or_none()


async def change(
    session: AsyncSession, prediction_id: int, goals: tuple[int, int]
) -> AnyRow | None:
    """Change a locked prediction if its match is open, and count its version up; else None."""
    clock = _clock()
    statement = (
        update(Prediction)
        .where(Prediction.id == prediction_id, Match.id == Prediction.match_id)
        .where(_is_open(clock.c.now))
        .values(
            home_goals=goals[0],
            away_goals=goals[1],
            version=Prediction.version + 1,
            updated_at=clock.c.now,
        )
        .returning(*_COLUMNS)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).one_or_none()


async def judge(session: AsyncSession, match_id: int, result: tuple[int, int]) -> list[Gain]:
    """Set the points of every prediction of a match, in one statement; who gains or loses by it."""
    before = (
        select(Prediction.id, Prediction.points)
        .where(Prediction.match_id == match_id)
        .with_for_update()
        .cte("before")
    )
    earned = points_in_sql(Prediction.home_goals, Prediction.away_goals, result)
    statement = (
        update(Prediction)
        .where(Prediction.id == before.c.id, before.c.points.is_distinct_from(earned))
        .values(points=earned, version=Prediction.version + 1)
        .returning(Prediction.account_id, Prediction.points, before.c.points.label("before"))
        .execution_options(synchronize_session=False)
    )
    gains = (
        Gain(row.account_id, row.points - (row.before or 0),
             (row.points == EXACT) - (row.before == EXACT))
        for row in await session.execute(statement)
    )  # fmt: skip
    return [gain for gain in gains if gain.points or gain.exact_hits]


async def claim_key(
    session: AsyncSession, account_id: int, key: str, request_hash: bytes
) -> AnyRow | None:
    """Take an idempotency key; None when it was free, else its request's hash and its answer.

    Waits while another transaction holds the key, so of two requests at once one sees the other's
    answer. Keys of more than 24 hours ago are free again.
    """
    stale = (
        select(IdempotencyKey.account_id, IdempotencyKey.key)
        .where(
            IdempotencyKey.account_id == account_id,
            IdempotencyKey.created_at < func.clock_timestamp() - KEY_LIFETIME,
        )
        .with_for_update(skip_locked=True)
    )
    await session.execute(
        delete(IdempotencyKey)
        .where(tuple_(IdempotencyKey.account_id, IdempotencyKey.key).in_(stale))
        .execution_options(synchronize_session=False)
    )
    claimed = await session.execute(
        insert(IdempotencyKey)
        .values(account_id=account_id, key=key, request_hash=request_hash, answer=b"")
        .on_conflict_do_nothing()
        .returning(IdempotencyKey.key)
    )
    if claimed.one_or_none() is not None:
        return None
    found = select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(
        IdempotencyKey.account_id == account_id, IdempotencyKey.key == key
    )
    return (await session.execute(found)).one()


async def keep_answer(session: AsyncSession, account_id: int, key: str, answer: bytes) -> None:
    """Keep what a claimed key's request was answered."""
    await session.execute(
        update(IdempotencyKey)
        .where(IdempotencyKey.account_id == account_id, IdempotencyKey.key == key)
        .values(answer=answer)
        .execution_options(synchronize_session=False)
    )
