"""Limits that whoever starts a run hands over in words, so that it can end at them.

A run does not know what was promised. A caller who does may say so, as in ``--hold p95<200ms``:
then the run can end as soon as a limit is beyond reach, or look for the rate up to which limits
hold. Both steer what is measured and how long; what is recorded is judged by others.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from scenarios.histograms import microseconds
from scenarios.moments import Moment

Outcome = Literal["held", "broke", "unclear"]
LEAST_ANSWERS = 100  # before them, nobody knows how many requests a visit makes
DOUBT = 1.5  # visits to come may make so many times as many requests as those until now
ERRORS = "http_error_ratio"
_WORDS = re.compile(
    r"(?P<what>[a-z_]+|p\d+(?:\.\d+)?|http_latency_p\d+(?:\.\d+)?_ms)\s*(?P<op><=?)\s*"
    r"(?P<number>\d+(?:\.\d+)?(?:e-?\d+)?)\s*(?P<unit>ms|s|%|)"
)
_PERCENTILE = re.compile(r"(?:http_latency_)?p(?P<percent>\d+(?:\.\d+)?)(?:_ms)?")
_UNITS: Mapping[str, float] = {"": 1.0, "ms": 1.0, "s": 1000.0}


class HoldError(ValueError):
    """A limit in words that are not understood; the message says what is."""


@dataclass(frozen=True)
class Hold:
    """A percentile of latency in milliseconds, or the share of requests that fail, and its limit.

    `percent` is None for the share that fails.
    """

    percent: float | None
    op: str
    limit: float

    def __str__(self) -> str:
        return f"{self.metric} {self.op} {self.limit:g}"

    @property
    def metric(self) -> str:
        """The name under which a run records it."""
        return ERRORS if self.percent is None else f"http_latency_p{self.percent:g}_ms"

    @property
    def may_break(self) -> float:
        """The share of requests that may be beyond the limit while it holds."""
        return self.limit if self.percent is None else 1 - self.percent / 100

    def outcome(self, low: float | None, high: float | None) -> Outcome:
        """What a whole interval says of the limit."""
        bottom, top = low or 0.0, math.inf if high is None else high
        ends = [self._keeps(bottom), self._keeps(top)]
        return "held" if all(ends) else "unclear" if any(ends) else "broke"

    def beyond(self, moment: Moment) -> int:
        """How many of a run's requests have been beyond the limit until now."""
        if self.percent is None:
            return moment.failed
        limit_us = microseconds(self.limit / 1000)
        return sum(
            count for value, count in moment.latencies_so_far.items() if not value <= limit_us
        )

    def _keeps(self, value: float) -> bool:
        return value < self.limit if self.op == "<" else value <= self.limit


def parse(words: str) -> tuple[Hold, ...]:
    """Limits in words, with commas between them. Raises HoldError."""
    return tuple(_parse_one(part.strip()) for part in words.split(","))


def _parse_one(words: str) -> Hold:
    match = _WORDS.fullmatch(words)
    wanted = "expected limits like p95<200ms or errors<0.1%"
    if match is None:
        raise HoldError(f"{wanted}, found {words!r}")
    number, unit = float(match["number"]), match["unit"]
    if match["what"] in ("errors", ERRORS):
        ratio = number / 100 if unit == "%" else number
        if unit not in ("", "%") or not 0 < ratio <= 1:
            raise HoldError(f"{wanted}, a share from 0 to 1 or a percentage, found {words!r}")
        return Hold(None, match["op"], ratio)
    percentile = _PERCENTILE.fullmatch(match["what"])
    if percentile is None or not 0 < float(percentile["percent"]) < 100:
        raise HoldError(f"{wanted}: percentiles of latency or {ERRORS}, found {words!r}")
    if unit == "%" or number <= 0:
        raise HoldError(f"{wanted}, in ms or s, found {words!r}")
    return Hold(float(percentile["percent"]), match["op"], number * _UNITS[unit])


@dataclass(frozen=True)
class Abort:
    """A watcher that ends a run once a limit cannot be kept any more, whatever is still to come."""

    holds: tuple[Hold, ...]

    def __call__(self, moment: Moment) -> str:
        """Why the run shall end; nothing while every limit may yet be kept."""
        if moment.answered < LEAST_ANSWERS:
            return ""
        each_visit = moment.answered / max(1, moment.started)
        to_come = (moment.visits_to_come + moment.waiting) * each_visit * DOUBT
        at_most = moment.answered + to_come
        for hold in self.holds:
            beyond = hold.beyond(moment)
            if beyond > hold.may_break * at_most:
                return (
                    f"{hold} cannot be kept any more: {beyond:,} requests are beyond it, and of "
                    f"at most {at_most:,.0f} by the end {hold.may_break * at_most:,.0f} might be"
                )
        return ""


def outcome_of(outcomes: Iterable[Outcome]) -> Outcome:
    """One that broke breaks all; all must hold for all to hold."""
    found = set(outcomes)
    if "broke" in found:
        return "broke"
    return "held" if found == {"held"} else "unclear"
