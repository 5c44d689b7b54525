"""Queries of scores and their generations."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Integer,
    and_,
    cast,
    column,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    tuple_,
    update,
    values,
)
from sqlalchemy.ext.asyncio import AsyncSession

from sut.accounts.models import Account
from sut.leaderboard.bookmarks import KEPT_FOR, Place
from sut.leaderboard.models import Generation, Score
from sut.tables import AnyRow

_ROW = 1


async def enter(session: AsyncSession, account_id: int, registered_at: datetime) -> None:
    """Give an account its first score, in the generation that is current."""
    source = select(
        literal(account_id, BigInteger), literal(registered_at), Generation.current
    ).where(Generation.id == _ROW)
    await session.execute(
        insert(Score).from_select(["account_id", "registered_at", "from_generation"], source)
    )


async def generation(session: AsyncSession) -> tuple[int, datetime]:
    """The current generation and the database's time."""
    statement = select(Generation.current, func.clock_timestamp()).where(Generation.id == _ROW)
    current, now = (await session.execute(statement)).one()
    return current, now


async def next_generation(session: AsyncSession) -> int:
    """Begin a new generation; whoever else wants to waits until this transaction ends.

    Its number is the microsecond of its beginning, so that a closed row tells when it was closed.
    """
    moment = cast(func.extract("epoch", func.clock_timestamp()) * 1_000_000, BigInteger)
    statement = (
        update(Generation)
        .where(Generation.id == _ROW)
        .values(
            current=func.greatest(Generation.current + 1, moment),
            advanced_at=func.clock_timestamp(),
        )
        .returning(Generation.current)
        .execution_options(synchronize_session=False)
    )
    return (await session.execute(statement)).scalar_one()


async def move(session: AsyncSession, gains: Sequence[tuple[int, int, int]], begun: int) -> None:
    """Close the current scores of those who gain or lose, and open new ones from `begun` on.

    `gains` are (account, points, exact hits); an account without a score is passed over.
    """
    if not gains:
        return
    gained = values(
        column("account_id", BigInteger), column("points", Integer), column("exact", Integer),
        name="gained",
    ).data(list(gains))  # fmt: skip
    closed = (
        update(Score)
        .where(Score.account_id == gained.c.account_id, Score.until_generation.is_(None))
        .values(until_generation=begun)
        .returning(
            Score.account_id,
            (Score.points + gained.c.points).label("points"),
            (Score.exact_hits + gained.c.exact).label("exact_hits"),
            Score.registered_at,
        )
        .cte("closed")
    )
    source = select(
        closed.c.account_id, closed.c.points, closed.c.exact_hits, closed.c.registered_at,
        literal(begun, BigInteger),
    )  # fmt: skip
    columns = ["account_id", "points", "exact_hits", "registered_at", "from_generation"]
    await session.execute(insert(Score).from_select(columns, source))


async def prune(session: AsyncSession, begun: int) -> None:
    """Forget scores that were closed more than 24 hours before the generation `begun`."""
    horizon = begun - KEPT_FOR // timedelta(microseconds=1)
    await session.execute(
        delete(Score)
        .where(Score.until_generation <= horizon)
        .execution_options(synchronize_session=False)
    )


async def page(
    session: AsyncSession, generation: int, after: Place | None, limit: int
) -> Sequence[AnyRow]:
    """The ranking as it stood in a generation, from just after a place."""
    statement = (
        select(
            Score.account_id, Score.points, Score.exact_hits, Score.registered_at,
            Account.display_name,
        )
        .join(Account, Account.id == Score.account_id)
        .where(
            Score.from_generation <= generation,
            or_(Score.until_generation.is_(None), Score.until_generation > generation),
        )
        .order_by(
            Score.points.desc(), Score.exact_hits.desc(), Score.registered_at, Score.account_id
        )
        .limit(limit)
    )  # fmt: skip
    if after is not None:
        statement = statement.where(_behind(after))
    return (await session.execute(statement)).all()


def _behind(place: Place) -> ColumnElement[bool]:
    """Rows ranked after a place; the first term lets the index begin there."""
    later = tuple_(Score.registered_at, Score.account_id) > (place.registered_at, place.account_id)
    tied = and_(Score.exact_hits == place.exact_hits, later)
    fewer = or_(Score.exact_hits < place.exact_hits, tied)
    return and_(Score.points <= place.points, or_(Score.points < place.points, fewer))
