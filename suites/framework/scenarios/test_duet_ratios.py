from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from scenarios.duet import ratios
from scenarios.duet.ratios import Ratio, Word, blocks_needed, error_each, ratio_of, word_for

LOGS = st.lists(
    st.integers(-300, 300).filter(bool).map(lambda thousandths: thousandths / 1000),
    min_size=4,
    max_size=30,
    unique_by=abs,
)


@given(LOGS, st.sampled_from([0.2, 0.05, 0.01]))
def test_an_interval_excludes_one_exactly_when_the_signed_rank_test_rejects(
    logs: list[float], error: float
) -> None:
    ratio = ratio_of(logs, error)
    rejects = float(stats.wilcoxon(logs, method="exact").pvalue) <= error
    assert (ratio.low > 1 or ratio.high < 1) == rejects


@given(LOGS, st.floats(-0.2, 0.2))
def test_a_common_factor_moves_estimate_and_interval_alike(logs: list[float], shift: float) -> None:
    before, after = ratio_of(logs, 0.2), ratio_of([value + shift for value in logs], 0.2)
    factor = math.exp(shift)
    assert after.value == pytest.approx(before.value * factor)
    assert after.low == pytest.approx(before.low * factor)
    assert after.high == pytest.approx(before.high * factor)


@given(LOGS)
def test_the_other_way_round_everything_is_inverted(logs: list[float]) -> None:
    ratio, inverse = ratio_of(logs, 0.2), ratio_of([-value for value in logs], 0.2)
    assert inverse.value == pytest.approx(1 / ratio.value)
    assert inverse.low == pytest.approx(1 / ratio.high)


@given(LOGS)
def test_the_estimate_lies_within_its_interval(logs: list[float]) -> None:
    ratio = ratio_of(logs, 0.05)
    assert ratio.low <= ratio.value <= ratio.high


def test_the_estimate_is_the_median_of_pairwise_means() -> None:
    # pairs of 0, 2, 7 with themselves: 0, 1, 2, 3.5, 4.5, 7
    assert ratio_of([0.0, 2.0, 7.0], 0.5).value == pytest.approx(math.exp(2.75))


def test_a_third_of_wild_blocks_cannot_carry_the_estimate_away() -> None:
    calm = list(np.linspace(0.04, 0.06, 20))
    assert ratio_of([*calm, *[5.0] * 7], 0.01).value == pytest.approx(math.exp(0.05), rel=0.02)


def test_intervals_miss_no_more_often_than_they_say() -> None:
    chance = np.random.default_rng(1)
    trials, error = 4_000, 0.05
    missed = 0
    for _ in range(trials):
        # heavy tails and a drifting spread: only the sign is left to a fair coin
        size = np.abs(chance.standard_t(2, 20)) * np.linspace(0.5, 3, 20)
        ratio = ratio_of((chance.choice([-1, 1], 20) * size).tolist(), error)
        missed += not ratio.low <= 1 <= ratio.high
    assert missed <= stats.binom.ppf(0.9999, trials, error)
    assert missed >= stats.binom.ppf(0.0001, trials, error * 0.8)  # and is no wider than it need be


def test_the_bound_of_many_blocks_agrees_with_the_exact_one() -> None:
    count = ratios.EXACT_MAX + 1
    for tail in (0.05, 0.005, 0.0005):
        near = ratios._rank_below(count, tail)
        exact = int(np.searchsorted(ratios._chance_at_most(count), tail, side="right")) - 1
        assert near == pytest.approx(exact, abs=count)  # of 45,451 ranks
        assert near <= exact * 1.01


def test_an_allowance_widens_on_both_sides() -> None:
    logs = list(np.linspace(-0.01, 0.02, 30))
    plain, wider = ratio_of(logs, 0.01), ratio_of(logs, 0.01, allowance=0.01)
    assert wider.value == plain.value
    assert wider.low == pytest.approx(plain.low / 1.01)
    assert wider.high == pytest.approx(plain.high * 1.01)


@pytest.mark.parametrize("error", [0.01, 0.01 / 3, 0.01 / 45])
def test_too_few_blocks_bound_nothing(error: float) -> None:
    needed = blocks_needed(error)
    assert ratio_of([0.1] * needed, error).bounded
    few = ratio_of([0.1] * (needed - 1), error)
    assert not few.bounded
    assert (few.low, few.high) == (0.0, math.inf)
    assert word_for(few, few, 0.05) == "cannot tell"


@pytest.mark.parametrize("logs", [[], [math.nan], [0.1, math.inf]])
def test_nothing_and_no_numbers_are_refused(logs: list[float]) -> None:
    with pytest.raises(ValueError, match="finite logarithms"):
        ratio_of(logs, 0.01)


@pytest.mark.parametrize(
    ("low", "high", "band", "word"),
    [
        (1.001, 1.2, None, "slower"),
        (0.8, 0.999, None, "faster"),
        (0.99, 1.01, None, "cannot tell"),
        (0.99, 1.01, 0.05, "same"),
        (1.01, 1.02, 0.05, "same"),  # less than the band does not matter, says who named it
        (1.01, 1.06, 0.05, "slower"),
        (0.94, 0.99, 0.05, "faster"),
        (0.94, 1.06, 0.05, "cannot tell"),
        (1 / 1.05, 1.05, 0.05, "same"),
        (0.0, math.inf, 0.05, "cannot tell"),
    ],
)
def test_a_verdict_comes_from_the_whole_interval(
    low: float, high: float, band: float | None, word: Word
) -> None:
    ratio = Ratio(1.0, low, high, 50)
    assert word_for(ratio, ratio, band) == word


def test_an_alarm_needs_the_stricter_interval_too() -> None:
    ratio = Ratio(1.05, 1.01, 1.09, 50)
    assert word_for(ratio, Ratio(1.05, 1.001, 1.1, 50), None) == "slower"
    assert word_for(ratio, Ratio(1.05, 0.999, 1.1, 50), None) == "cannot tell"
    assert word_for(ratio, Ratio(1.05, 0.0, math.inf, 50), None) == "cannot tell"
    inverse = Ratio(0.95, 0.91, 0.99, 50)
    assert word_for(inverse, Ratio(0.95, 0.9, 1.001, 50), None) == "cannot tell"


def test_many_comparisons_share_the_chance_of_an_error() -> None:
    assert error_each(1) == pytest.approx(0.01)
    assert error_each(45) == pytest.approx(0.01 / 45)
    wide, narrow = (ratio_of(list(np.linspace(-1, 1, 40)), error_each(n)) for n in (45, 1))
    assert wide.low < narrow.low
    assert wide.high > narrow.high


@given(st.lists(st.floats(0, 10), min_size=1, max_size=50), st.sampled_from([0.5, 0.95]))
def test_a_quantile_is_the_value_of_the_nearest_rank(values: list[float], share: float) -> None:
    expected = sorted(values)[math.ceil(share * len(values)) - 1]
    assert ratios.nearest_rank(np.array(values), share) == expected


def test_of_no_values_there_is_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        ratios.nearest_rank(np.array([]), 0.5)
