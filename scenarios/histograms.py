"""What was measured of each endpoint: histograms that do not round, and the same second by second.

Latencies are whole microseconds in HdrHistogram's buckets: three digits, so a value is at most
0.1 % off, from 1 microsecond to 10 minutes. Merging adds counts and loses nothing.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from hdrh.histogram import HdrHistogram

DIGITS = 3
HIGHEST_US = 600_000_000
EXAMPLES_KEPT = 3
_BUCKET_BITS = 11  # 2,048 sub-buckets are what three digits take


def new_histogram() -> HdrHistogram:
    """An empty histogram of microseconds; every one here has the same buckets."""
    return HdrHistogram(1, HIGHEST_US, DIGITS)


def bucket_of(value_us: int) -> int:
    """The lowest value of the histogram's bucket that holds `value_us`."""
    shift = max(0, value_us.bit_length() - _BUCKET_BITS)
    return value_us >> shift << shift


def microseconds(seconds: float) -> int:
    """A latency as the histograms take it: at least 1, at most their highest value."""
    value = round(seconds * 1e6)
    return value if 1 <= value <= HIGHEST_US else min(max(1, value), HIGHEST_US)


def quantile(counts: Mapping[int, int], share: float) -> int:
    """The smallest value that at least `share` of the counted ones do not exceed; 0 of none."""
    wanted = math.ceil(share * sum(counts.values()))
    for value in sorted(counts):
        wanted -= counts[value]
        if wanted <= 0:
            return value
    return 0


class Endpoint(NamedTuple):
    """Which journey asked, and what: `operation` is method and route, like GET /api/teams."""

    scenario: str
    operation: str


@dataclass
class Tally:
    """What one endpoint answered. Seconds are whole ones since the measured part began.

    Latencies and failures stand at the second in which the request was due, so that a stall shows
    where it was suffered; `finished_by_second` counts where the answers came.
    """

    corrected: HdrHistogram = field(default_factory=new_histogram)
    uncorrected: HdrHistogram = field(default_factory=new_histogram)
    by_second: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    failed_by_second: Counter[int] = field(default_factory=Counter)
    finished_by_second: Counter[int] = field(default_factory=Counter)

    @property
    def count(self) -> int:
        """Requests answered or failed."""
        return int(self.corrected.get_total_count())

    @property
    def failed(self) -> int:
        """Requests without an expected answer."""
        return self.failed_by_second.total()

    def add(self, intended_s: float, corrected_s: float, uncorrected_s: float, ok: bool) -> None:
        """Count one request that was due at `intended_s`."""
        second, value = int(intended_s), microseconds(corrected_s)
        self.corrected.record_value(value)
        self.uncorrected.record_value(microseconds(uncorrected_s))
        self.by_second[second][bucket_of(value)] += 1
        self.finished_by_second[int(intended_s + corrected_s)] += 1
        if not ok:
            self.failed_by_second[second] += 1

    def merge(self, other: Tally) -> None:
        """Add another tally's counts to this one; exact."""
        self.corrected.add(other.corrected)
        self.uncorrected.add(other.uncorrected)
        for second, counts in other.by_second.items():
            self.by_second[second].update(counts)
        self.failed_by_second.update(other.failed_by_second)
        self.finished_by_second.update(other.finished_by_second)


def merged(tallies: Iterable[Tally]) -> Tally:
    """A new tally with the counts of all."""
    total = Tally()
    for tally in tallies:
        total.merge(tally)
    return total


@dataclass
class Failures:
    """Answers that no journey expected, by endpoint and reason, with a few examples of each."""

    counts: Counter[tuple[Endpoint, str]] = field(default_factory=Counter)
    examples: dict[tuple[Endpoint, str], list[str]] = field(default_factory=dict)

    def add(self, endpoint: Endpoint, reason: str, example: str) -> None:
        """Count one; `reason` must come from a small set, `example` may say anything."""
        self.counts[endpoint, reason] += 1
        kept = self.examples.setdefault((endpoint, reason), [])
        if len(kept) < EXAMPLES_KEPT:
            kept.append(example)

    def merge(self, other: Failures) -> None:
        """Add another's counts, and its examples as far as there is room."""
        self.counts.update(other.counts)
        for key, examples in other.examples.items():
            kept = self.examples.setdefault(key, [])
            kept += examples[: EXAMPLES_KEPT - len(kept)]

    def to_plain(self) -> list[dict[str, Any]]:
        """As a message takes it."""
        return [
            {
                "scenario": endpoint.scenario,
                "operation": endpoint.operation,
                "reason": reason,
                "count": count,
                "examples": self.examples.get((endpoint, reason), []),
            }
            for (endpoint, reason), count in self.counts.items()
        ]

    @classmethod
    def from_plain(cls, plain: Iterable[Mapping[str, Any]]) -> Failures:
        """What `to_plain` wrote."""
        failures = cls()
        for row in plain:
            key = (Endpoint(row["scenario"], row["operation"]), str(row["reason"]))
            failures.counts[key] = row["count"]
            failures.examples[key] = list(row["examples"])
        return failures
