from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut import cursors
from sut.leaderboard.bookmarks import CURSOR, CURSOR_LIFETIME, KEPT_FOR, Bookmark, Place
from sut.problems import INVALID_CURSOR, Problem

COUNTS = st.integers(0, 2**31 - 1)
NUMBERS = st.integers(0, 2**63 - 1)
MOMENTS = st.datetimes(timezones=st.just(UTC))
BOOKMARKS = st.builds(
    Bookmark,
    generation=NUMBERS,
    begun_at=MOMENTS,
    rank=COUNTS,
    place=st.builds(
        Place, points=COUNTS, exact_hits=COUNTS, registered_at=MOMENTS, account_id=NUMBERS
    ),
)
ZERO = datetime(2026, 1, 1, tzinfo=UTC)


@given(BOOKMARKS)
def test_a_bookmark_survives_as_a_cursor_that_fits_a_query(bookmark: Bookmark) -> None:
    cursor = bookmark.encode()
    assert Bookmark.decode(cursor) == bookmark
    assert len(cursor) <= cursors.CURSOR_CHARS_MAX


def read(cursor: str) -> Bookmark | None:
    try:
        return Bookmark.decode(cursor)
    except Problem as problem:
        if problem.type is INVALID_CURSOR:
            return None
        raise


@pytest.mark.parametrize("place", range(7))
@pytest.mark.parametrize("odd", [-(2**63), 2**63 - 1])
def test_a_forged_number_is_refused_or_harmless(place: int, odd: int) -> None:
    numbers = [1, cursors.moment_to_us(ZERO), 1, 5, 1, cursors.moment_to_us(ZERO), 7]
    numbers[place] = odd
    bookmark = read(cursors.encode(CURSOR, *numbers))
    if bookmark is not None:
        for number in (bookmark.generation, bookmark.place.account_id):
            assert -(2**63) <= number < 2**63
        assert max(bookmark.rank, bookmark.place.points, bookmark.place.exact_hits) < 2**31


def test_a_cursor_dies_before_the_scores_that_it_points_at() -> None:
    assert CURSOR_LIFETIME < KEPT_FOR
