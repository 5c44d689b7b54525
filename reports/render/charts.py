"""Series as SVG geometry: ticks at round numbers, lines as points, nothing left to a browser."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Sequence

from reports.evidence import LayerEvidence, Series
from reports.render.view import Chart, Line, Tick
from reports.wording import labelled, scale_of

WIDTH, HEIGHT = 560, 180
MOST_LINES = 6
MOST_POINTS = 400
_TINY, _HUGE = 1e-300, 1e300
_QUANTILE = re.compile(r"_p\d+(?:\.\d+)?(?=_|$)")


def charts_of(evidence: Sequence[LayerEvidence]) -> tuple[Chart, ...]:
    """One chart a metric of a layer, one line for each of its quantiles and dimensions."""
    groups: dict[tuple[str, str, str], list[Series]] = {}
    for layer in evidence:
        for record in layer.records:
            if isinstance(record, Series) and record.points:
                title = _QUANTILE.sub("", record.metric)
                groups.setdefault((layer.layer, title, record.unit), []).append(record)
    return tuple(_chart(layer, title, group) for (layer, title, _), group in groups.items())


def _chart(layer: str, metric: str, group: Sequence[Series]) -> Chart:
    by_height = sorted(group, key=lambda item: -max(value for _, value in item.points))
    shown = by_height[:MOST_LINES]
    highest = max(value for item in shown for _, value in item.points)
    longest = max(time for item in shown for time, _ in item.points)
    scale = scale_of(group[0].unit, highest)
    top = highest * float(scale.factor)
    y_ticks, x_ticks = round_ticks(top, 4), round_ticks(longest, 6)
    y_end, x_end = max(y_ticks[-1], top), max(longest, 1e-9)
    lines = tuple(
        _line(item, float(scale.factor), x_end, y_end, scale.unit, metric) for item in shown
    )
    return Chart(
        title=metric,
        layer=layer,
        unit=scale.unit,
        width=WIDTH,
        height=HEIGHT,
        lines=lines,
        x_ticks=tuple(
            Tick(at=round(WIDTH * at / x_end, 1), text=f"{at:g} s") for at in x_ticks if at <= x_end
        ),
        y_ticks=tuple(
            Tick(at=round(HEIGHT * (1 - at / y_end), 1), text=f"{at:,g}") for at in y_ticks
        ),
        more_lines=len(group) - len(shown),
    )


def _line(item: Series, factor: float, x_end: float, y_end: float, unit: str, metric: str) -> Line:
    points = [(time, max(value, 0.0) * factor) for time, value in sorted(item.points)]
    inside = " ".join(
        f"{WIDTH * time / x_end:.1f},{HEIGHT * (1 - value / y_end):.1f}"
        for time, value in thinned(points, MOST_POINTS)
    )
    scale = scale_of("", 0)
    last, peak = points[-1][1], max(value for _, value in points)
    values = list(item.dimensions.values())
    name = values[0] if len(values) == 1 else labelled("", item.dimensions).strip("{}") or metric
    if quantile := _QUANTILE.search(item.metric):
        name = f"{quantile[0].strip('_')} {name}"
    return Line(
        name=name,
        points=inside,
        last=f"{scale.bare(last)} {unit}".strip(),
        peak=f"{scale.bare(peak)} {unit}".strip(),
    )


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
