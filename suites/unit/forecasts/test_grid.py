from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.forecasts.grid import GOALS_MAX, RATE_MAX, RATE_MIN, chances

RATES = st.floats(0.0, 50.0, allow_nan=False)
TINY = 1e-12


@given(RATES, RATES)
def test_chances_are_chances_and_sum_to_one(home: float, away: float) -> None:
    found = chances(home, away)
    outcomes = (found.home, found.draw, found.away)
    assert all(0.0 <= chance <= 1.0 for chance in outcomes)
    assert sum(outcomes) == pytest.approx(1.0, abs=TINY)
    assert found.scores.shape == (GOALS_MAX + 1, GOALS_MAX + 1)
    assert found.scores.min() >= 0.0
    assert float(found.scores.sum()) == pytest.approx(1.0, abs=TINY)


@given(RATES, RATES)
def test_outcomes_are_the_sums_of_their_scores(home: float, away: float) -> None:
    found = chances(home, away)
    assert found.home == pytest.approx(float(np.tril(found.scores, -1).sum()), abs=TINY)
    assert found.draw == pytest.approx(float(np.trace(found.scores)), abs=TINY)
    assert found.away == pytest.approx(float(np.triu(found.scores, 1).sum()), abs=TINY)


@given(RATES, RATES)
def test_changing_sides_changes_the_chances_over(home: float, away: float) -> None:
    here, there = chances(home, away), chances(away, home)
    assert here.home == pytest.approx(there.away, abs=TINY)
    assert here.draw == pytest.approx(there.draw, abs=TINY)


@given(RATES, RATES, RATES)
def test_a_side_that_scores_more_never_gets_a_smaller_chance(
    home: float, stronger: float, away: float
) -> None:
    low, high = sorted((home, stronger))
    weak, strong = chances(low, away), chances(high, away)
    assert strong.home >= weak.home - TINY
    assert strong.away <= weak.away + TINY


@given(st.floats(RATE_MIN, 2.0), st.floats(RATE_MIN, 2.0))
def test_the_cut_takes_next_to_nothing_from_ordinary_rates(home: float, away: float) -> None:
    goalless = math.exp(-home) * math.exp(-away)
    assert chances(home, away).scores[0, 0] == pytest.approx(goalless, rel=1e-4)


@pytest.mark.parametrize("rate", [0.0, 1e-300, RATE_MAX, 1e300, math.inf])
def test_an_extreme_rate_still_gives_chances(rate: float) -> None:
    assert sum((found := chances(rate, 1.0)).scores.ravel()) == pytest.approx(1.0)
    assert 0.0 < found.home < 1.0
