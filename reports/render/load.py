"""Load in words: endpoints with their intervals, and two builds side by side."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from reports.evidence import LayerEvidence, Measurement
from reports.render.rows import DASH, UNKNOWN, span
from reports.render.view import Chart, EndpointRow, IntervalRow, LoadView
from reports.wording import number, scale_of

ALL = "*all*"
CLOSED = "closed_"
COLUMNS = ("p50", "p95", "p99", "max", "uncorrected_p99")
Marks = Mapping[str, tuple[float, ...]]
RATIOS = {"duet_ratio_p50": "p50", "duet_ratio_p95": "p95", "duet_ratio_cpu": "CPU"}
MOST_RATIOS = 60


def with_load(evidence: Sequence[LayerEvidence], charts: Sequence[Chart]) -> tuple[str, ...]:
    """The layers of which charts, endpoints or ratios are shown."""
    drawn = {chart.layer for chart in charts}
    return tuple(
        dict.fromkeys(
            layer.layer for layer in evidence if layer.layer in drawn or any(_by_endpoint(layer))
        )
    )


def load_view(evidence: Sequence[LayerEvidence], limits: Marks = MappingProxyType({})) -> LoadView:
    """Endpoints and duet ratios, where there are any.

    `limits` are by the metric's name, in its unit: no value is rounded onto one of its own.
    """
    measured = [record for layer in evidence for record in _by_endpoint(layer)]
    ratios = [record for record in measured if record.metric in RATIOS]
    reach = _reach(ratios)
    rows = sorted((_interval(record, reach) for record in ratios), key=lambda row: -row.value)
    return LoadView(
        endpoints=_endpoints(measured, limits),
        duet=tuple(rows[:MOST_RATIOS]),
        duet_more=max(len(rows) - MOST_RATIOS, 0),
        duet_one=_place(1.0, reach),
    )


def _by_endpoint(layer: LayerEvidence) -> Iterator[Measurement]:
    for record in layer.records:
        if isinstance(record, Measurement) and "endpoint" in record.dimensions:
            yield record


@dataclass(frozen=True)
class _Place:
    """What a row of the table is of: an endpoint as one layer saw it in one model of load."""

    layer: str
    closed: bool
    dimensions: tuple[tuple[str, str], ...]

    def name(self, *, with_layer: bool) -> str:
        """`GET /a (mix, shard 2, closed model)`."""
        said = dict(self.dimensions)
        endpoint, scenario = said.pop("endpoint"), said.pop("scenario", "")
        about = [
            *([scenario] if scenario else []),
            *(f"{name} {value}" for name, value in said.items()),
            *(["closed model"] if self.closed else []),
            *([f"layer {self.layer}"] if with_layer else []),
        ]
        named = "all endpoints" if endpoint == ALL else endpoint
        return f"{named} ({', '.join(about)})" if about else named


def _endpoints(measured: Sequence[Measurement], limits: Marks) -> tuple[EndpointRow, ...]:
    """A row for each endpoint, scenario, part and model of each layer, the busiest first."""
    groups: dict[_Place, dict[str, list[Measurement]]] = {}
    for record in measured:
        if record.metric.removeprefix(CLOSED).startswith("http_latency_"):
            closed = record.metric.startswith(CLOSED)
            place = _Place(record.layer, closed, tuple(sorted(record.dimensions.items())))
            groups.setdefault(place, {}).setdefault(_short(record.metric), []).append(record)
    several = len({place.layer for place in groups}) > 1
    rows = [
        _endpoint(place.name(with_layer=several), found, limits) for place, found in groups.items()
    ]
    return tuple(sorted(rows, key=lambda row: -row.sort[0]))


def _short(metric: str) -> str:
    """`http_latency_uncorrected_p99_ms` as `uncorrected_p99`."""
    return metric.removeprefix(CLOSED).removeprefix("http_latency_").removesuffix("_ms")


def _endpoint(name: str, found: Mapping[str, Sequence[Measurement]], limits: Marks) -> EndpointRow:
    samples = max(record.samples for records in found.values() for record in records)
    columns = [found.get(column, ()) for column in COLUMNS]
    return EndpointRow(
        name=name,
        cells=(number(samples), *(_cell(records, limits) for records in columns)),
        sort=(samples, *(max((r.value for r in records), default=-1.0) for records in columns)),
    )


def _cell(records: Sequence[Measurement], limits: Marks) -> str:
    """A value with its interval; all of them where it was recorded more than once."""
    said = dict.fromkeys(_value(record, limits.get(record.metric, ())) for record in records)
    return " or ".join(said) or DASH


def _value(record: Measurement, marks: Sequence[float]) -> str:
    between = span(scale_of(""), record.low, record.high, *marks)
    value = number(record.value, *marks)
    return value if between == DASH else f"{value} ({between})"


# --- two builds --------------------------------------------------------------------------------


def _reach(ratios: Sequence[Measurement]) -> float:
    """How far from 1, as a factor, the drawing reaches: far enough for every bound."""
    bounds = [bound for r in ratios for bound in (r.low, r.value, r.high) if bound and bound > 0]
    return max([1.1, *(max(bound, 1 / bound) for bound in bounds)])


def _place(ratio: float, reach: float) -> float:
    """Where a ratio lies on a line from 0 to 100; half and double are equally far from 1."""
    if ratio <= 0:
        return 0.0
    if math.isinf(ratio):
        return 100.0
    return round(50 + 50 * math.log(ratio) / math.log(reach), 2)


def _interval(record: Measurement, reach: float) -> IntervalRow:
    """An end that is not known lies at the end of the line, on the side that it is of."""
    bounded = record.low is not None or record.high is not None
    low = record.low if record.low is not None else -math.inf if bounded else record.value
    high = record.high if record.high is not None else math.inf if bounded else record.value
    tone = "missed" if low > 1 else "met" if high < 1 else "soft"
    word = {"missed": "slower", "met": "faster", "soft": "no difference seen"}[tone]
    ends = (UNKNOWN if math.isinf(end) else f"{end:.3f}" for end in (low, high))
    return IntervalRow(
        name=f"{record.dimensions['endpoint']} {RATIOS[record.metric]}",
        text=f"{record.value:.3f} ({' to '.join(ends)}), {word}",
        low=_place(low, reach),
        value=_place(record.value, reach),
        high=_place(high, reach),
        tone=tone,
    )
