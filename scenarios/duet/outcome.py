"""What a duet found: each endpoint's ratios with their verdicts, from what was measured: pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.duet.blocks import SIDES, TAIL_REQUESTS, Metric, Side
from scenarios.duet.measuring import Tally
from scenarios.duet.ratios import (
    ALARM_CONFIDENCE,
    CONFIDENCE,
    Ratio,
    Word,
    blocks_needed,
    error_each,
    nearest_rank,
    ratio_of,
    word_for,
)

NOTHING_READ = {
    "p50": "no block was measured: measure longer",
    "p95": f"fewer than {TAIL_REQUESTS} requests a side: measure longer",
    "cpu": "a process ended meanwhile, or spent nothing that can be read",
}


@dataclass(frozen=True)
class Rules:
    """How to compare: which metrics, within which band a difference does not matter (None: every
    difference does), and the share by which two starts of one build may differ. All intervals of a
    run hold at once with `confidence`, and no alarm of it is false with `alarm_confidence`.
    """

    metrics: tuple[Metric, ...]
    same_within: float | None = None
    allowance: float = 0.0
    confidence: float = CONFIDENCE
    alarm_confidence: float = ALARM_CONFIDENCE


@dataclass(frozen=True)
class Comparison:
    """One metric of one endpoint. `ratio` is None where there is nothing to compare: see `why`."""

    endpoint: str
    metric: Metric
    ratio: Ratio | None
    word: Word
    requests: int
    why: str = ""


@dataclass(frozen=True)
class Outcome:
    """All comparisons of a run; `rules` says how sure they are together."""

    comparisons: tuple[Comparison, ...]
    rules: Rules

    def of(self, word: Word) -> tuple[Comparison, ...]:
        """Those with this verdict."""
        return tuple(item for item in self.comparisons if item.word == word)

    @property
    def unbounded(self) -> tuple[Comparison, ...]:
        """Those that could not be made."""
        return tuple(item for item in self.comparisons if item.why)

    @property
    def uncompared(self) -> dict[str, str]:
        """The endpoints of which no metric could be compared, with the first reason."""
        bounded = {item.endpoint for item in self.comparisons if not item.why}
        found: dict[str, str] = {}
        for item in self.unbounded:
            if item.endpoint not in bounded:
                found.setdefault(item.endpoint, item.why)
        return found


def judge(tallies: Sequence[Tally], rules: Rules, planned: int | None = None) -> Outcome:
    """Compare every endpoint in every metric.

    `planned` is the number of comparisons that share the chance of an error, where it is not that
    of these: an endpoint that dropped out still counts, for it was looked at.
    """
    shared = planned or len(tallies) * len(rules.metrics)
    found = [
        _compare(tally, metric, rules, shared) for tally in tallies for metric in rules.metrics
    ]
    return Outcome(tuple(found), rules)


def _compare(tally: Tally, metric: Metric, rules: Rules, shared: int) -> Comparison:
    name, kept = tally.endpoint.name, tally.counts.kept
    logs = tally.series.logs(metric) if not tally.fault else []
    if tally.fault or not logs:
        why = tally.fault or NOTHING_READ[metric]
        return Comparison(name, metric, None, "cannot tell", kept, why)
    error = error_each(shared, rules.confidence)
    ratio = ratio_of(logs, error, rules.allowance)
    if not ratio.bounded:
        why = f"{ratio.blocks} blocks, at least {blocks_needed(error)} needed: measure longer"
        return Comparison(name, metric, ratio, "cannot tell", kept, why)
    alarm = ratio_of(logs, error_each(shared, rules.alarm_confidence), rules.allowance)
    return Comparison(name, metric, ratio, word_for(ratio, alarm, rules.same_within), kept)


def reading(tally: Tally, metric: Metric, side: Side) -> float | None:
    """One side's own value over all kept requests, in seconds; None where it is not known."""
    if metric == "cpu":
        spent = [block.cpu_s[side] for block in tally.series.blocks if side in block.cpu_s]
        return sum(spent) / len(spent) if spent else None
    values = tally.series.latencies_s(side)
    return nearest_rank(values, 0.5 if metric == "p50" else 0.95) if len(values) else None


def readings(tally: Tally, metric: Metric) -> dict[Side, float]:
    """Both sides' values in seconds; empty unless both are known."""
    found = {side: reading(tally, metric, side) for side in SIDES}
    known = {side: value for side, value in found.items() if value is not None}
    return known if len(known) == len(SIDES) else {}
