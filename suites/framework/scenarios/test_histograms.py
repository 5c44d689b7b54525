from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.histograms import (
    HIGHEST_US,
    Endpoint,
    Failures,
    Tally,
    bucket_of,
    merged,
    new_histogram,
    quantile,
)

latencies = st.lists(st.floats(1e-6, 30), min_size=1, max_size=20)


def tally_of(seconds: list[float]) -> Tally:
    tally = Tally()
    for number, taken in enumerate(seconds):
        tally.add(number / 10, taken, taken / 2, ok=number % 7 != 0)
    return tally


@given(st.integers(1, HIGHEST_US))
def test_a_second_counts_values_in_the_histograms_own_buckets(value: int) -> None:
    assert bucket_of(value) == new_histogram().get_lowest_equivalent_value(value)
    assert value - bucket_of(value) <= value / 1000


@given(st.lists(latencies, min_size=1, max_size=4))
def test_merging_loses_nothing(parts: list[list[float]]) -> None:
    apart = merged(tally_of(part) for part in parts)
    counts = apart.corrected
    together = new_histogram()
    for part in parts:
        for taken in part:
            together.record_value(min(max(1, round(taken * 1e6)), HIGHEST_US))
    assert list(counts.counts) == list(together.counts)
    assert apart.count == sum(map(len, parts))
    assert sum(total.total() for total in apart.by_second.values()) == apart.count
    assert apart.finished_by_second.total() == apart.count


def test_percentiles_are_within_a_thousandth_of_the_sorted_raw_values() -> None:
    chance = random.Random(5)  # noqa: S311 - samples, not secrets
    raw = [chance.lognormvariate(-4, 1) for _ in range(20_000)]
    tally = tally_of(raw)
    ordered = sorted(raw)
    for percent in (1, 50, 90, 95, 99, 99.9):
        exact = ordered[max(0, round(percent / 100 * len(ordered)) - 1)] * 1e6
        assert tally.corrected.get_value_at_percentile(percent) == pytest.approx(exact, rel=1e-3)


@given(st.lists(st.integers(1, 50), min_size=1), st.floats(0.01, 1))
def test_a_quantile_of_counts_is_that_of_the_sorted_values(values: list[int], share: float) -> None:
    found = quantile({value: values.count(value) for value in values}, share)
    assert sum(value <= found for value in values) >= share * len(values)
    assert sum(value < found for value in values) < share * len(values)


def test_few_examples_of_a_failure_are_kept_however_often_it_comes() -> None:
    endpoint, failures = Endpoint("browse", "GET /x"), Failures()
    for number in range(100):
        failures.add(endpoint, "status 500", f"example {number}")
    both = Failures()
    both.merge(failures)
    both.merge(failures)
    assert both.counts[endpoint, "status 500"] == 200
    assert both.examples[endpoint, "status 500"] == ["example 0", "example 1", "example 2"]


def test_of_no_values_every_quantile_is_0() -> None:
    assert quantile({}, 0.5) == 0
    assert quantile({3: 1, 5: 1}, 0.5) == 3
