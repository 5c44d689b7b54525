"""Percentiles and confidence intervals: pure functions, each with its source.

Intervals are two-sided at the confidence that is asked for, a share below 1 (0.99 is 99 %).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scipy import stats


@dataclass(frozen=True)
class Interval:
    """A confidence interval, in the unit of its values. `confidence` is what was asked for."""

    low: float
    high: float
    confidence: float


def percentile(values: Sequence[float], share: float) -> float:
    """The quantile by nearest rank: the smallest value with at least `share` of all at or below it.

    It is always a value that was seen. Source: Hyndman and Fan 1996, "Sample Quantiles in
    Statistical Packages", definition 1. Raises ValueError for no values or a share outside 0..1.
    """
    ordered = _ordered(values)
    if not 0 <= share <= 1:
        raise ValueError(f"a percentile's share lies from 0 to 1, found {share}")
    # 0.95 * 20 is 19.000000000000004 in binary: without care a rank too high.
    rank = math.ceil(round(share * len(ordered), 9))
    return ordered[max(rank, 1) - 1]


def quantile_interval(
    values: Sequence[float], share: float, confidence: float = 0.99
) -> Interval | None:
    """The interval of a quantile between two order statistics, whatever the distribution.

    The number of values below the quantile is binomial, so the ends are the order statistics at
    its quantiles. Where too few values exist to bound it on a side, there is no interval: None.
    Source: David and Nagaraja 2003, "Order Statistics", section 7.1.
    """
    ordered = _ordered(values)
    _check_confidence(confidence)
    if not 0 < share < 1:
        raise ValueError(f"a quantile with an interval lies between 0 and 1, found {share}")
    tail = (1 - confidence) / 2
    below = stats.binom(len(ordered), share)
    first = int(below.ppf(tail))  # P(X < first) < tail
    last = int(below.ppf(1 - tail)) + 1
    if first < 1 or last > len(ordered):
        return None
    return Interval(ordered[first - 1], ordered[last - 1], confidence)


def median_interval(values: Sequence[float], confidence: float = 0.99) -> Interval | None:
    """The order-statistic interval of the median; None for fewer values than it takes."""
    return quantile_interval(values, 0.5, confidence)


def proportion_interval(hits: int, total: int, confidence: float = 0.99) -> Interval:
    """The exact interval of a proportion: 0 failures of 3,000 do not prove a rate of 0.

    Source: Clopper and Pearson 1934, "The Use of Confidence or Fiducial Limits Illustrated in the
    Case of the Binomial", by quantiles of the beta distribution. Raises ValueError for counts that
    cannot be.
    """
    _check_confidence(confidence)
    if total < 1 or not 0 <= hits <= total:
        raise ValueError(f"expected hits of a total, found {hits} of {total}")
    tail = (1 - confidence) / 2
    low = 0.0 if hits == 0 else float(stats.beta.ppf(tail, hits, total - hits + 1))
    high = 1.0 if hits == total else float(stats.beta.ppf(1 - tail, hits + 1, total - hits))
    return Interval(low, high, confidence)


def mean_interval(values: Sequence[float], confidence: float = 0.99) -> Interval | None:
    """Student's interval of a mean; None for fewer than two values.

    Holds for values that are near normal, or many. Source: Student 1908, "The Probable Error of a
    Mean".
    """
    ordered = _ordered(values)
    _check_confidence(confidence)
    if len(ordered) < 2:
        return None
    mean = math.fsum(ordered) / len(ordered)
    spread = math.sqrt(math.fsum((v - mean) ** 2 for v in ordered) / (len(ordered) - 1))
    reach = float(stats.t.ppf((1 + confidence) / 2, len(ordered) - 1))
    error = reach * spread / math.sqrt(len(ordered))
    return Interval(mean - error, mean + error, confidence)


def _ordered(values: Sequence[float]) -> list[float]:
    if not values:
        raise ValueError("no values, so no statistic")
    if not all(math.isfinite(value) for value in values):
        raise ValueError("expected finite values, found NaN or an infinity")
    return sorted(values)


def _check_confidence(confidence: float) -> None:
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence lies between 0 and 1, found {confidence}")
