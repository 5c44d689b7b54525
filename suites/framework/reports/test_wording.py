from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.wording import count, duration, labelled, listed, number, scale_of


@pytest.mark.parametrize(
    ("value", "limit", "shown"),
    [
        (199.96, 200, "199.96"),
        (199.9999, 200, "199.9999"),
        (200.0, 200, "200"),
        (200.4, 200, "200.4"),
        (182.43, 200, "182"),
        (41210.3, 200, "41,210"),
        (0.0004217, 1, "0.000422"),
        (0.0, 1, "0"),
        (-12.43, 0, "-12.4"),
        (1e-30, 0, "1e-30"),
    ],
)
def test_a_number_is_short_and_stays_on_its_side(value: float, limit: float, shown: str) -> None:
    assert number(value, limit) == shown


@pytest.mark.parametrize(
    ("unit", "value", "limit", "shown"),
    [
        ("ratio", 0.99996, 1.0, "99.996 %"),
        ("share", 1.0, 1.0, "100 %"),
        ("ratio", 0.000999999, 0.001, "0.0999999 %"),
        ("bytes", 1_999_999.0, 2_000_000.0, "1.999999 MB"),
        ("bytes", 12_340.0, 20_000.0, "12.3 kB"),
        ("ms", 182.43, 200.0, "182 ms"),
        ("", 3.0, 4.0, "3"),
    ],
)
def test_a_unit_is_shown_as_people_read_it(
    unit: str, value: float, limit: float, shown: str
) -> None:
    assert scale_of(unit, limit).show(value, limit) == shown


@given(
    value=st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-9),
    limit=st.floats(-1e9, 1e9).filter(lambda v: v == 0 or abs(v) > 1e-9),
)
def test_what_is_shown_compares_as_what_was_judged(value: float, limit: float) -> None:
    shown = float(number(value, limit).replace(",", ""))
    assert (shown < limit, shown > limit) == (value < limit, value > limit)


@given(value=st.floats(allow_nan=False, allow_infinity=False), limit=st.floats(-1e300, 1e300))
def test_whatever_is_measured_can_be_shown(value: float, limit: float) -> None:
    for unit in ("ms", "ratio", "bytes"):
        assert scale_of(unit, limit).show(value, limit)


def test_what_is_not_nothing_is_never_shown_as_0() -> None:
    assert (number(1e-30), number(-1e-30), number(0)) == ("1e-30", "-1e-30", "0")


def test_lists_are_cut_and_say_so() -> None:
    assert listed("abc") == "a, b, c"
    assert listed("abcdefg", 2) == "a, b and 5 more"


@pytest.mark.parametrize(
    ("amount", "noun", "shown"),
    [(1, "test", "1 test"), (0, "test", "0 tests"), (1200, "entry", "1,200 entries")],
)
def test_things_are_counted_in_words(amount: int, noun: str, shown: str) -> None:
    assert count(amount, noun) == shown


@pytest.mark.parametrize(
    ("seconds", "shown"),
    [(0.42, "0.4 s"), (38.2, "38 s"), (250.0, "4 min 10 s"), (66_368.0, "18 h 26 min")],
)
def test_durations_are_read_at_a_glance(seconds: float, shown: str) -> None:
    assert duration(seconds) == shown


def test_dimensions_stand_in_one_order() -> None:
    assert labelled("m", {"b": "2", "a": "1"}) == "m{a=1, b=2}"
    assert labelled("m", {}) == "m"
