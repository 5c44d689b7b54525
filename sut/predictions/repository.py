"""Queries of predictions and idempotency keys."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import (
    CTE,
    BigInteger,
    ColumnElement,
    Executable,
    SmallInteger,
    and_,
    bindparam,
    delete,
    func,
    select,
    true,
    tuple_,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from sut.accounts.models import Account
from sut.direct import Runs
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


_ID = bindparam("prediction_id", type_=BigInteger)
_MATCH = bindparam("match_id", type_=BigInteger)
_OWNER = bindparam("account_id", type_=BigInteger)
_OWN = _predictions().where(Prediction.id == _ID, Prediction.account_id == _OWNER)
_OF_ACCOUNT = (
    _predictions()
    .where(Prediction.account_id == _OWNER)
    .order_by(Prediction.id.desc())
    .limit(bindparam("most", type_=BigInteger))
)
_OF_ACCOUNT_FROM = _OF_ACCOUNT.where(Prediction.id < bindparam("before_id"))
_OF_MATCH = (
    _predictions()
    .add_columns(Account.id.label("account_id"), Account.display_name)
    .join(Account, Account.id == Prediction.account_id)
    .where(Prediction.match_id == _MATCH, Prediction.id > bindparam("after_id"))
    .order_by(Prediction.id)
    .limit(bindparam("most", type_=BigInteger))
)
_FIXTURE = select(Match.status, Match.kick_off, func.clock_timestamp().label("now")).where(
    Match.id == _MATCH
)
_HOLD_FIXTURE = select(Match.id).where(Match.id == _MATCH).with_for_update(read=True)
_LOCK = select(Prediction.version).where(Prediction.id == _ID).with_for_update()


async def own(session: Runs, account_id: int, prediction_id: int) -> AnyRow | None:
    """A prediction, if it is this account's."""
    wanted = {"prediction_id": prediction_id, "account_id": account_id}
    found: AnyRow | None = (await session.execute(_OWN, wanted)).one_or_none()
    return found


async def page_of_account(
    session: Runs, account_id: int, *, before_id: int | None, limit: int
) -> Sequence[AnyRow]:
    """An account's predictions, the latest first, from just before an id."""
    wanted = {"account_id": account_id, "before_id": before_id, "most": limit}
    if before_id is None:
        del wanted["before_id"]
        return (await session.execute(_OF_ACCOUNT, wanted)).all()
    return (await session.execute(_OF_ACCOUNT_FROM, wanted)).all()


async def page_of_match(
    session: Runs, match_id: int, *, after_id: int, limit: int
) -> Sequence[AnyRow]:
    """Everyone's predictions of a match with the players' names, in the order they were made."""
    wanted = {"match_id": match_id, "after_id": after_id, "most": limit}
    return (await session.execute(_OF_MATCH, wanted)).all()


async def fixture(session: Runs, match_id: int) -> Fixture | None:
    """The state of a match and the database's time, of one moment."""
    row = (await session.execute(_FIXTURE, {"match_id": match_id})).one_or_none()
    return Fixture(row.status, row.kick_off, row.now) if row else None


async def hold_fixture(session: Runs, match_id: int) -> bool:
    """Keep a match from being changed until the transaction ends; False when there is none.

    Waits for a change that is under way, so read the match and the clock only afterwards.
    """
    found = await session.execute(_HOLD_FIXTURE, {"match_id": match_id})
    return found.one_or_none() is not None


def _clock() -> CTE:
    """The time now as one value for a whole statement."""
    return select(func.clock_timestamp().label("now")).cte("clock")


def _is_open(now: ColumnElement[datetime]) -> ColumnElement[bool]:
    """Whether a match takes predictions: `states.takes_predictions` for the database."""
    return and_(Match.status == "scheduled", Match.kick_off > now)


def _open_still() -> ColumnElement[bool]:
    """Whether a match takes predictions after a write that may have had to wait."""
    still = select(_is_open(func.clock_timestamp())).where(Match.id == _MATCH)
    return still.scalar_subquery().label("in_time")


