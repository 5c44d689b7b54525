"""Whether two kinds of request take the same time: a paired comparison with an interval.

The two are measured in turns, so that whatever else the machine does meets both alike. What is
compared is the logarithm of each pair's ratio, by the interval of its median that order statistics
give (binomial, so without an assumption about the times' distribution).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import comb, exp, log


@dataclass(frozen=True)
class Ratio:
    """The median ratio of two times, with its interval at `confidence`, from `pairs` pairs."""

    value: float
    low: float
    high: float
    confidence: float
    pairs: int

    def lies_within(self, factor: float) -> bool:
        """Whether the whole interval lies between 1 / `factor` and `factor`."""
        return 1 / factor < self.low and self.high < factor

    def lies_outside(self, factor: float) -> bool:
        """Whether no part of the interval lies between 1 / `factor` and `factor`."""
        return self.high < 1 / factor or self.low > factor


def ratio(first_s: Sequence[float], second_s: Sequence[float], confidence: float = 0.99) -> Ratio:
    """How many times as long the first takes as the second. At least 8 pairs are needed."""
    logs = sorted(log(a / b) for a, b in zip(first_s, second_s, strict=True))
    rank = _rank(len(logs), confidence)
    middle = (logs[(len(logs) - 1) // 2] + logs[len(logs) // 2]) / 2
    return Ratio(exp(middle), exp(logs[rank]), exp(logs[-1 - rank]), confidence, len(logs))


def _rank(count: int, confidence: float) -> int:
    """The innermost rank whose interval still holds the median with `confidence`."""
    tail, rank = (1 - confidence) / 2, -1
    below = 0.0
    for successes in range(count // 2):
        below += comb(count, successes) / 2**count
        if below > tail:
            break
        rank = successes
    if rank < 0:
        raise ValueError(f"{count} pairs are too few for an interval at {confidence:.0%}")
    return rank
