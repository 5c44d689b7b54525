"""The weeks of the fixtures."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.problems import INVALID_REQUEST, Problem
from sut.web.weeks import Week

TODAY = date(2026, 8, 15)


@given(st.dates(min_value=date(2001, 1, 1), max_value=date(2097, 12, 31)))
def test_a_week_holds_its_day_and_begins_on_a_monday(day: date) -> None:
    week = Week.of(day.isoformat(), TODAY)
    assert week.first.weekday() == 0
    assert week.first <= day <= week.last
    assert week.last - week.first == timedelta(days=6)
    assert Week.of(week.after, TODAY).before == week.name


def test_without_a_date_it_is_this_week() -> None:
    assert Week.of(None, TODAY).name == "2026-08-10"


@pytest.mark.parametrize(
    "text", ["yesterday", "2026-13-01", "1999-01-01", "9999-12-31", "2026-8-1"]
)
def test_what_is_no_date_of_a_season_is_refused(text: str) -> None:
    with pytest.raises(Problem) as refusal:
        Week.of(text, TODAY)
    assert refusal.value.type is INVALID_REQUEST
