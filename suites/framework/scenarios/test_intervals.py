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
def test_an_intervals_ends_were_measured_or_are_not_known(rows: list[dict[int, int]]) -> None:
    values = {value for row in rows for value in row}
    if not values:
        with pytest.raises(ValueError, match="no samples"):
            intervals.percentiles(rows, (0.5,))
        return
    for interval in intervals.percentiles(rows, (0.5, 0.99)):
        assert interval.low in {0, *values}
        assert interval.high in {np.inf, *values}
        assert interval.low <= interval.high


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


# --- too little to know an end -------------------------------------------------------------------


def test_a_percentile_of_too_few_has_no_upper_end_and_says_how_many_are_enough() -> None:
    few = np.arange(1, 101)
    (interval,) = intervals.percentiles(seconds_of(few, 10), (0.99,))
    assert interval.high == np.inf
    enough_s = intervals.enough_s(10, 100, 0.99, 99, interval, within=0.1)
    many = np.tile(few, int(enough_s / 10) + 1)
    (bounded,) = intervals.percentiles(seconds_of(many, 10), (0.99,))
    assert bounded.high < np.inf


def test_four_times_as_long_is_enough_for_half_the_interval() -> None:
    interval = intervals.Interval(80, 120)
    assert intervals.enough_s(30, 9_000, 0.95, 100, interval, within=0.1) == pytest.approx(120)


# --- shares, costs and growth --------------------------------------------------------------------


def test_failures_in_a_burst_widen_the_interval_of_their_share() -> None:
    spread, burst = [1.0] * 40, [0.0] * 36 + [10.0] * 4
    totals = [100.0] * 40
    even, bursty = intervals.share(spread, totals), intervals.share(burst, totals)
    exact = intervals.ratio(40, 4_000)
    assert (even.low, even.high) == (exact.low, exact.high)
    assert bursty.high - bursty.low > 2 * (even.high - even.low)


def test_a_slopes_interval_holds_the_true_one_in_most_trials_of_noise_with_a_memory() -> None:
    held = 0
    for trial in range(60):
        chance = np.random.default_rng(trial)
        noise = chance.normal(size=80)
        for at in range(1, 80):
            noise[at] += 0.5 * noise[at - 1]
        value, interval = intervals.slope(
            list(range(80)), list(3 * np.arange(80) + noise), seed=trial
        )
        assert interval.low <= value <= interval.high
        held += interval.low <= 3 <= interval.high
    assert held >= 54


def test_a_line_through_too_few_readings_has_no_slope() -> None:
    for positions in ([1.0] * 20, [1.0, 2.0, 3.0]):
        with pytest.raises(ValueError, match="too few"):
            intervals.slope(positions, [1.0] * len(positions))


def test_no_interval_is_made_of_nothing() -> None:
    with pytest.raises(ValueError, match="no samples"):
        intervals.ratio(0, 0)
    with pytest.raises(ValueError, match="no samples"):
        intervals.ratio_of_sums([1.0, 2.0], [0.0, 0.0])


def test_a_share_of_none_or_of_all_has_its_end_at_the_edge() -> None:
    assert intervals.ratio(0, 50).low == 0.0
    assert intervals.ratio(50, 50).high == 1.0


def test_a_mean_of_no_seconds_has_no_interval() -> None:
    with pytest.raises(ValueError, match="no seconds"):
        intervals.mean([])
