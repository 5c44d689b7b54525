"""What two sides' interleaved readings say of their ratio: pure functions over numbers.

A block is four slices of requests, base-new-new-base or new-base-base-new by the toss of a coin, so
that a drift of the machine cancels within it. A block yields one number for each metric: the
logarithm of the new build's reading over the base's. Were the builds alike, the coin alone would
decide each number's sign: that is Fisher's randomisation (The Design of Experiments, 1935), and it
holds whatever the machine's noise looks like. Wilcoxon's signed-rank test is built on nothing else
(Individual comparisons by ranking methods, Biometrics Bulletin 1, 1945), so its error rate is exact
here. Inverted, it gives the interval; the estimate is the median of all pairwise means (Hodges and
Lehmann, Estimates of location based on rank tests, Ann. Math. Statist. 34, 1963), which a third of
wild blocks cannot move far. For the interval see Hollander and Wolfe, Nonparametric Statistical
Methods, section 3.3.

Many comparisons share the chance of an error (Bonferroni): all intervals of a run hold at once with
the confidence that is stated. Holm's procedure would be sharper as a test, but has no intervals.

A verdict of slower or faster asks for more: an interval that is wrong ten times less often than the
stated one must exclude 1 too. With the stated one alone, every hundredth run of two equal builds
would raise an alarm, and nobody would heed the next.

What a build's start leaves to chance, such as where its memory lies, makes two starts of one build
differ, and no repetition within these starts can show it (Mytkowicz, Diwan, Hauswirth and Sweeney,
Producing wrong data without doing anything obviously wrong, ASPLOS 2009). Each interval is widened
by an allowance for that, on both sides: as long as the builds' starts differ by no more, it covers.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

CONFIDENCE = 0.99
ALARM_CONFIDENCE = 0.999
EXACT_MAX = 300
Word = Literal["slower", "faster", "same", "cannot tell"]


@dataclass(frozen=True)
class Ratio:
    """The new build's reading over the base's: 1.05 is 5 % more. `blocks` numbers made it.

    `low` is 0 and `high` infinite where there were too few blocks for any bound.
    """

    value: float
    low: float
    high: float
    blocks: int

    @property
    def bounded(self) -> bool:
        """Whether there were blocks enough for an interval."""
        return self.low > 0 and math.isfinite(self.high)


def ratio_of(logs: Sequence[float], error: float, allowance: float = 0.0) -> Ratio:
    """The ratio that the blocks' logarithms agree on, and its interval.

    `error` is the chance at which the interval may miss, on both sides together; `allowance` is the
    share by which two starts of one build may differ, 0.01 for 1 %. Raises ValueError for no
    blocks, or for a number that is none.
    """
    values = np.asarray(logs, dtype=float)
    if not len(values) or not np.isfinite(values).all():
        raise ValueError("expected finite logarithms, one a block, at least one")
    means = pairwise_means(values)
    middle = float(np.median(means))
    outside = _rank_below(len(values), error / 2)
    if outside < 0:
        return Ratio(math.exp(middle), 0.0, math.inf, len(values))
    widened = math.log1p(allowance)
    low = float(means[outside]) - widened
    high = float(means[len(means) - 1 - outside]) + widened
    return Ratio(math.exp(middle), math.exp(low), math.exp(high), len(values))


def pairwise_means(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """The means of all pairs, each value with itself too, in ascending order."""
    first, second = np.triu_indices(len(values))
    return np.sort((values[first] + values[second]) / 2)


def _rank_below(count: int, tail: float) -> int:
    """The largest sum of ranks that chance stays at or below with at most `tail`; -1 for none.

    Exact up to `EXACT_MAX` blocks; beyond, the normal approximation with its continuity correction
    differs by less than one rank in the tails that are of use here.
    """
    if count > EXACT_MAX:
        mean = count * (count + 1) / 4
        spread = math.sqrt(count * (count + 1) * (2 * count + 1) / 24)
        return math.floor(mean - NormalDist().inv_cdf(1 - tail) * spread - 0.5)
    return int(np.searchsorted(_chance_at_most(count), tail, side="right")) - 1


@lru_cache(maxsize=64)
def _chance_at_most(count: int) -> NDArray[np.float64]:
    """The chance that the positive ranks of `count` fair signs add up to at most 0, 1, 2, ..."""
    chance = np.zeros(count * (count + 1) // 2 + 1)
    chance[0] = 1.0
    for rank in range(1, count + 1):
        shifted = np.zeros_like(chance)
        shifted[rank:] = chance[: len(chance) - rank]
        chance = (chance + shifted) / 2
    return np.cumsum(chance)


def error_each(comparisons: int, confidence: float = CONFIDENCE) -> float:
    """The chance of an error that each of so many comparisons may have (Bonferroni)."""
    return (1 - confidence) / max(1, comparisons)


def blocks_needed(error: float) -> int:
    """The fewest blocks that can bound a ratio at all: all of one sign is rarer than `error`."""
    return math.ceil(math.log2(2 / error))


def word_for(ratio: Ratio, alarm: Ratio, same_within: float | None) -> Word:
    """The verdict on one ratio; `same_within` is a share, 0.05 for 5 %.

    Same: the whole interval lies within the band, the two one-sided tests of Schuirmann (J.
    Pharmacokinet. Biopharm. 15, 1987); whoever names a band says that less does not matter, so this
    comes first. Slower and faster: all of `alarm`, the same ratio with the interval that alarms ask
    for, lies on one side of 1, and so does the narrower one.
    """
    if same_within is not None:
        widest = 1 + same_within
        if 1 / widest <= ratio.low and ratio.high <= widest:
            return "same"
    if min(ratio.low, alarm.low) > 1:
        return "slower"
    return "faster" if max(ratio.high, alarm.high) < 1 else "cannot tell"


def nearest_rank(values: NDArray[np.float64], share: float) -> float:
    """The quantile by nearest rank: a value that was seen. Raises ValueError for no values."""
    if not len(values):
        raise ValueError("no values")
    rank = max(1, math.ceil(len(values) * share))
    return float(np.partition(values, rank - 1)[rank - 1])
