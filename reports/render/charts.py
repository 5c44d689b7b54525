"""Series as SVG geometry: ticks at round numbers, lines as points, nothing left to a browser."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType

from reports.evidence import LayerEvidence, Series
from reports.render.view import Chart, Line, Tick
from reports.wording import labelled, scale_of

WIDTH, HEIGHT = 560, 180
MOST_LINES = 6
MOST_OPEN = 8
MOST_POINTS = 400
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
    factor = float(scale.factor)
    percentile = group[0].is_by_percentile
    across = percentile_place if percentile else float
    lines = {
        id(item): [(across(at), max(value, 0.0) * factor)
                   for at, value in thinned(item.points, MOST_POINTS)]
        for item in shown
    }  # fmt: skip
    limit = next((limits[item.metric] for item in shown if item.metric in limits), None)
    x = sorted({at for points in lines.values() for at, _ in points})
    begin, end = min(x[0], 0.0), max(x[-1], 1e-9)
    top = max(value for points in lines.values() for _, value in points)
    y_ticks = round_ticks(top, 2)
    y_end = max(y_ticks[-1], top)

    def place(at: float) -> float:
        return round(WIDTH * (at - begin) / (end - begin), 1)

    return Chart(
        title=title,
        layer=layer,
        unit=scale.unit,
        width=WIDTH,
        height=HEIGHT,
        lines=tuple(
            _line(item, lines[id(item)], x, place, y_end, scale.unit, title) for item in shown
        ),
        x_ticks=tuple(_x_ticks(percentile, end, place)),
        y_ticks=tuple(
            Tick(at=round(HEIGHT * (1 - at / y_end), 1), text=f"{at:,g}") for at in y_ticks
        ),
        more_lines=len(group) - len(shown),
        x=tuple(round(at, 4) for at in x),
        marks=() if percentile else (*_warm_up(x), *marks, *_breaches(group, limits)),
        limit=limit.value * factor if limit else None,
        axis="percentile" if percentile else "time",
    )


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
    points: Sequence[tuple[float, float]],
    x: Sequence[float],
    place: Callable[[float], float],
    y_end: float,
    unit: str,
    metric: str,
) -> Line:
    inside = " ".join(f"{place(at)},{HEIGHT * (1 - value / y_end):.1f}" for at, value in points)
    scale = scale_of("", 0)
    last, peak = points[-1][1], max(value for _, value in points)
    known = dict(points)
    return Line(
        name=_name(item, metric),
        points=inside,
        last=f"{scale.bare(last)} {unit}".strip(),
        peak=f"{scale.bare(peak)} {unit}".strip(),
        values=tuple(_rounded(known.get(at)) for at in x),
    )


def _rounded(value: float | None) -> float | None:
    return None if value is None else float(f"{value:.5g}")


def _name(item: Series, metric: str) -> str:
    values = list(item.dimensions.values())
    name = values[0] if len(values) == 1 else labelled("", item.dimensions).strip("{}") or metric
    if quantile := _QUANTILE.search(item.metric):
        name = f"{quantile[0].strip('_')} {name}"
    return name


def thinned(points: Sequence[tuple[float, float]], most: int) -> Iterable[tuple[float, float]]:
    """At most about `most` points, keeping the lowest and the highest of every stretch."""
    if len(points) <= most:
        return points
    size = math.ceil(len(points) / (most / 2))
    kept: list[tuple[float, float]] = []
    for begin in range(0, len(points), size):
        stretch = points[begin : begin + size]
        ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept += sorted(ends)
    return kept


def round_ticks(top: float, wanted: int) -> tuple[float, ...]:
    """Ticks from 0 in steps of 1, 2 or 5 times a power of ten, the last at `top` or above."""
    if not _TINY < top < _HUGE:
        return (0.0, top if top >= _HUGE else 1.0)
    raw = top / wanted
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    return tuple(round(step * index, 12) for index in range(math.ceil(top / step - 1e-9) + 1))
