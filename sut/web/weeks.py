"""The weeks that the fixtures are shown by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from sut.problems import INVALID_REQUEST, Problem
from sut.wire import YEAR_MAX, YEAR_MIN

WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Week:
    """Monday to Sunday, UTC."""

    first: date

    @classmethod
    def of(cls, text: str | None, today: date) -> Week:
        """The week of a date as 2026-08-15, or of today. Raises Problem (invalid-request)."""
        try:
            day = date.fromisoformat(text) if text else today
        except ValueError:
            raise Problem(INVALID_REQUEST) from None
        if not YEAR_MIN < day.year < YEAR_MAX - 1:
            raise Problem(INVALID_REQUEST)
        return cls(day - timedelta(days=day.weekday()))

    @property
    def last(self) -> date:
        """Its Sunday."""
        return self.first + timedelta(days=6)

    @property
    def name(self) -> str:
        """Its Monday, as addresses say it."""
        return self.first.isoformat()

    @property
    def before(self) -> str:
        """The week before, as addresses say it."""
        return (self.first - WEEK).isoformat()

    @property
    def after(self) -> str:
        """The week after, as addresses say it."""
        return (self.first + WEEK).isoformat()
