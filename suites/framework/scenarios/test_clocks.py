from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.clocks import Exchange, Offset, offset_of

ways = st.tuples(st.floats(0, 2), st.floats(0, 2))


@given(st.floats(-1e6, 1e6), st.lists(ways, min_size=1, max_size=8))
def test_the_true_offset_is_within_the_uncertainty_however_unequal_the_ways(
    ahead: float, delays: list[tuple[float, float]]
) -> None:
    exchanges = [
        Exchange(sent=number, there=number + there + ahead, back=number + there + back)
        for number, (there, back) in enumerate(delays)
    ]
    found = offset_of(exchanges)
    assert abs(found.seconds - ahead) <= found.uncertainty_s + 1e-6
    assert found.uncertainty_s == pytest.approx(min(map(sum, delays)) / 2, abs=1e-9)


def test_clocks_that_drifted_apart_are_known_less_well() -> None:
    before, after = Offset(5.0, 0.001), Offset(5.004, 0.002)
    now = before.plus_drift_to(after)
    assert now.seconds == 5.0
    assert now.uncertainty_s == pytest.approx(0.006)


def test_a_clock_that_never_answered_is_not_guessed() -> None:
    with pytest.raises(ValueError, match="nothing is known"):
        offset_of([])