def _added() -> Executable:
    clock = _clock()
    source = (
        select(
            bindparam("account_id", type_=BigInteger), Match.id,
            bindparam("home", type_=SmallInteger), bindparam("away", type_=SmallInteger),
            clock.c.now, clock.c.now,
        )
        .join_from(Match, clock, true())
        .where(Match.id == _MATCH, _is_open(clock.c.now))
    )  # fmt: skip
    columns = ["account_id", "match_id", "home_goals", "away_goals", "created_at", "updated_at"]
    return (
        insert(Prediction)
        .from_select(columns, source)
        .on_conflict_do_nothing(index_elements=["account_id", "match_id"])
        .returning(*_COLUMNS, _open_still())
    )


_ADD = _added()


async def add(
    session: Runs, account_id: int, match_id: int, goals: tuple[int, int]
) -> AnyRow | None:
    """Insert a prediction if its match is open; None when it is not, or there is one already."""
    wanted = {"account_id": account_id, "match_id": match_id, "home": goals[0], "away": goals[1]}
    added: AnyRow | None = (await session.execute(_ADD, wanted)).one_or_none()
    return added


async def lock(session: Runs, prediction_id: int) -> int | None:
    """A prediction's version, locked against other edits; its match must be held already."""
    found = await session.execute(_LOCK, {"prediction_id": prediction_id})
    version: int | None = found.scalar_one_or_none()
    return version


def _changed() -> Executable:
    clock = _clock()
    return (
        update(Prediction)
        .where(Prediction.id == _ID, Match.id == Prediction.match_id)
        .where(_is_open(clock.c.now))
        .values(
            home_goals=bindparam("home", type_=SmallInteger),
            away_goals=bindparam("away", type_=SmallInteger),
            version=Prediction.version + 1,
            updated_at=clock.c.now,
        )
        .returning(*_COLUMNS)
        .execution_options(synchronize_session=False)
    )


_CHANGE = _changed()


async def change(session: Runs, prediction_id: int, goals: tuple[int, int]) -> AnyRow | None:
    """Change a locked prediction if its match is open, and count its version up; else None."""
    wanted = {"prediction_id": prediction_id, "home": goals[0], "away": goals[1]}
    changed: AnyRow | None = (await session.execute(_CHANGE, wanted)).one_or_none()
    return changed


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


_STALE = (
    select(IdempotencyKey.account_id, IdempotencyKey.key)
    .where(
        IdempotencyKey.account_id == _OWNER,
        IdempotencyKey.created_at < func.clock_timestamp() - KEY_LIFETIME,
    )
    .with_for_update(skip_locked=True)
)
_FORGET = (
    delete(IdempotencyKey)
    .where(tuple_(IdempotencyKey.account_id, IdempotencyKey.key).in_(_STALE))
    .execution_options(synchronize_session=False)
)
_CLAIM = (
    insert(IdempotencyKey)
    .values(
        account_id=bindparam("owner", type_=BigInteger),
        key=bindparam("named"),
        request_hash=bindparam("asked"),
        answer=b"",
    )
    .on_conflict_do_nothing()
    .returning(IdempotencyKey.key)
)
_THE_KEY = and_(
    IdempotencyKey.account_id == bindparam("owner"), IdempotencyKey.key == bindparam("named")
)
_CLAIMED = select(IdempotencyKey.request_hash, IdempotencyKey.answer).where(_THE_KEY)
_KEEP = (
    update(IdempotencyKey)
    .where(_THE_KEY)
    .values(answer=bindparam("answered"))
    .execution_options(synchronize_session=False)
)


async def claim_key(session: Runs, account_id: int, key: str, request_hash: bytes) -> AnyRow | None:
    """Take an idempotency key; None when it was free, else its request's hash and its answer.

    Waits while another transaction holds the key, so of two requests at once one sees the other's
    answer. Keys of more than 24 hours ago are free again.
    """
    await session.execute(_FORGET, {"account_id": account_id})
    wanted = {"owner": account_id, "named": key}
    claimed = await session.execute(_CLAIM, {**wanted, "asked": request_hash})
    if claimed.one_or_none() is not None:
        return None
    found: AnyRow = (await session.execute(_CLAIMED, wanted)).one()
    return found


async def keep_answer(session: Runs, account_id: int, key: str, answer: bytes) -> None:
    """Keep what a claimed key's request was answered."""
    wanted = {"owner": account_id, "named": key, "answered": answer}
    await session.execute(_KEEP, wanted)
