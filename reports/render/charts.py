"""Series as SVG geometry: ticks at round numbers, lines as paths, nothing left to a browser."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from reports.evidence import LayerEvidence, Series
from reports.render.rows import exact
from reports.render.strokes import Point, Strokes, strokes_of
from reports.render.view import Chart, Line, Tick
from reports.wording import Scale, labelled, scale_of

WIDTH, HEIGHT = 560, 180
MOST_LINES = 6
MOST_OPEN = 8
MOST_POINTS = 400
MOST_IN_PATH = 200  # the page is read as a whole, and the pack holds the others
DOT = 1.6
_TINY, _HUGE = 1e-300, 1e300
_QUANTILE = re.compile(r"_p\d+(?:\.\d+)?(?=_|$)")
_BREAKS: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.ge, "<=": operator.gt, ">": operator.le, ">=": operator.lt,
}  # fmt: skip


@dataclass(frozen=True)
class Limit:
    """What an objective asks of a metric, in the metric's unit."""

    op: str
    value: float

    def is_broken_by(self, value: float) -> bool:
        """Whether the value is on the wrong side; an exact limit has no sides."""
        return self.op in _BREAKS and _BREAKS[self.op](value, self.value)


def charts_of(
    evidence: Sequence[LayerEvidence], limits: Mapping[str, Limit] = MappingProxyType({})
) -> tuple[Chart, ...]:
    """One chart a metric of a layer, one line for each of its quantiles and dimensions.

    All times count from the start of the first series of a layer, so that charts share an axis. A
    series in the unit `mark` is no line: its moments stand on every chart over time, under its
    dimensions' words. `limits` are by the metric's name, in its unit.
    """
    charts: list[Chart] = []
    for layer in evidence:
        records = [r for r in layer.records if isinstance(r, Series) and r.points]
        shifts = _shifts(records)
        lines = [_shifted(record, shift) for record, shift in zip(records, shifts, strict=True)]
        marks = [_mark(item, at) for item in lines if item.is_of_marks for at, _ in item.points]
        groups: dict[tuple[str, str], list[Series]] = {}
        for item in lines:
            if not item.is_of_marks:
                groups.setdefault((_QUANTILE.sub("", item.metric), item.unit), []).append(item)
        charts += [
            _chart(layer.layer, title, group, limits, marks) for (title, _), group in groups.items()
        ]
    return tuple(charts)


