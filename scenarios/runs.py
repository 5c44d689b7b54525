"""One run of load, ended or cut short, and the records that are made of its numbers."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from reports.evidence import Measurement, Series
from scenarios.histograms import Endpoint, Tally
from scenarios.intervals import Interval
from scenarios.observer import Observations
from scenarios.plan import Plan
from scenarios.wire import Result

MIX = "mix"


@dataclass(frozen=True)
class Run:
    """One run, ended or cut short.

    `generators` were to play it; `results` are what they handed over, also of those that were lost
    before the end. `ended_early` says why it was, if it was. The generators began together to
    within `clock_uncertainty_s`.
    """

    plan: Plan
    started: str
    generators: int
    results: tuple[Result, ...]
    observed: Observations
    clock_uncertainty_s: float = 0.0
    ended_early: str = ""

    @property
    def finished(self) -> tuple[Result, ...]:
        """The results of the generators that were not lost."""
        return tuple(result for result in self.results if result.finished)

    @property
    def lost(self) -> int:
        """Generators of which something is missing."""
        return self.generators - len(self.finished)

    @property
    def seconds(self) -> int:
        """The whole seconds that were measured."""
        return int(self.measured_s + 0.001)

    @property
    def measured_s(self) -> float:
        """How long was measured, by the generator that did so shortest and was not lost."""
        counted = self.finished or self.results
        return min((result.health.measured_s for result in counted), default=0.0)

    @property
    def tallies(self) -> Mapping[Endpoint, Tally]:
        """What was measured of each endpoint, all generators together."""
        together: dict[Endpoint, Tally] = {}
        for result in self.results:
            for endpoint, tally in result.tallies.items():
                together.setdefault(endpoint, Tally()).merge(tally)
        return together


def bounded(
    metric: str,
    value: float,
    unit: str,
    samples: int,
    interval: Interval,
    dimensions: Mapping[str, str] | None = None,
) -> Measurement:
    """A measurement with its interval, stretched where it must be to hold the value.

    An infinite end is left out, which says that it is not known.
    """
    return Measurement(
        metric=metric,
        value=value,
        unit=unit,
        samples=samples,
        low=min(value, interval.low),
        high=max(value, interval.high) if math.isfinite(interval.high) else None,
        confidence=interval.confidence,
        dimensions=dimensions or {},
    )


def series(
    run: Run,
    metric: str,
    unit: str,
    points: Iterable[tuple[float, float]],
    dimensions: Mapping[str, str] | None = None,
) -> Series:
    """A metric over the run's seconds, of the whole mix unless told otherwise."""
    rounded = tuple((round(float(at), 3), round(float(value), 6)) for at, value in points)
    return Series(
        metric=metric,
        unit=unit,
        start=run.started,
        points=rounded,
        dimensions={"scenario": MIX} if dimensions is None else dimensions,
    )
