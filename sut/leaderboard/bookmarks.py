"""Where a reader of the leaderboard stands, and the cursor that says so."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sut import cursors

CURSOR = "leaderboard"
KEPT_FOR = timedelta(hours=24)
"""How long scores stay that no longer hold."""

CURSOR_LIFETIME = timedelta(hours=23)
"""Less than `KEPT_FOR`, so that what a good cursor points at is there still."""

_INT32 = 2**31


@dataclass(frozen=True)
class Place:
    """Where a row stands in the ranking: points, exact hits, registration, account."""

    points: int
    exact_hits: int
    registered_at: datetime
    account_id: int


@dataclass(frozen=True)
class Bookmark:
    """What a cursor says: the generation read, since when, the last rank and its place."""

    generation: int
    begun_at: datetime
    rank: int
    place: Place

    def encode(self) -> str:
        """The cursor."""
        place = self.place
        return cursors.encode(
            CURSOR, self.generation, cursors.moment_to_us(self.begun_at), self.rank, place.points,
            place.exact_hits, cursors.moment_to_us(place.registered_at), place.account_id,
        )  # fmt: skip

    @classmethod
    def decode(cls, cursor: str) -> Bookmark:
        """What `cursor` says; raises Problem (invalid-cursor)."""
        numbers = cursors.decode(CURSOR, cursor, 7)
        generation, begun_us, rank, points, exact_hits, registered_us, account_id = numbers
        if not (0 <= points < _INT32 and 0 <= exact_hits < _INT32 and 0 <= rank < _INT32):
            raise cursors.refuse_cursor()
        place = Place(points, exact_hits, cursors.us_to_moment(registered_us), account_id)
        return cls(generation, cursors.us_to_moment(begun_us), rank, place)
