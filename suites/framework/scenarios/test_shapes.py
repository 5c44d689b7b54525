from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios import shapes
from scenarios.shapes import Knot, Process, Shape

rates = st.floats(0.5, 40)
lengths = st.floats(0.5, 10)
processes: st.SearchStrategy[Process] = st.sampled_from(["even", "poisson"])


@st.composite
def any_shape(draw: st.DrawFn) -> Shape:
    return draw(
        st.one_of(
            st.builds(shapes.constant, rates, lengths),
            st.builds(shapes.ramp, st.one_of(st.just(0.0), rates), rates, lengths),
            st.builds(shapes.spike, rates, rates, lengths, lengths),
            st.builds(
                shapes.steps, rates, rates, count=st.integers(1, 8), step_s=st.floats(0.5, 10)
            ),
        )
    )


@given(any_shape())
def test_even_arrivals_are_as_many_as_the_rate_adds_up_to(shape: Shape) -> None:
    expected = shape.visits_by(shape.duration_s)
    assert sum(1 for _ in shape.arrivals("even")) == pytest.approx(expected, abs=0.51)


@given(any_shape(), processes, st.integers(0, 1_000))
def test_arrivals_are_in_order_and_within_the_shape(
    shape: Shape, process: Process, seed: int
) -> None:
    times = list(shape.arrivals(process, seed))
    assert times == sorted(times)
    assert all(0 <= at_s <= shape.duration_s for at_s in times)


@given(any_shape())
def test_the_arrivals_until_any_moment_follow_the_integral_of_the_rate(shape: Shape) -> None:
    for number, at_s in enumerate(shape.arrivals("even")):
        assert shape.visits_by(at_s) == pytest.approx(number + 0.5, abs=1e-3)


@given(any_shape(), st.floats(0, 1))
def test_the_rate_is_the_slope_of_the_visits(shape: Shape, share: float) -> None:
    at_s, step = share * shape.duration_s, 1e-6
    bends = [knot.at_s for knot in shape.knots]
    if any(abs(at_s - bend) < 2 * step for bend in bends):
        return
    slope = (shape.visits_by(at_s + step) - shape.visits_by(at_s)) / step
    assert slope == pytest.approx(shape.rate_at(at_s), rel=1e-2, abs=1e-2)


def test_poisson_arrivals_are_as_many_as_chance_allows_and_repeat_with_their_seed() -> None:
    shape = shapes.constant(100, 100)
    counts = [sum(1 for _ in shape.arrivals("poisson", seed)) for seed in range(20)]
    mean, deviation = sum(counts) / len(counts), math.sqrt(10_000 / len(counts))
    assert abs(mean - 10_000) < 4 * deviation
    assert len(set(counts)) > 1
    assert list(shape.arrivals("poisson", 7)) == list(shape.arrivals("poisson", 7))


def test_poisson_gaps_vary_as_exponential_ones_do() -> None:
    times = list(shapes.constant(100, 200).arrivals("poisson", 3))
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    mean = sum(gaps) / len(gaps)
    deviation = math.sqrt(sum((gap - mean) ** 2 for gap in gaps) / len(gaps))
    assert deviation / mean == pytest.approx(1, abs=0.05)


def test_a_spike_has_its_peak_in_the_middle_and_nowhere_else() -> None:
    shape = shapes.spike(10, 100, base_s=5, peak_s=2)
    assert [shape.rate_at(at_s) for at_s in (0, 4.9, 5, 6.9, 7, 12)] == [10, 10, 100, 100, 10, 10]
    assert shape.rate_at(-1) == shape.rate_at(12.1) == 0


def test_an_overridden_profile_keeps_its_form() -> None:
    profile = shapes.profile("spike").overridden(rate_per_s=30, duration_s=4)
    assert profile.shape.peak_per_s == pytest.approx(30)
    assert profile.shape.duration_s == pytest.approx(4)
    assert profile.shape.rate_at(0) == pytest.approx(5)


@pytest.mark.parametrize("profile", shapes.PROFILES, ids=lambda profile: profile.name)
def test_every_profile_lets_somebody_arrive(profile: shapes.Profile) -> None:
    assert profile.shape.visits_by(profile.shape.duration_s) >= 10


@pytest.mark.parametrize(
    "knots",
    [
        (),
        (Knot(0, 1),),
        (Knot(0, 1), Knot(0, 1)),
        (Knot(1, 1), Knot(2, 1)),
        (Knot(0, 1), Knot(5, 1), Knot(3, 1)),
        (Knot(0, 0), Knot(5, 0)),
        (Knot(0, -1), Knot(5, 2)),
        (Knot(0, math.nan), Knot(5, 2)),
        (Knot(0, math.inf), Knot(5, 2)),
    ],
)
def test_a_shape_that_cannot_be_played_is_refused(knots: tuple[Knot, ...]) -> None:
    with pytest.raises(ValueError, match="expected a"):
        Shape("faulty", knots)


def test_an_unknown_profile_is_answered_with_those_there_are() -> None:
    with pytest.raises(ValueError, match="no load profile 'sprint'; expected one of smoke, commit"):
        shapes.profile("sprint")
