from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.holds import Outcome
from scenarios.search import MOST_TRIALS, Bracket, Search, Trial, bracket_of


def searched(carries_per_s: float, *, blurred: float = 0.0, first: float = 50) -> list[Trial]:
    """Trials on a service that carries so much, and cannot tell within `blurred` of it."""
    search, trials = Search(first, 10), list[Trial]()
    while (wanted := search.next(trials)) is not None:
        rate, duration_s = wanted
        outcome: Outcome = "held" if rate <= carries_per_s else "broke"
        if abs(rate / carries_per_s - 1) < blurred:
            outcome = "unclear"
        trials.append(Trial(rate, duration_s, outcome))
    return trials


@given(st.floats(1, 10_000), st.floats(1, 1_000))
def test_the_bracket_holds_what_the_service_carries_and_is_a_tenth_wide(
    carries_per_s: float, first: float
) -> None:
    bracket = bracket_of(searched(carries_per_s, first=first))
    assert bracket.held_per_s is not None
    assert bracket.broke_per_s is not None
    assert bracket.held_per_s <= carries_per_s < bracket.broke_per_s
    assert bracket.broke_per_s <= bracket.held_per_s * 1.1


def test_a_trial_that_cannot_tell_is_done_again_for_twice_as_long_and_then_left() -> None:
    trials = searched(300, blurred=0.2)
    unclear = [(trial.rate_per_s, trial.duration_s) for trial in trials
               if trial.outcome == "unclear"]  # fmt: skip
    assert [duration_s for _, duration_s in unclear] == [10, 20] * (len(unclear) // 2)
    bracket = bracket_of(trials)
    assert bracket.held_per_s is not None
    assert bracket.broke_per_s is not None
    assert bracket.held_per_s < 300 < bracket.broke_per_s


def test_a_service_that_carries_nothing_and_one_that_carries_all_end_the_search() -> None:
    nothing = searched(0.001)
    assert bracket_of(nothing).held_per_s is None
    assert len(nothing) < MOST_TRIALS
    everything = searched(1e12)
    assert bracket_of(everything) == Bracket(50 * 2 ** (MOST_TRIALS - 1), None)


@pytest.mark.parametrize("order", [("held", "broke"), ("broke", "held")])
def test_a_rate_that_broke_once_did_not_hold(order: tuple[Outcome, Outcome]) -> None:
    trials = [Trial(10, 1, "held"), *(Trial(20, 1, outcome) for outcome in order)]
    assert bracket_of([*trials, Trial(30, 1, "held")]) == Bracket(10, 20)