def split(charts: Sequence[Chart]) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The numbers of the charts to show at once and of the others.

    Those that were promised a limit come first; a producer names what matters most before the rest.
    """
    by_weight = sorted(range(len(charts)), key=lambda number: charts[number].limit is None)
    shown = set(by_weight[:MOST_OPEN])
    return tuple(sorted(shown)), tuple(sorted(set(by_weight) - shown))


def _shifts(records: Sequence[Series]) -> list[float]:
    """How many seconds after the first series each one began; 0 where a start is not known."""
    starts = [_moment(record.start) for record in records]
    first = min((start for start in starts if start is not None), default=None)
    return [
        0.0 if start is None or first is None or record.is_by_percentile
        else (start - first).total_seconds()
        for record, start in zip(records, starts, strict=True)
    ]  # fmt: skip


def _moment(start: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(start)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _shifted(record: Series, shift: float) -> Series:
    points = tuple(sorted((round(time + shift, 3), value) for time, value in record.points))
    return replace(record, points=points)


def _mark(item: Series, at: float) -> Tick:
    return Tick(at=at, text=" ".join(item.dimensions.values()) or item.metric)


def _chart(
    layer: str,
    title: str,
    group: Sequence[Series],
    limits: Mapping[str, Limit],
    marks: Sequence[Tick],
) -> Chart:
    by_height = sorted(group, key=lambda item: -max(value for _, value in item.points))
    shown = by_height[:MOST_LINES]
    scale = scale_of(group[0].unit, max(value for item in shown for _, value in item.points))
    percentile = group[0].is_by_percentile
    drawn = [_strokes(item, float(scale.factor)) for item in shown]
    limit = next((limits[item.metric] for item in shown if item.metric in limits), None)
    x = sorted({at for line in drawn for at in line.moments})
    plot = _plot(drawn, x)
    at_limit = limit.value * float(scale.factor) if limit else None
    return Chart(
        title=title,
        layer=layer,
        unit=scale.unit,
        width=WIDTH,
        height=HEIGHT,
        lines=tuple(
            _line(item, line, x, plot, scale, limit)
            for item, line in zip(shown, drawn, strict=True)
        ),
        x_ticks=tuple(_x_ticks(percentile, plot.end, plot.across)),
        y_ticks=tuple(Tick(at=plot.up(at), text=f"{at:,g}") for at in plot.y_ticks),
        more_lines=len(group) - len(shown),
        x=tuple(round(at, 4) for at in x),
        marks=() if percentile else (*_warm_up(x), *marks, *_breaches(group, limits)),
        limit=at_limit,
        limit_at=plot.up(at_limit) if at_limit is not None and plot.holds(at_limit) else None,
        limit_text=_limit_said(shown, limits, scale),
        axis="percentile" if percentile else "time",
    )


def _strokes(item: Series, factor: float) -> Strokes:
    across = percentile_place if item.is_by_percentile else float
    points = [(across(at), value * factor) for at, value in item.points]
    return strokes_of(points, MOST_POINTS, whole=item.is_by_percentile)


@dataclass(frozen=True)
class _Plot:
    """Where moments and values stand in the drawing, `WIDTH` by `HEIGHT`, 0 at the left and top."""

    begin: float
    end: float
    bottom: float
    top: float
    y_ticks: tuple[float, ...]

    def across(self, at: float) -> float:
        """Where a moment stands."""
        return round(WIDTH * (at - self.begin) / (self.end - self.begin), 1)

    def up(self, value: float) -> float:
        """Where a value stands; 0 is the top."""
        return round(HEIGHT * (1 - (value - self.bottom) / (self.top - self.bottom)), 1)

    def holds(self, value: float) -> bool:
        """Whether a value stands within the drawing."""
        return self.bottom <= value <= self.top


def _plot(lines: Sequence[Strokes], x: Sequence[float]) -> _Plot:
    values = [value for line in lines for _, value in line.points]
    low, high = min(0.0, *values), max(0.0, *values)
    ticks = _y_ticks(low, high)
    return _Plot(min(x[0], 0.0), max(x[-1], 1e-9), min(ticks[0], low), max(ticks[-1], high), ticks)


def _y_ticks(low: float, high: float) -> tuple[float, ...]:
    """Round ticks as far as both ends, 0 among them; below 0 only where there are values."""
    ticks = round_ticks(max(high, -low), 2)
    up, down = (sum(tick < end for tick in ticks) for end in (high, -low))
    return (*(-tick for tick in reversed(ticks[1 : down + 1])), *ticks[: max(up, 1) + 1])


def _x_ticks(percentile: bool, end: float, place: Callable[[float], float]) -> Iterator[Tick]:
    if percentile:
        for share in (0.0, 50.0, 90.0, 99.0, 99.9, 99.99):
            if percentile_place(share) <= end:
                yield Tick(at=place(percentile_place(share)), text=f"{share:g} %")
        return
    for at in [tick for tick in round_ticks(end, 3) if tick <= end]:
        yield Tick(at=place(at), text=f"{at:g} s")


def percentile_place(percent: float) -> float:
    """Where a percentile stands on its axis: each further nine is as far as the one before."""
    return -math.log10(max(1 - percent / 100, 1e-6))


def _warm_up(x: Sequence[float]) -> Iterator[Tick]:
    if x[0] < 0:
        yield Tick(at=0.0, text="warm-up ends")


def _breaches(group: Sequence[Series], limits: Mapping[str, Limit]) -> Iterator[Tick]:
    """The first moment at which each line left the right side of its limit."""
    for item in group:
        limit = limits.get(item.metric)
        if limit is None:
            continue
        over = (at for at, value in item.points if at >= 0 and limit.is_broken_by(value))
        first = next(over, None)
        if first is not None:
            yield Tick(at=first, text=f"{item.metric} past its limit")


def _line(
    item: Series,
    drawn: Strokes,
    x: Sequence[float],
    plot: _Plot,
    scale: Scale,
    limit: Limit | None,
) -> Line:
    marks = (limit.value,) if limit else ()
    known = dict(drawn.points)
    return Line(
        name=_name(item, _QUANTILE.sub("", item.metric)),
        path="".join(_path(piece, plot) for piece in drawn.thinned(MOST_IN_PATH).pieces),
        last=scale.show(item.points[-1][1], *marks),
        peak=scale.show(max(value for _, value in item.points), *marks),
        values=tuple(_rounded(known.get(at)) for at in x),
        gaps=tuple((round(begin, 4), round(end, 4)) for begin, end in drawn.gaps),
    )


def _path(piece: Sequence[Point], plot: _Plot) -> str:
    """A piece of a line as SVG path data; a lone value is a dot as wide as the line."""
    points = " ".join(f"{plot.across(at):g},{plot.up(value):g}" for at, value in piece)
    return f"M{points}" if len(piece) > 1 else f"M{points}h{DOT}"


def _limit_said(shown: Sequence[Series], limits: Mapping[str, Limit], scale: Scale) -> str:
    """`p95 limit 200 ms`, of the line that it is for; empty where no line has one."""
    metric = next((item.metric for item in shown if item.metric in limits), None)
    if metric is None:
        return ""
    quantile = _QUANTILE.search(metric)
    of = f"{quantile[0].strip('_')} " if quantile else ""
    return f"{of}limit {exact(scale, limits[metric].value)}"


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _name(item: Series, metric: str) -> str:
    values = list(item.dimensions.values())
    name = values[0] if len(values) == 1 else labelled("", item.dimensions).strip("{}") or metric
    if quantile := _QUANTILE.search(item.metric):
        name = f"{quantile[0].strip('_')} {name}"
    return name


def round_ticks(top: float, wanted: int) -> tuple[float, ...]:
    """Ticks from 0 in steps of 1, 2 or 5 times a power of ten, the last at `top` or above."""
    if not _TINY < top < _HUGE:
        return (0.0, top if top >= _HUGE else 1.0)
    raw = top / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    return tuple(round(step * index, 12) for index in range(math.ceil(top / step - 1e-9) + 1))
