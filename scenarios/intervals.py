"""Intervals of confidence for what a run measured, at 99 % unless told otherwise.

Latencies of neighbouring requests resemble each other: a slow second is slow for everybody in it.
Textbook intervals take them for independent and come out too narrow. So the seconds of a run are
resampled in blocks of neighbours, whole seconds with all that was due in them: the circular block
bootstrap (Politis and Romano, A circular block-resampling procedure for stationary data, 1992),
with blocks of the cube root of the number of seconds (Hall, Horowitz and Jing, On blocking rules
for the bootstrap with dependent data, Biometrika 82, 1995). A percentile's interval is never
narrower than the one that order statistics give to independent samples (Hahn and Meeker,
Statistical Intervals, 1991, section 5.2), which counts when there are few seconds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

CONFIDENCE = 0.99
RESAMPLES = 2_000
Counts = Mapping[int, int]


@dataclass(frozen=True)
class Interval:
    """Where the true value lies, with `confidence`."""

    low: float
    high: float
    confidence: float = CONFIDENCE


def percentiles(
    seconds: Sequence[Counts], shares: Sequence[float], seed: int = 0
) -> tuple[Interval, ...]:
    """Intervals of percentiles; `seconds` holds each second's counts of values.

    Where too little was counted to know an end, it is 0 or infinite. Raises ValueError where
    nothing was counted.
    """
    values = np.array(sorted({value for counts in seconds for value in counts}))
    if not len(values):
        raise ValueError("no samples")
    position = {int(value): index for index, value in enumerate(values)}
    table = np.zeros((len(seconds), len(values)))
    for row, counts in enumerate(seconds):
        for value, count in counts.items():
            table[row, position[value]] = count
    whole = np.cumsum(table.sum(axis=0))
    resampled = np.cumsum(_weights(len(seconds), seed) @ table, axis=1)
    return tuple(_percentile(values, whole, resampled, share) for share in shares)


def _percentile(
    values: NDArray[np.int64],
    whole: NDArray[np.float64],
    resampled: NDArray[np.float64],
    share: float,
) -> Interval:
    totals = resampled[:, -1]
    drawn = values[
        (resampled < np.ceil(share * totals)[:, None]).sum(axis=1).clip(0, len(values) - 1)
    ]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn[totals > 0], (tail, 1 - tail), method="closest_observation")
    rank_low, rank_high = ranks(int(whole[-1]), share)
    low = 0 if rank_low < 1 else min(low, values[np.searchsorted(whole, rank_low)])
    if rank_high > whole[-1]:
        return Interval(float(low), math.inf)
    return Interval(float(low), float(max(high, values[np.searchsorted(whole, rank_high)])))


def mean(readings: Sequence[float], seed: int = 0) -> Interval:
    """The interval of the mean of readings taken a second apart."""
    series = np.asarray(readings, dtype=float)
    drawn = _weights(len(series), seed) @ series / len(series)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return Interval(float(low), float(high))


def ratio_of_sums(parts: Sequence[float], wholes: Sequence[float], seed: int = 0) -> Interval:
    """The interval of a sum over another, both counted second by second: a cost, a share.

    The seconds are drawn in blocks, numerator and denominator of a second together. Raises
    ValueError where the whole is 0.
    """
    above, below = np.asarray(parts, dtype=float), np.asarray(wholes, dtype=float)
    if below.sum() <= 0:
        raise ValueError("no samples")
    weights = _weights(len(below), seed)
    drawn_below = weights @ below
    drawn = (weights @ above)[drawn_below > 0] / drawn_below[drawn_below > 0]
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return Interval(float(low), float(high))


def share(hits: Sequence[float], totals: Sequence[float], seed: int = 0) -> Interval:
    """The interval of a share whose hits and totals are counted second by second.

    Failures and misses come in bursts, for which exact intervals of independent trials are too
    narrow; where nothing varies the bootstrap says nothing, and the exact interval does. So it is
    the wider of both on either side. Raises ValueError where nothing was counted.
    """
    exact = ratio(round(sum(hits)), round(sum(totals)))
    drawn = ratio_of_sums(hits, totals, seed)
    return Interval(min(exact.low, drawn.low), max(exact.high, drawn.high))


def slope(
    positions: Sequence[float], readings: Sequence[float], seed: int = 0
) -> tuple[float, Interval]:
    """How much a reading grows for each 1 of a position, with its interval.

    The line is that of least squares. Its residuals resemble their neighbours, so they are drawn in
    blocks and put back on the line (Davison and Hinkley, Bootstrap Methods and their Application,
    1997, sections 6.2.3 and 8.2.3). Raises ValueError for fewer than 8 readings or one position.
    """
    at, seen = np.asarray(positions, dtype=float), np.asarray(readings, dtype=float)
    centred = at - at.mean() if len(at) else at
    spread = float(centred @ centred)
    if len(at) < 8 or spread <= 0:
        raise ValueError("too few readings for a slope")
    value = float(centred @ seen) / spread
    residuals = seen - seen.mean() - value * centred
    residuals *= math.sqrt(len(at) / (len(at) - 2))  # two were used up by the line
    drawn = residuals[_draws(len(at), seed)] @ centred / spread
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn - drawn.mean(), (tail, 1 - tail))
    return value, Interval(value + float(low), value + float(high))


def ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks, from 1, of the order statistics between which a percentile lies.

    0, or one more than there are, where too few were counted for one to be on that side of it.
    """
    tail = (1 - CONFIDENCE) / 2
    low = _binomial_quantile(tail, count, share)
    return low, _binomial_quantile(1 - tail, count, share) + 1


