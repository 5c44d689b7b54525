from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.stats import (
    mean_interval,
    median_interval,
    percentile,
    proportion_interval,
    quantile_interval,
)

VALUES = st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=60)


@pytest.mark.parametrize(
    ("share", "expected"), [(0, 1), (0.05, 1), (0.5, 10), (0.95, 19), (0.951, 20), (1, 20)]
)
def test_a_percentile_is_the_nearest_rank(share: float, expected: float) -> None:
    assert percentile(range(1, 21), share) == expected


@given(values=VALUES, share=st.floats(0, 1))
def test_a_percentile_was_seen_and_has_its_share_at_or_below(
    values: Sequence[float], share: float
) -> None:
    found = percentile(values, share)
    assert found in values
    assert sum(value <= found for value in values) >= share * len(values) - 1e-6


@pytest.mark.parametrize(
    ("hits", "total", "confidence", "low", "high"),
    [
        (0, 3000, 0.99, 0.0, 1 - 0.005 ** (1 / 3000)),  # closed forms of Clopper and Pearson
        (50, 50, 0.95, 0.025 ** (1 / 50), 1.0),
        (1, 1, 0.95, 0.025, 1.0),
    ],
)
def test_a_proportion_at_an_end_has_its_closed_form(
    hits: int, total: int, confidence: float, low: float, high: float
) -> None:
    interval = proportion_interval(hits, total, confidence)
    assert interval.low == pytest.approx(low, abs=1e-6)
    assert interval.high == pytest.approx(high, abs=1e-6)


@given(total=st.integers(1, 120), data=st.data(), confidence=st.floats(0.5, 0.999))
def test_each_end_of_a_proportion_leaves_its_tail(
    total: int, data: st.DataObject, confidence: float
) -> None:
    hits = data.draw(st.integers(0, total))
    interval = proportion_interval(hits, total, confidence)
    tail = (1 - confidence) / 2
    at_most = math.fsum(binomial(total, k, interval.high) for k in range(hits + 1))
    at_least = math.fsum(binomial(total, k, interval.low) for k in range(hits, total + 1))
    assert at_most == pytest.approx(tail if hits < total else 1)
    assert at_least == pytest.approx(tail if hits else 1)


def binomial(total: int, hits: int, share: float) -> float:
    return math.comb(total, hits) * share**hits * (1 - share) ** (total - hits)


@pytest.mark.parametrize(("size", "low", "high"), [(10, 2, 9), (20, 6, 15), (100, 40, 61)])
def test_a_median_lies_between_the_ranks_of_the_tables(size: int, low: int, high: int) -> None:
    interval = median_interval(range(1, size + 1), 0.95)
    assert interval is not None
    assert (interval.low, interval.high) == (low, high)


@given(size=st.integers(1, 400), share=st.floats(0.01, 0.99), confidence=st.floats(0.5, 0.999))
def test_a_quantile_is_covered_as_often_as_promised(
    size: int, share: float, confidence: float
) -> None:
    interval = quantile_interval(range(1, size + 1), share, confidence)
    if interval is None:
        return
    # The chance that the number of values below the quantile lies between the two ranks.
    covered = math.fsum(
        binomial(size, k, share) for k in range(int(interval.low), int(interval.high))
    )
    assert covered >= confidence - 1e-9


def test_too_few_values_bound_no_quantile() -> None:
    assert median_interval(range(7), 0.99) is None
    assert quantile_interval(range(100), 0.99, 0.99) is None


def test_a_mean_has_students_interval() -> None:
    interval = mean_interval([1, 2, 3, 4, 5], 0.95)
    assert interval is not None
    assert interval.low == pytest.approx(3 - 2.776445 * math.sqrt(2.5 / 5), abs=1e-5)
    assert mean_interval([4.0]) is None


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [math.inf]])
def test_what_has_no_statistic_is_refused(values: list[float]) -> None:
    with pytest.raises(ValueError, match=r"no values|finite"):
        percentile(values, 0.5)


@pytest.mark.parametrize(
    ("hits", "total", "confidence"), [(-1, 3, 0.9), (4, 3, 0.9), (0, 0, 0.9), (1, 2, 1.0)]
)
def test_a_proportion_that_cannot_be_is_refused(hits: int, total: int, confidence: float) -> None:
    with pytest.raises(ValueError, match=r"expected hits|confidence"):
        proportion_interval(hits, total, confidence)


@pytest.mark.parametrize("share", [-0.1, 1.1])
def test_a_share_outside_the_whole_is_refused(share: float) -> None:
    with pytest.raises(ValueError, match="share"):
        percentile([1.0], share)
    with pytest.raises(ValueError, match="quantile"):
        quantile_interval([1.0], share)
