"""Two ways of doing one thing, timed in turns, so that a busy machine troubles both alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from fixtures.evidence import Evidence

PAIRS = 41
CONFIDENCE = 0.99
_REACH = 2.576  # standard deviations of a two-sided 99 %
_BATCH_S = 0.002


@dataclass(frozen=True)
class Spread:
    """A median of `samples` values, and the interval that holds it with 99 % confidence."""

    median: float
    low: float
    high: float
    samples: int


def spread(values: Sequence[float]) -> Spread:
    """The median with the order statistics around it: nothing is assumed of the values' shape."""
    ordered = sorted(values)
    count = len(ordered)
    reach = _REACH * count**0.5 / 2
    low, high = int(count / 2 - reach), int(count / 2 + reach)
    return Spread(
        statistics.median(ordered), ordered[max(low, 0)], ordered[min(high, count - 1)], count
    )


@dataclass(frozen=True)
class Comparison:
    """How long `ours` takes, in microseconds, and as a share of what its peer takes."""

    ours_us: Spread
    share: Spread

    def record(self, evidence: Evidence, what: str, against: str) -> None:
        """Two measurements: `bench_time_us` and `bench_time_share`."""
        _measure(evidence, "bench_time_us", "us", self.ours_us, what=what)
        _measure(evidence, "bench_time_share", "ratio", self.share, what=what, against=against)


def compare(ours: Callable[[], object], peer: Callable[[], object]) -> Comparison:
    """Time both, one after the other, many times."""
    ours_repeats, peer_repeats = _repeats(ours), _repeats(peer)
    times, shares = [], []
    for _ in range(PAIRS):
        mine, theirs = _seconds(ours, ours_repeats), _seconds(peer, peer_repeats)
        times.append(mine * 1e6)
        shares.append(mine / theirs)
    return Comparison(spread(times), spread(shares))


def _repeats(work: Callable[[], object]) -> int:
    work()
    return max(1, int(_BATCH_S / max(_seconds(work, 1), 1e-9)))


def _seconds(work: Callable[[], object], repeats: int) -> float:
    began = perf_counter()
    for _ in range(repeats):
        work()
    return (perf_counter() - began) / repeats


def _measure(evidence: Evidence, metric: str, unit: str, found: Spread, **dimensions: str) -> None:
    evidence.measure(
        metric, found.median, unit, samples=found.samples, low=found.low, high=found.high,
        confidence=CONFIDENCE, **dimensions,
    )  # fmt: skip
