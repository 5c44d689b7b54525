from __future__ import annotations

import math
import random
from collections.abc import Sequence

import pytest

from reports.history import Entry, Value
from reports.trends import FEWEST, MOST, Jump, Trend, trends_of


def trend(values: Sequence[float], op: str = "<", limit: float | None = 200.0) -> Trend:
    entries = [
        Entry(
            run=f"r{n:03}", began=f"{n:03}", judged_at="", policy="commit", release="GO",
            commit=f"c{n:03}",
            values={"fast m": Value(value=value, unit="ms", op=op, limit=limit)},
        )
        for n, value in enumerate(values)
    ]  # fmt: skip
    return trends_of(entries[:-1], entries[-1])["fast m"]


def noise(seed: int, count: int, mean: float = 100.0, spread: float = 2.0) -> list[float]:
    source = random.Random(seed)  # noqa: S311 - noise, not secrets
    return [source.gauss(mean, spread) for _ in range(count)]


def test_a_jump_is_found_at_its_run_with_its_size() -> None:
    found = trend([*noise(1, 30), *noise(2, 30, mean=120)])
    (jump,) = found.jumps
    assert abs(int(jump.run[1:]) - 30) <= 1
    assert jump.commit == f"c{jump.run[1:]}"
    assert jump.change == pytest.approx(0.2, abs=0.03)
    assert jump.worse


@pytest.mark.parametrize("seed", range(10))
def test_noise_is_neither_a_jump_nor_a_creep(seed: int) -> None:
    found = trend(noise(seed, 60))
    assert (found.jumps, found.creep) == ((), None)


def test_a_creep_that_no_run_shows_is_named_with_the_runs_left_to_the_limit() -> None:
    values = [value + n * 0.5 for n, value in enumerate(noise(3, 80, spread=3))]
    found = trend(values)
    assert found.creep is not None
    assert found.creep.worse
    assert found.creep.change == pytest.approx(0.4, abs=0.1)
    assert found.creep.runs_left == pytest.approx(120, abs=40)


def test_a_creep_away_from_the_limit_is_not_worse_and_leads_nowhere() -> None:
    found = trend([value - n * 0.5 for n, value in enumerate(noise(3, 80, spread=3))])
    assert found.creep is not None
    assert (found.creep.worse, found.creep.runs_left) == (False, None)


@pytest.mark.parametrize(
    ("op", "risen", "fallen"),
    [("<", True, False), ("<=", True, False), (">", False, True), (">=", False, True),
     ("==", False, False)],
)  # fmt: skip
def test_which_way_is_worse_is_the_objectives_to_say(op: str, risen: bool, fallen: bool) -> None:
    for mean, worse in ((130, risen), (70, fallen)):
        (jump,) = trend([*noise(1, 30), *noise(2, 30, mean=mean)], op=op).jumps
        assert jump.worse is worse


@pytest.mark.parametrize("op", [">", ">="])
def test_a_creep_down_to_a_lower_limit_is_worse_and_leads_there(op: str) -> None:
    falling = [value - n * 0.5 for n, value in enumerate(noise(3, 80, spread=3))]
    found = trend(falling, op=op, limit=40.0)
    assert found.creep is not None
    assert found.creep.worse
    assert found.creep.runs_left == pytest.approx(40, abs=20)


@pytest.mark.parametrize("values", [[1.0], [5.0] * 40, noise(1, FEWEST - 1)])
def test_too_little_says_nothing(values: list[float]) -> None:
    found = trend(values)
    assert (found.jumps, found.creep) == ((), None)


def test_a_first_leak_is_a_jump_from_nothing() -> None:
    (jump,) = trend([0.0] * 30 + [1.0], op="==", limit=0.0).jumps
    assert (jump.before, jump.change) == (0, float("inf"))


@pytest.mark.parametrize("seed", range(5))
def test_two_jumps_the_same_way_are_no_creep(seed: int) -> None:
    steps = [*noise(seed, 30), *noise(seed + 50, 30, mean=120), *noise(seed + 99, 30, mean=140)]
    found = trend(steps)
    assert len(found.jumps) == 2
    assert found.creep is None


def test_only_the_last_runs_are_looked_at() -> None:
    assert len(trend(noise(1, MOST + 50)).values) == MOST


@pytest.mark.parametrize(
    ("before", "after", "change"),
    [(-100.0, -120.0, -0.2), (-100.0, -80.0, 0.2), (100.0, 80.0, -0.2), (-1.0, 1.0, 2.0),
     (0.0, 1.0, math.inf), (0.0, -1.0, -math.inf)],
)  # fmt: skip
def test_what_rises_from_below_nothing_has_risen(
    before: float, after: float, change: float
) -> None:
    jump = Jump(run="r", commit="", before=before, after=after, worse=False)
    assert jump.change == pytest.approx(change)


def test_a_run_that_was_judged_under_two_policies_is_one_point() -> None:
    values = {"fast m": Value(value=1.0, unit="ms")}
    twice = [
        Entry(run=f"r{n}", began=str(n), judged_at="", policy=policy, release="GO", values=values)
        for n in range(5)
        for policy in ("commit", "release")
    ]
    assert trends_of(twice[:-2], twice[-1])["fast m"].runs == ("r0", "r1", "r2", "r3", "r4")


def test_values_in_another_unit_are_another_series() -> None:
    old = Entry(run="a", began="1", judged_at="", policy="", release="",
                values={"fast m": Value(value=1.0, unit="s")})  # fmt: skip
    now = Entry(run="b", began="2", judged_at="", policy="", release="",
                values={"fast m": Value(value=1000.0, unit="ms")})  # fmt: skip
    assert trends_of([old], now)["fast m"].values == (1000.0,)


def test_a_drift_too_small_to_matter_is_none() -> None:
    assert trend([100 + n * 0.001 for n in range(60)]).creep is None
