from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.clauses.limits import margin_of, side_of_limit
from reports.render.rows import objective_row, reading_row
from reports.verdicts import Reading, Verdict, worst


def reading(op: str, limit: float, value: float, **more: Any) -> Reading:
    state = side_of_limit(op, limit, value, more.get("low"), more.get("high"))
    body = {"kind": "measurement", "unit": "ms", "subject": "m", "layer": "load", "why": "", **more}
    return Reading(state=state, op=op, limit=limit, value=value,
                   margin=margin_of(op, limit, value), **body)  # fmt: skip


NUMBERS = st.floats(1e-3, 1e6)


@given(op=st.sampled_from(["<", "<=", ">", ">="]), limit=NUMBERS, value=NUMBERS,
       unit=st.sampled_from(["ms", "ratio", "bytes"]))  # fmt: skip
def test_a_bar_stays_on_its_line(op: str, limit: float, value: float, unit: str) -> None:
    bar = reading_row(reading(op, limit, value, unit=unit)).bar
    assert bar is not None
    for place in (bar.value, bar.limit, bar.low, bar.high, bar.good_from, bar.good_to):
        assert 0 <= place <= 100
    assert bar.low <= bar.high
    assert bar.good_from <= bar.good_to


@pytest.mark.parametrize(("op", "good"), [("<", (0.0, 86.96)), (">=", (86.96, 100.0))])
def test_the_good_side_of_a_bar_is_the_side_of_the_limit(
    op: str, good: tuple[float, float]
) -> None:
    bar = reading_row(reading(op, 200, 150)).bar
    assert bar is not None
    assert (bar.good_from, bar.good_to) == good


@pytest.mark.parametrize(("op", "limit"), [("==", 5), ("<=", 0)])
def test_what_has_no_scale_has_no_bar(op: str, limit: float) -> None:
    assert reading_row(reading(op, limit, 5)).bar is None


@pytest.mark.parametrize(
    ("made", "value", "margin", "interval"),
    [
        (reading("<", 200, 199.996, low=199.9, high=199.999, confidence=0.99),
         "199.996 ms", "0.004 ms (0.002 %)", "199.9 to 199.999 ms (99 %)"),
        (reading("<", 0.001, 0.0009999, unit="ratio"), "0.09999 %", "0.00001 % (0.01 %)", None),
        (reading(">", 0.8, 0.93, unit="ratio", high=0.95), "93 %", "13 % (16.2 %)", "… to 95 %"),
        (reading("<", 2e6, 1.4e6, unit="bytes"), "1.4 MB", "0.6 MB (30 %)", None),
        (reading("==", 0, 0, unit="cells"), "0 cells", None, None),
        (reading("<=", 20, 22, unit="connections"), "22 connections", "-2 connections (-10 %)",
         None),
    ],
)  # fmt: skip
def test_a_row_never_rounds_onto_the_limit(
    made: Reading, value: str, margin: str | None, interval: str | None
) -> None:
    row = reading_row(made)
    dash = "\N{EN DASH}"
    assert (row.value, row.margin, row.interval) == (value, margin or dash, interval or dash)


def test_checks_are_counted_in_words() -> None:
    made = Reading(kind="checks", state="missed", subject="s", layer="unit", why="", value=60,
                   limit=62, op="==", unit="tests", margin=-2)  # fmt: skip
    row = reading_row(made)
    assert (row.value, row.limit) == ("60 of 62 tests passed", "all of them")


def test_a_reading_without_a_value_still_shows_its_limit() -> None:
    made = Reading(kind="measurement", state="no evidence", subject="m", layer="load", why="",
                   limit=200, op="<", unit="ms")  # fmt: skip
    row = reading_row(made)
    assert (row.value, row.limit) == ("\N{EN DASH}", "limit < 200 ms")


def test_a_long_list_is_cut_and_says_so() -> None:
    made = Reading(kind="instrument", state="invalid", subject="m", layer="x", why="",
                   missing=tuple(f"f{n}" for n in range(50)))  # fmt: skip
    assert reading_row(made).details[-1] == "and 30 more"


@pytest.mark.parametrize("unit", ["ms", "ratio"])
@pytest.mark.parametrize("limit", [0.2, 0.8, 200.0])
def test_a_bar_whose_upper_end_is_not_known_reaches_to_the_end_of_its_line(
    limit: float, unit: str
) -> None:
    made = reading("<", limit, limit * 0.9, low=limit * 0.8, unit=unit)
    bar = reading_row(made).bar
    assert made.state == "no evidence"
    assert bar is not None
    assert bar.low < bar.value < bar.limit < bar.high == 100.0


def test_a_bar_whose_lower_end_is_not_known_begins_with_its_line() -> None:
    bar = reading_row(reading(">", 0.8, 0.9, high=0.95, unit="ratio")).bar
    assert bar is not None
    assert bar.low == 0.0 < bar.value < bar.high < 100.0


def test_a_bar_of_a_value_without_an_interval_is_a_point() -> None:
    bar = reading_row(reading("<", 200, 150)).bar
    assert bar is not None
    assert bar.low == bar.value == bar.high


def test_a_limit_is_never_rounded() -> None:
    row = reading_row(reading("<", 200.44, 200.5))
    assert (row.value, row.limit) == ("200.5 ms", "limit < 200.44 ms")


def verdict(*readings: Reading) -> Verdict:
    return Verdict(id="o", promise="", target="", reason="", why="", required=True,
                   state=worst(tuple(item.state for item in readings)),
                   readings=readings)  # fmt: skip


def test_of_two_misses_the_worse_one_is_shown_first() -> None:
    near, far = (reading("<", 200, value, subject=f"{value}") for value in (210, 900))
    made = verdict(near, far)
    assert made.headline == far
    assert [row.value for row in objective_row(made).readings] == ["900 ms", "210 ms"]


def test_of_what_is_met_the_value_is_shown_before_what_has_no_room_by_its_nature() -> None:
    value = reading("<", 200, 150)
    seen = reading(">=", 1.0, 1.0, kind="instrument", unit="ratio")
    tests = reading("==", 3, 3, kind="checks", unit="tests")
    row = objective_row(verdict(value, seen, tests))
    assert row.readings[0].value == "150 ms"
