"""What a value did over the runs: where it jumped, and where it creeps. Pure.

Jumps are the change points of Apache Otava: the algorithm of Fleming et al., "Hunter: Using Change
Point Detection to Hunt for Performance Regressions" (https://doi.org/10.1145/3578244.3583719).
Creep is a slope that no single run shows: Kendall's rank correlation with the order of the runs
says whether there is one, the Theil-Sen estimate how steep it is; neither minds outliers or shapes.

Both need NumPy and SciPy, which cost a second to load, so they are loaded where there is something
to look at: a run without a history does not pay for them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from reports.history import Entry, Value

FEWEST = 10  # runs below which nothing can be told from chance
MOST = 200  # runs back from now; what happened before was told before
CHANCE = 0.001
SMALLEST_JUMP = 0.05
SMALLEST_CREEP = 0.10
WINDOW = 50
LEVEL = 0.25  # rank correlation below which a stretch counts as level


@dataclass(frozen=True)
class Jump:
    """A change point: from the run `run` on, the mean was `after` and not `before` any more."""

    run: str
    commit: str
    before: float
    after: float
    worse: bool

    @property
    def change(self) -> float:
        """As a share of the size of the mean before; infinite where that was nothing."""
        risen = self.after - self.before
        return risen / abs(self.before) if self.before else math.copysign(math.inf, risen)


@dataclass(frozen=True)
class Creep:
    """A slope over `runs` runs: `change` in all, as a share of where it began.

    `runs_left` is how many more runs lead to the limit at this pace; None where it leads elsewhere.
    """

    runs: int
    change: float
    worse: bool
    runs_left: int | None


@dataclass(frozen=True)
class Trend:
    """One value over the runs, oldest first, the present one last."""

    name: str
    runs: tuple[str, ...]
    values: tuple[float, ...]
    unit: str
    op: str
    limit: float | None
    jumps: tuple[Jump, ...] = ()
    creep: Creep | None = None


def trends_of(entries: Sequence[Entry], now: Entry) -> dict[str, Trend]:
    """The trend of every value that the present run was judged by, over runs of any policy.

    A run that was judged under several policies measured once and is one point.
    """
    once = {entry.run: entry for entry in entries}
    recent = [*once.values()][-(MOST - 1) :]
    return {name: _trend(name, value, recent, now) for name, value in now.values.items()}


def _trend(name: str, value: Value, recent: Sequence[Entry], now: Entry) -> Trend:
    holders = [
        entry
        for entry in (*recent, now)
        if name in entry.values and entry.values[name].unit == value.unit
    ]
    values = tuple(entry.values[name].value for entry in holders)
    trend = Trend(
        name, tuple(entry.run for entry in holders), values, value.unit, value.op, value.limit
    )
    if len(values) < FEWEST or len(set(values)) == 1:
        return trend
    jumps = tuple(_jumps(holders, values, value.op))
    return Trend(
        name, trend.runs, values, value.unit, value.op, value.limit, jumps, _creep(trend, jumps)
    )


def _jumps(holders: Sequence[Entry], values: Sequence[float], op: str) -> list[Jump]:
    from otava.analysis import compute_change_points

    points, _ = compute_change_points(
        list(values), window_len=WINDOW, max_pvalue=CHANCE, min_magnitude=SMALLEST_JUMP
    )
    return [
        Jump(
            run=holders[point.index].run,
            commit=holders[point.index].commit,
            before=float(point.stats.mean_1),
            after=float(point.stats.mean_2),
            worse=_is_worse(op, float(point.stats.mean_2 - point.stats.mean_1)),
        )
        for point in points
    ]


def _creep(trend: Trend, jumps: Sequence[Jump]) -> Creep | None:
    """A slope over all runs looked at, unless what changed did so at jumps.

    A creep looks to Otava like small jumps in a row, so the runs between two jumps decide: they
    rise or fall where a value creeps, and lie level where it jumped.
    """
    from scipy import stats

    values = trend.values
    places = [0, *(trend.runs.index(jump.run) for jump in jumps), len(values)]
    order = range(len(values))
    whole = stats.kendalltau(order, values)
    if whole.pvalue > CHANCE or (jumps and not _between(values, places, bool(whole.statistic > 0))):
        return None
    fit = stats.theilslopes(values, order)
    slope, first = float(fit.slope), float(fit.intercept)
    change = slope * (len(values) - 1)
    if not first or abs(change / first) < SMALLEST_CREEP:
        return None
    return Creep(
        runs=len(values),
        change=change / abs(first),
        worse=_is_worse(trend.op, slope),
        runs_left=_runs_left(trend, slope, first + change),
    )


def _between(values: Sequence[float], places: Sequence[int], rising: bool) -> bool:
    """Whether the stretches between jumps go the same way as the whole, weighed by length."""
    from scipy import stats

    total = 0.0
    for begin, end in pairwise(places):
        if end - begin > 2 and len(set(values[begin:end])) > 1:
            tau = stats.kendalltau(range(end - begin), values[begin:end]).statistic
            total += tau * (end - begin)
    share = total / len(values)
    return share > LEVEL if rising else share < -LEVEL


def _runs_left(trend: Trend, slope: float, at: float) -> int | None:
    if trend.limit is None or not slope or not _is_worse(trend.op, slope):
        return None
    left = (trend.limit - at) / slope
    return max(int(left), 0) if left < 10_000 else None


def _is_worse(op: str, change: float) -> bool:
    """Whether a change leads towards the wrong side of a limit."""
    return change > 0 if op in ("<", "<=") else change < 0 if op in (">", ">=") else False
