"""What a generator counts between two reports: cheap to add to, small to send, exact to add up.

A generator keeps no histogram. It counts in the histograms' own buckets and hands its counts over
each second, so that what it measured until a moment outlives it, and whoever gathers them has the
same histograms as if everything had been measured in one place.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from hdrh.histogram import HdrHistogram

from scenarios.histograms import Tally, bucket_of, microseconds


@dataclass
class Counts:
    """What one endpoint answered. Seconds and buckets are those of `histograms.Tally`."""

    by_second: dict[int, Counter[int]] = field(default_factory=lambda: defaultdict(Counter))
    uncorrected: Counter[int] = field(default_factory=Counter)
    failed_by_second: Counter[int] = field(default_factory=Counter)
    finished_by_second: Counter[int] = field(default_factory=Counter)

    def add(self, intended_s: float, corrected_s: float, uncorrected_s: float, ok: bool) -> None:
        """Count one request that was due at `intended_s`."""
        second = int(intended_s)
        self.by_second[second][bucket_of(microseconds(corrected_s))] += 1
        self.uncorrected[bucket_of(microseconds(uncorrected_s))] += 1
        self.finished_by_second[int(intended_s + corrected_s)] += 1
        if not ok:
            self.failed_by_second[second] += 1

    def pour_into(self, tally: Tally) -> None:
        """Add these counts to a tally; it becomes what it would be had it counted them itself."""
        for second, counts in self.by_second.items():
            tally.by_second[second].update(counts)
            pour(counts, tally.corrected)
        pour(self.uncorrected, tally.uncorrected)
        tally.failed_by_second.update(self.failed_by_second)
        tally.finished_by_second.update(self.finished_by_second)

    def to_plain(self) -> dict[str, Any]:
        """As a message takes it."""
        return {
            "by_second": {second: dict(counts) for second, counts in self.by_second.items()},
            "uncorrected": dict(self.uncorrected),
            "failed_by_second": dict(self.failed_by_second),
            "finished_by_second": dict(self.finished_by_second),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Counts:
        """What `to_plain` wrote."""
        counts = cls(
            uncorrected=Counter(plain["uncorrected"]),
            failed_by_second=Counter(plain["failed_by_second"]),
            finished_by_second=Counter(plain["finished_by_second"]),
        )
        for second, values in plain["by_second"].items():
            counts.by_second[second] = Counter(values)
        return counts


def pour(counts: Mapping[int, int], histogram: HdrHistogram) -> None:
    """Add counts of buckets to a histogram."""
    for value, count in counts.items():
        histogram.record_value(value, count)
