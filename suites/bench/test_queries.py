from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession

from fixtures.evidence import Evidence
from suites.bench.pairs import CONFIDENCE, spread
from suites.bench.queries import Query, explain_all, statement_of
from suites.bench.season import FULL_SEASON
from sut.leaderboard import repository as leaderboard
from sut.leaderboard.bookmarks import Place
from sut.predictions import repository as predictions
from sut.seeding.people import ADMIN_ID

pytestmark = pytest.mark.objective("db-index-gain")
SAVED = "index_time_saved_ratio"
# The promise is about 200,000 predictions. The leaderboard orders 2,000 players, which costs a
# millisecond even without an index: what its index saves is measured beside the promise.
SAVED_ON_SCORES = "scores_index_time_saved_ratio"
SAMPLES = 41
ROWS = 21


@dataclass(frozen=True)
class Hot:
    """A query that the service runs often, and the index that it must not run without.

    `number` tells the samples apart: another account or another match each time.
    """

    name: str
    index: str
    query: Callable[[int], Query]
    metric: str = SAVED


def own_page(number: int) -> Query:
    account_id = ADMIN_ID + 1 + number * 37 % FULL_SEASON.players
    return lambda session: predictions.page_of_account(
        session, account_id, before_id=None, limit=ROWS
    )


def page_of_match(number: int) -> Query:
    return lambda session: predictions.page_of_match(
        session, 1 + number * 4, after_id=0, limit=ROWS
    )


def leaderboard_page(number: int) -> Query:
    """From a place somewhere in the middle, in the generation that is current."""
    place = Place(80 + number, 4, datetime(2026, 1, 1, tzinfo=UTC), number)
    return lambda session: leaderboard.page(session, LATEST, place, ROWS)


async def correct_results(session: AsyncSession) -> None:
    """A day on which twenty results were corrected: each closes the scores of those it moved."""
    for match_id in range(1, 21):
        gains = await predictions.judge(session, match_id, (3, 3))
        moved = [(gain.account_id, gain.points, gain.exact_hits) for gain in gains]
        await leaderboard.move(session, moved, await leaderboard.next_generation(session))
    await session.execute(text("analyze scores"))


LATEST = 2**62
HOT = (
    Hot("predictions_of_account", "uq_predictions_account_id_match_id", own_page),
    Hot("predictions_of_match", "ix_predictions_match_id_id", page_of_match),
    Hot("leaderboard_page", "ix_scores_ranking", leaderboard_page, SAVED_ON_SCORES),
)


@pytest.mark.parametrize("hot", HOT, ids=lambda hot: hot.name)
async def test_a_hot_query_uses_its_index_and_is_slower_without(
    hot: Hot, engine: AsyncEngine, evidence: Evidence
) -> None:
    async with engine.connect() as connection, AsyncSession(connection) as session:
        await correct_results(session)
        statements = [await statement_of(session, hot.query(number)) for number in range(SAMPLES)]
        having = await explain_all(connection, statements)
        await session.execute(text(f"drop index {hot.index}"))
        lacking = await explain_all(connection, statements)
        await session.rollback()
    assert all(hot.index in one.plan for one in having)
    assert not any(hot.index in one.plan for one in lacking)
    saved = spread([1 - a.ms / b.ms for a, b in zip(having, lacking, strict=True)])
    evidence.measure(
        hot.metric, saved.median, "ratio", samples=saved.samples,
        low=saved.low, high=saved.high, confidence=CONFIDENCE, query=hot.name,
    )  # fmt: skip
    assert saved.low > 0