def enough_s(
    seconds: float, count: int, share: float, value: float, interval: Interval, within: float
) -> float:
    """How many seconds like these make a percentile known to `within`, a part of its value.

    Half an interval shrinks with the square root of the time. Below the number of samples that
    bounds the percentile at all, that number decides.
    """
    tail = (1 - CONFIDENCE) / 2
    rarer = min(share, 1 - share)
    bounding = math.log(tail) / math.log(1 - rarer)
    least = seconds * (bounding + 1) / max(1, count)
    if value <= 0 or not math.isfinite(interval.high):
        return least
    off = max(interval.high - value, value - interval.low) / value
    return max(least, seconds * (off / within) ** 2)


def _binomial_quantile(probability: float, count: int, share: float) -> int:
    """The smallest number of successes that at least `probability` of all trials do not exceed."""
    low, high = -1, count
    while high - low > 1:
        middle = (low + high) // 2
        enough = special.bdtr(middle, count, share) >= probability
        low, high = (low, middle) if enough else (middle, high)
    return high


def ratio(hits: int, total: int) -> Interval:
    """The interval of a share: exact, by Clopper and Pearson (Biometrika 26, 1934).

    Raises ValueError when `total` is 0.
    """
    if total < 1:
        raise ValueError("no samples")
    tail = (1 - CONFIDENCE) / 2
    low = special.betaincinv(hits, total - hits + 1, tail) if hits else 0.0
    high = special.betaincinv(hits + 1, total - hits, 1 - tail) if hits < total else 1.0
    return Interval(float(low), float(high))


def _weights(seconds: int, seed: int) -> NDArray[np.float64]:
    """How often each second is drawn in each resample: a row a resample."""
    weights = np.zeros((RESAMPLES, seconds))
    np.add.at(weights, (np.arange(RESAMPLES)[:, None], _draws(seconds, seed)), 1.0)
    return weights


def _draws(seconds: int, seed: int) -> NDArray[np.int64]:
    """The seconds of each resample, block by block: a row a resample."""
    if seconds < 1:
        raise ValueError("no seconds")
    block = math.ceil(seconds ** (1 / 3))
    blocks = math.ceil(seconds / block)
    starts = np.random.default_rng(seed).integers(0, seconds, size=(RESAMPLES, blocks))
    drawn = (starts[:, :, None] + np.arange(block)) % seconds
    drawn = drawn.reshape(RESAMPLES, -1)[:, :seconds]
    return np.asarray(drawn, dtype=np.int64)
