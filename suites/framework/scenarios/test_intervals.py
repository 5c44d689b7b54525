from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import intervals
from scenarios.meanwhile import bucket_quantile


def seconds_of(values: np.ndarray, per_second: int) -> list[Counter[int]]:
    rows = values.reshape(-1, per_second)
    return [Counter(int(value) for value in row) for row in rows]


def test_a_percentiles_interval_holds_the_true_one_in_most_trials() -> None:
    chance = np.random.default_rng(11)
    true_p95 = 1_000 * -np.log(0.05)
    held = 0
    for _ in range(60):
        values = chance.exponential(1_000, size=30 * 100).astype(int) // 20 * 20 + 10
        (interval,) = intervals.percentiles(seconds_of(values, 100), (0.95,))
        held += interval.low <= true_p95 <= interval.high
    assert held >= 57


def test_slow_seconds_in_a_row_widen_the_interval() -> None:
    chance = np.random.default_rng(12)
    values = chance.exponential(1_000, size=60 * 50)
    slow = np.repeat(np.where(np.arange(60) % 20 < 6, 4.0, 1.0), 50)
    clustered = (values * slow).astype(int) + 1
    shuffled = chance.permutation(clustered)
    (wide,) = intervals.percentiles(seconds_of(clustered, 50), (0.95,))
    (narrow,) = intervals.percentiles(seconds_of(shuffled, 50), (0.95,))
    assert wide.high - wide.low > 1.5 * (narrow.high - narrow.low)


def test_a_single_second_still_has_the_interval_of_order_statistics() -> None:
    values = np.arange(1, 1_001)
    (interval,) = intervals.percentiles(seconds_of(values, 1_000), (0.95,))
    assert interval.low == pytest.approx(950 - 18, abs=3)
    assert interval.high == pytest.approx(950 + 18, abs=3)


@given(
    st.lists(
        st.dictionaries(st.integers(1, 10**6), st.integers(1, 5), max_size=6),
        min_size=1,
        max_size=8,
    )
)
def test_an_interval_lies_within_what_was_measured(rows: list[dict[int, int]]) -> None:
    values = {value for row in rows for value in row}
    if not values:
        with pytest.raises(ValueError, match="no samples"):
            intervals.percentiles(rows, (0.5,))
        return
    for interval in intervals.percentiles(rows, (0.5, 0.99)):
        assert min(values) <= interval.low <= interval.high <= max(values)


def test_a_ratios_interval_is_the_exact_one() -> None:
    none = intervals.ratio(0, 5_296)
    assert none.low == 0
    assert none.high == pytest.approx(1 - 0.005 ** (1 / 5_296))
    assert none.high < 0.001
    assert intervals.ratio(0, 5_290).high > 0.001
    assert intervals.ratio(10, 10).high == 1


def test_a_mean_of_equal_seconds_is_certain() -> None:
    interval = intervals.mean([5.0] * 30)
    assert interval.low == interval.high == pytest.approx(5)


def test_a_bucket_quantile_lies_between_the_edges_of_its_bucket() -> None:
    buckets = [(0.001, 900.0), (0.002, 90.0), (0.004, 10.0), (float("inf"), 0.0)]
    value, low, high = bucket_quantile(buckets, 0.95)
    assert 0.001 < value < 0.002
    assert (low, high) == (0.001, 0.002)


def test_a_bucket_quantile_above_the_last_edge_has_no_upper_bound() -> None:
    value, _, high = bucket_quantile([(0.001, 10.0), (float("inf"), 90.0)], 0.95)
    assert value == 0.001
    assert high == float("inf")
