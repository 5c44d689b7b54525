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

    Raises ValueError where nothing was counted.
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
    at_low, at_high = np.searchsorted(whole, (rank_low, rank_high))
    return Interval(float(min(low, values[at_low])), float(max(high, values[at_high])))


def mean(readings: Sequence[float], seed: int = 0) -> Interval:
    """The interval of the mean of readings taken a second apart."""
    series = np.asarray(readings, dtype=float)
    drawn = _weights(len(series), seed) @ series / len(series)
    tail = (1 - CONFIDENCE) / 2
    low, high = np.quantile(drawn, (tail, 1 - tail))
    return Interval(float(low), float(high))


def ranks(count: int, share: float) -> tuple[int, int]:
    """The ranks, from 1, of the order statistics between which a percentile lies."""
    tail = (1 - CONFIDENCE) / 2
    low = _binomial_quantile(tail, count, share)
    high = _binomial_quantile(1 - tail, count, share) + 1
    return max(1, low), min(count, high)


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
    if seconds < 1:
        raise ValueError("no seconds")
    block = math.ceil(seconds ** (1 / 3))
    blocks = math.ceil(seconds / block)
    starts = np.random.default_rng(seed).integers(0, seconds, size=(RESAMPLES, blocks))
    drawn = (starts[:, :, None] + np.arange(block)) % seconds
    drawn = drawn.reshape(RESAMPLES, -1)[:, :seconds]
    weights = np.zeros((RESAMPLES, seconds))
    np.add.at(weights, (np.arange(RESAMPLES)[:, None], drawn), 1.0)
    return weights
