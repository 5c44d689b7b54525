"""Load shapes and profiles as frozen values: how many visits arrive, and exactly when.

A shape is a piecewise linear rate over time. Its arrivals are fixed before the first request is
sent and depend on the shape, the process and the seed alone, never on an answer: that is what makes
the load an open model. Times are seconds since the measured part began, rates visits a second.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any, Literal

Process = Literal["poisson", "even"]


@dataclass(frozen=True)
class Knot:
    """The rate at a moment. Two knots at one moment make a step."""

    at_s: float
    rate_per_s: float


@dataclass(frozen=True)
class Shape:
    """A rate over time, linear between its knots.

    Raises ValueError unless the knots start at 0, never go back in time, never fall below a rate
    of 0, last longer than nothing and let at least some visit arrive.
    """

    kind: str
    knots: tuple[Knot, ...]

    def __post_init__(self) -> None:
        times = [knot.at_s for knot in self.knots]
        if len(times) < 2 or times[0] != 0 or times != sorted(times) or times[-1] <= 0:
            raise ValueError(f"{self.kind}: expected a duration above 0 s, found knots at {times}")
        rates = [knot.rate_per_s for knot in self.knots]
        if min(rates) < 0 or max(rates) <= 0 or not all(map(math.isfinite, (*rates, *times))):
            raise ValueError(f"{self.kind}: expected a rate above 0 per second, found {rates}")

    @property
    def duration_s(self) -> float:
        """How long visits keep arriving."""
        return self.knots[-1].at_s

    @property
    def peak_per_s(self) -> float:
        """The highest rate."""
        return max(knot.rate_per_s for knot in self.knots)

    def rate_at(self, at_s: float) -> float:
        """The rate at a moment; 0 outside the shape. At a step, the rate after it."""
        if not 0 <= at_s <= self.duration_s:
            return 0.0
        if at_s == self.duration_s:
            return self.knots[-1].rate_per_s
        start, end = next(pair for pair in self._segments() if pair[0].at_s <= at_s < pair[1].at_s)
        share = (at_s - start.at_s) / (end.at_s - start.at_s)
        return start.rate_per_s + share * (end.rate_per_s - start.rate_per_s)

    def visits_by(self, at_s: float) -> float:
        """How many visits are expected until a moment: the integral of the rate."""
        total = 0.0
        for start, end in self._segments():
            within = min(at_s, end.at_s) - start.at_s
            if within <= 0:
                break
            slope = (end.rate_per_s - start.rate_per_s) / (end.at_s - start.at_s)
            total += within * (start.rate_per_s + slope * within / 2)
        return total

    def arrivals(self, process: Process = "poisson", seed: int = 0) -> Iterator[float]:
        """The intended starts, in order. `even` spaces them by the rate, `poisson` by chance.

        Both are a process of rate 1 carried through the inverse of `visits_by`, which turns a
        unit Poisson process into one of the shape's rate (Cinlar, Introduction to Stochastic
        Processes, 1975, chapter 4.7).
        """
        next_gap = _gaps(process, seed)
        due, passed = next_gap(True), 0.0
        for start, end in self._segments():
            length = end.at_s - start.at_s
            mass = length * (start.rate_per_s + end.rate_per_s) / 2
            slope = (end.rate_per_s - start.rate_per_s) / length
            while due < passed + mass:
                yield min(start.at_s + _time_for(due - passed, start.rate_per_s, slope), end.at_s)
                due += next_gap(False)
            passed += mass

    def scaled(self, peak_per_s: float | None = None, duration_s: float | None = None) -> Shape:
        """The same shape with another peak or length; every knot moves along."""
        height = 1.0 if peak_per_s is None else peak_per_s / self.peak_per_s
        length = 1.0 if duration_s is None else duration_s / self.duration_s
        knots = (Knot(knot.at_s * length, knot.rate_per_s * height) for knot in self.knots)
        return Shape(self.kind, tuple(knots))

    def _segments(self) -> Iterator[tuple[Knot, Knot]]:
        for start, end in zip(self.knots, self.knots[1:], strict=False):
            if end.at_s > start.at_s:
                yield start, end


def _gaps(process: Process, seed: int) -> Callable[[bool], float]:
    if process == "poisson":
        chance = random.Random(seed)  # noqa: S311 - a schedule, not a secret
        return lambda _first: chance.expovariate(1.0)
    return lambda first: 0.5 if first else 1.0


def _time_for(visits: float, rate_per_s: float, slope: float) -> float:
    """When a segment that starts at a rate and changes by `slope` has let `visits` arrive."""
    root = math.sqrt(max(0.0, rate_per_s * rate_per_s + 2 * slope * visits))
    return 2 * visits / (rate_per_s + root) if visits > 0 else 0.0


def constant(rate_per_s: float, duration_s: float) -> Shape:
    """One rate throughout."""
    return Shape("constant", (Knot(0, rate_per_s), Knot(duration_s, rate_per_s)))


def ramp(from_per_s: float, to_per_s: float, duration_s: float) -> Shape:
    """A rate that rises, or falls, evenly."""
    return Shape("ramp", (Knot(0, from_per_s), Knot(duration_s, to_per_s)))


def spike(base_per_s: float, peak_per_s: float, base_s: float, peak_s: float) -> Shape:
    """A calm, a sudden peak, and a calm again in which the service must recover."""
    back = base_s + peak_s
    knots = (
        Knot(0, base_per_s),
        Knot(base_s, base_per_s),
        Knot(base_s, peak_per_s),
        Knot(back, peak_per_s),
        Knot(back, base_per_s),
        Knot(back + base_s, base_per_s),
    )
    return Shape("spike", knots)


def stress(usual_per_s: float, peak_per_s: float, usual_s: float, rise_s: float) -> Shape:
    """The usual, a rise far above it, the peak held as long as it took to rise, and the usual."""
    peak_at, back = usual_s + rise_s, usual_s + 2 * rise_s
    knots = (
        Knot(0, usual_per_s),
        Knot(usual_s, usual_per_s),
        Knot(peak_at, peak_per_s),
        Knot(back, peak_per_s),
        Knot(back, usual_per_s),
        Knot(back + usual_s, usual_per_s),
    )
    return Shape("stress", knots)


def soak(rate_per_s: float, duration_s: float, rise_s: float) -> Shape:
    """A gentle rise, then one rate for a long time."""
    return Shape("soak", (Knot(0, 0), Knot(rise_s, rate_per_s), Knot(duration_s, rate_per_s)))


def steps(first_per_s: float, last_per_s: float, count: int, step_s: float) -> Shape:
    """Stairs: `count` rates from the first to the last, each held for `step_s`."""
    rise = (last_per_s - first_per_s) / max(1, count - 1)
    knots: list[Knot] = []
    for number in range(count):
        rate = first_per_s + number * rise
        knots += [Knot(number * step_s, rate), Knot((number + 1) * step_s, rate)]
    return Shape("steps", tuple(knots))


@dataclass(frozen=True)
class Profile:
    """A shape and all that belongs to playing it.

    `warm_up_s` is played before the measured part at its first rate, and not recorded.
    `think_s` is the mean pause between two steps of a visit. `log_ins_per_s` arrive beside the
    shape, whatever its rate, because hashing a password is meant to cost.
    """

    name: str
    shape: Shape
    purpose: str
    process: Process = "poisson"
    log_ins_per_s: float = 1.0
    warm_up_s: float = 3.0
    think_s: float = 0.0
    timeout_s: float = 10.0
    connections: int = 128
    visits_at_once_max: int = 5_000

    def overridden(
        self,
        *,
        rate_per_s: float | None = None,
        duration_s: float | None = None,
        knots: tuple[Knot, ...] = (),
        **changed: Any,
    ) -> Profile:
        """The profile with another peak rate or length, another course, or any other field changed.

        Fields that are None stay as they are. Raises ValueError as Shape does.
        """
        shape = Shape("knots", knots) if knots else self.shape
        given = {name: value for name, value in changed.items() if value is not None}
        return replace(self, shape=shape.scaled(rate_per_s, duration_s), **given)


# A visit of the mix is 3.6 requests on average, so 75 visits a second are about 275 requests.
PROFILES: tuple[Profile, ...] = (
    Profile("smoke", constant(5, 5), "does the line work at all?", warm_up_s=1.0),
    Profile("commit", constant(75, 30), "what every push must show, in 30 s"),
    Profile("steady", constant(300, 60), "about 1,100 requests a second for a minute"),
    Profile("ramp", ramp(10, 400, 60), "where does it begin to hurt?"),
    Profile("spike", spike(50, 300, 15, 10), "a sudden crowd, and the recovery after it"),
    Profile("steps", steps(50, 400, 8, 10), "stairs: how does latency grow with the rate?"),
    Profile("stress", stress(100, 900, 15, 30), "far above the usual: what gives, does it heal?"),
    Profile(
        "breakpoint", constant(50, 10), "how much is too much? needs --hold; the rate is the first"
    ),
    Profile("soak", soak(75, 1_800, 60), "half an hour: does anything grow?"),
)
BY_NAME = {profile.name: profile for profile in PROFILES}


def profile(name: str) -> Profile:
    """The profile of that name. Raises ValueError that lists those there are."""
    if name not in BY_NAME:
        known = ", ".join(BY_NAME)
        raise ValueError(f"there is no load profile {name!r}; expected one of {known}")
    return BY_NAME[name]
