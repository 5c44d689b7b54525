from __future__ import annotations

import math

import pytest

from reports.clauses.limits import COMPARE, margin_of, side_of_limit
from reports.verdicts import State

BELOW, ABOVE = math.nextafter(200, 0), math.nextafter(200, 300)


@pytest.mark.parametrize(
    ("op", "value", "state"),
    [
        ("<", BELOW, "met"), ("<", 200, "missed"), ("<", ABOVE, "missed"),
        ("<=", BELOW, "met"), ("<=", 200, "met"), ("<=", ABOVE, "missed"),
        (">", BELOW, "missed"), (">", 200, "missed"), (">", ABOVE, "met"),
        (">=", BELOW, "missed"), (">=", 200, "met"), (">=", ABOVE, "met"),
        ("==", BELOW, "missed"), ("==", 200, "met"), ("==", ABOVE, "missed"),
    ],
)  # fmt: skip
def test_a_value_without_an_interval_decides_to_the_last_bit(
    op: str, value: float, state: State
) -> None:
    assert side_of_limit(op, 200, value, None, None) == state
    assert side_of_limit(op, 200, value, value, value) == state


@pytest.mark.parametrize(
    ("op", "low", "high", "state"),
    [
        ("<", 180, BELOW, "met"), ("<", 180, 200, "no evidence"), ("<", 200, 210, "missed"),
        ("<=", 180, 200, "met"), ("<=", 200, ABOVE, "no evidence"), ("<=", ABOVE, 210, "missed"),
        (">", ABOVE, 210, "met"), (">", 200, 210, "no evidence"), (">", 180, 200, "missed"),
        (">=", 200, 210, "met"), (">=", BELOW, 200, "no evidence"), (">=", 180, BELOW, "missed"),
        ("==", 199, 201, "no evidence"), ("==", 201, 202, "missed"), ("==", 198, 199, "missed"),
    ],
)  # fmt: skip
def test_the_whole_interval_must_agree(op: str, low: float, high: float, state: State) -> None:
    assert side_of_limit(op, 200, (low + high) / 2, low, high) == state


@pytest.mark.parametrize(
    ("low", "high", "state"),
    [(None, 190, "met"), (None, 210, "no evidence"), (210, None, "missed"),
     (190, None, "no evidence")],
)  # fmt: skip
def test_an_interval_with_one_end_is_open_on_the_other(
    low: float | None, high: float | None, state: State
) -> None:
    assert side_of_limit("<", 200, 195, low, high) == state


@pytest.mark.parametrize(
    ("op", "low", "high"), [("<", None, 210), (">", 190, None), ("==", None, 210)]
)
def test_an_open_end_condemns_no_more_than_it_acquits(
    op: str, low: float | None, high: float | None
) -> None:
    value = 205 if low is None else 195
    assert side_of_limit(op, 200, value, low, high) == "no evidence"


@pytest.mark.parametrize("op", COMPARE)
@pytest.mark.parametrize("value", [150.0, BELOW, 200.0, ABOVE, 250.0])
def test_the_margin_is_negative_exactly_on_the_wrong_side(op: str, value: float) -> None:
    margin = margin_of(op, 200, value)
    if margin:
        assert (margin > 0) == COMPARE[op](value, 200)
    else:
        assert value == 200
