"""Load in words: endpoints with their intervals, and two builds side by side."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports.evidence import LayerEvidence, Measurement
from reports.render.rows import DASH
from reports.render.view import EndpointRow, IntervalRow, LoadView
from reports.wording import number

ALL = "*all*"
PERCENTILES = ("p50", "p95", "p99", "max")
RATIOS = {"duet_ratio_p50": "p50", "duet_ratio_p95": "p95", "duet_ratio_cpu": "CPU"}
MOST_RATIOS = 60


def load_view(evidence: Sequence[LayerEvidence]) -> LoadView:
    """Endpoints and duet ratios, where there are any."""
    measured = [
        record
        for layer in evidence
        for record in layer.records
        if isinstance(record, Measurement) and "endpoint" in record.dimensions
    ]
    ratios = [record for record in measured if record.metric in RATIOS]
    span = _span(ratios)
    rows = sorted((_interval(record, span) for record in ratios), key=lambda row: -row.value)
    return LoadView(
        endpoints=_endpoints(measured),
        duet=tuple(rows[:MOST_RATIOS]),
        duet_more=max(len(rows) - MOST_RATIOS, 0),
        duet_one=_place(1.0, span),
    )


def _endpoints(measured: Sequence[Measurement]) -> tuple[EndpointRow, ...]:
    """One row an endpoint and scenario, all of them together first."""
    groups: dict[tuple[str, str], dict[str, Measurement]] = {}
    for record in measured:
        if record.metric.startswith(("http_latency_", "closed_http_latency_")):
            key = (record.dimensions.get("scenario", ""), record.dimensions["endpoint"])
            groups.setdefault(key, {})[_short(record.metric)] = record
    rows = [_endpoint(key, found) for key, found in groups.items()]
    return tuple(sorted(rows, key=lambda row: -row.sort[0]))


def _short(metric: str) -> str:
    """`http_latency_uncorrected_p99_ms` as `uncorrected_p99`."""
    return metric.removeprefix("closed_").removeprefix("http_latency_").removesuffix("_ms")


def _endpoint(key: tuple[str, str], found: dict[str, Measurement]) -> EndpointRow:
    scenario, endpoint = key
    samples = max(record.samples for record in found.values())
    named = "all endpoints" if endpoint == ALL else endpoint
    columns = [found.get(name) for name in PERCENTILES]
    raw = found.get("uncorrected_p99")
    return EndpointRow(
        name=f"{named} ({scenario})" if scenario else named,
        cells=(number(samples), *(_cell(record) for record in columns), _cell(raw)),
        sort=(samples, *(record.value if record else -1.0 for record in (*columns, raw))),
    )


def _cell(record: Measurement | None) -> str:
    if record is None:
        return DASH
    if record.low is None or record.high is None:
        return number(record.value)
    return f"{number(record.value)} ({number(record.low)} to {number(record.high)})"


# --- two builds --------------------------------------------------------------------------------


def _span(ratios: Sequence[Measurement]) -> float:
    """How far from 1, as a factor, the drawing reaches: far enough for every bound."""
    bounds = [bound for r in ratios for bound in (r.low, r.value, r.high) if bound and bound > 0]
    return max([1.1, *(max(bound, 1 / bound) for bound in bounds)])


def _place(ratio: float, span: float) -> float:
    """Where a ratio lies on a line from 0 to 100; half and double are equally far from 1."""
    if ratio <= 0:
        return 0.0
    return round(50 + 50 * math.log(ratio) / math.log(span), 2)


def _interval(record: Measurement, span: float) -> IntervalRow:
    low = record.value if record.low is None else record.low
    high = record.value if record.high is None else record.high
    tone = "missed" if low > 1 else "met" if high < 1 else "soft"
    word = {"missed": "slower", "met": "faster", "soft": "no difference seen"}[tone]
    return IntervalRow(
        name=f"{record.dimensions['endpoint']} {RATIOS[record.metric]}",
        text=f"{record.value:.3f} ({low:.3f} to {high:.3f}), {word}",
        low=_place(low, span),
        value=_place(record.value, span),
        high=_place(high, span),
        tone=tone,
    )
