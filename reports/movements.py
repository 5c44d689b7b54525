"""What moved when an objective broke: the layer's series, ranked by how much they changed.

Where the series of the metric itself is there, its seconds beyond the limit are held against the
others. For every other series the chance is counted that it was higher in a second of the first
kind than in one of the second (the common-language effect size of McGraw and Wong, Psychological
Bulletin 111, 1992; ties count half). That asks nothing of a series' unit or shape: 1 and -1 mean
that the two kinds of seconds do not overlap at all, 0 that they look alike. It shows what to look
at first, not what was the cause.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import median

from reports.clauses.limits import COMPARE
from reports.evidence import Series
from reports.verdicts import Broke, Moved, Reading
from reports.wording import labelled

LEAST_SECONDS = 3  # of either kind; fewer say nothing
LEAST_EFFECT = 0.5
MOST, MOST_PARTS = 8, 3
PARTS = "operation_"  # of what broke; they come first, and do not crowd out the rest
_QUANTILE = re.compile(r"_p\d+(?:\.\d+)?(?=_|$)")
_WHOLE: Mapping[str, str] = {"scenario": "mix"}
Points = Mapping[int, float]


@dataclass(frozen=True)
class _Split:
    """The seconds in which it was broken, those to hold against them, and how they were told."""

    broken: frozenset[int]
    other: frozenset[int]
    said: str


def broke(reading: Reading, metric: str, series: Iterable[Series]) -> Broke | None:
    """When a measurement was beyond its limit and what moved with it; None where nothing tells."""
    found = list(series)
    own = [item for item in found if item.metric == metric and dict(item.dimensions) == _WHOLE]
    if reading.limit is None or reading.op not in COMPARE or not own:
        return None
    split = _split(_points(own[0]), reading.op, reading.limit)
    if split is None:
        return None
    family = _QUANTILE.sub("", metric)
    moved = [
        change
        for item in found
        if _QUANTILE.sub("", item.metric) != family
        and not (item.is_by_percentile or item.is_of_marks)
        and (change := _moved(item, split)) is not None
        and abs(change.effect) >= LEAST_EFFECT
    ]
    moved.sort(key=lambda change: -abs(change.effect))
    parts = [item for item in moved if item.series.startswith(PARTS)]
    others = [item for item in moved if item not in parts]
    return Broke(metric=metric, when=split.said, moved=(*parts[:MOST_PARTS], *others[:MOST]))


def _points(series: Series) -> Points:
    return {round(at): value for at, value in series.points}


def _split(own: Points, op: str, limit: float) -> _Split | None:
    broken = frozenset(at for at, value in own.items() if not COMPARE[op](value, limit))
    other = frozenset(own) - broken
    if not broken:
        return None
    seconds = f"in {len(broken)} of {len(own)} seconds, first at {min(broken)} s"
    if len(broken) < LEAST_SECONDS:
        return _Split(frozenset(), frozenset(), f"beyond the limit {seconds}: too few to compare")
    if len(other) >= LEAST_SECONDS:
        return _Split(broken, other, f"beyond the limit {seconds}; beside the other seconds")
    third = len(own) // 3
    if third < LEAST_SECONDS:
        return None
    from_good = sorted(own, key=lambda at: own[at] if op in ("<", "<=") else -own[at])
    said = "beyond the limit nearly throughout; its worst third beside its best"
    return _Split(frozenset(from_good[-third:]), frozenset(from_good[:third]), said)


def _moved(series: Series, split: _Split) -> Moved | None:
    points = _points(series)
    during = [points[at] for at in split.broken if at in points]
    otherwise = [points[at] for at in split.other if at in points]
    if len(during) < LEAST_SECONDS or len(otherwise) < LEAST_SECONDS:
        return None
    others = {name: value for name, value in series.dimensions.items() if name not in _WHOLE}
    return Moved(
        series=labelled(series.metric, others),
        unit=series.unit,
        otherwise=median(otherwise),
        during=median(during),
        effect=_effect(during, otherwise),
    )


def _effect(during: Sequence[float], otherwise: Sequence[float]) -> float:
    higher = sum((a > b) - (a < b) for a in during for b in otherwise)
    return higher / (len(during) * len(otherwise))
