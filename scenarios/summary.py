"""A run in a few lines of plain text, made from its records; it judges nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from reports.evidence import AnyRecord, Finding, Instrument, Measurement
from scenarios.breakpoint import PREFIX as PREFIX_SEARCH
from scenarios.breakpoint import Found, said_of
from scenarios.closed import PREFIX
from scenarios.runs import MIX, Run

FINDINGS_SHOWN = 10
MARGIN = 11


class _Records:
    """Looks records up by the names that an open run gives them."""

    def __init__(self, records: Sequence[AnyRecord], prefix: str) -> None:
        mix = {"scenario": MIX}
        self.measurements = {
            item.metric.removeprefix(prefix): item
            for item in records
            if isinstance(item, Measurement)
            and mix.items() <= dict(item.dimensions).items()
            and item.dimensions.get("endpoint", "*all*") == "*all*"
        }
        self.instruments = {
            item.name.removeprefix(prefix): item for item in records if isinstance(item, Instrument)
        }
        self.precision = {
            item.dimensions["percentile"]: item
            for item in records
            if isinstance(item, Instrument)
            and item.name.removeprefix(prefix) == "percentile_precision"
        }
        self.costs = {
            item.metric.removeprefix(prefix): item
            for item in records
            if isinstance(item, Measurement)
            and item.metric.removeprefix(prefix).startswith("cost_")
        }
        self.findings = [item for item in records if isinstance(item, Finding)]


def text(run: Run, records: Sequence[AnyRecord], evidence: Path) -> str:
    """The summary, with a line's end at its end."""
    found = _Records(records, PREFIX if run.plan.closed_users else "")
    lines = [
        *_row("load", found.instruments["load_seconds"].detail),
        *_row("rate", _rate(found)),
        *_row("latency", _latency(found, closed=bool(run.plan.closed_users))),
        *_row("errors", _errors(found)),
        *(line for item in found.findings[:FINDINGS_SHOWN] for line in _row("", item.message)),
        *_row("precision", _precision(found)),
        *_row("cost", _cost(found)),
        *_row("measuring", ", ".join(_measuring(run, found))),
        *_row("evidence", str(evidence)),
    ]
    return "\n".join(lines) + "\n"


def of_a_search(found: Found, records: Sequence[AnyRecord], evidence: Path) -> str:
    """What the trials of a search came to, one line each, and the run at the rate that held."""
    lines = list(_row("breakpoint", said_of(found)))
    for trial, run in zip(found.trials, found.runs, strict=True):
        cpu = max((result.health.cpu_share for result in run.results), default=0.0)
        lines += _row("", f"{trial.rate_per_s:8.4g} visits/s  {trial.outcome:8}generator {cpu:.0%}")
    best = found.run_at(found.bracket.held_per_s, "held")
    if best is None:
        return "\n".join([*lines, *_row("evidence", str(evidence))]) + "\n"
    own = [item for item in records if not getattr(item, "name", "").startswith(PREFIX_SEARCH)]
    return "\n".join(lines) + "\n" + text(best, own, evidence)


def _row(name: str, said: str) -> Iterator[str]:
    if said:
        yield f"{name:{MARGIN}}{said}".rstrip()


def _within(item: Measurement, scale: float = 1.0) -> str:
    if item.low is None or item.confidence is None:
        return ""
    if item.high is None:
        return f" (above {item.low * scale:.4g}; too few answers to say how far)"
    low, high = item.low * scale, item.high * scale
    return f" ({low:.4g} to {high:.4g})"


def _rate(found: _Records) -> str:
    rate = found.measurements.get("http_rate_per_s")
    if rate is None:
        return "nothing was answered"
    return f"{rate.value:.1f} answers/s{_within(rate)}, {rate.samples:,} in all"


def _latency(found: _Records, *, closed: bool) -> str:
    name = "http_latency_uncorrected_" if closed else "http_latency_"
    shown = [
        f"{percentile} {item.value:.4g} ms{_within(item)}"
        for percentile in ("p50", "p95", "p99")
        if (item := found.measurements.get(f"{name}{percentile}_ms")) is not None
    ]
    if not shown:
        return "none"
    since = "from sending (closed model)" if closed else "from when it was due"
    return f"{', '.join(shown)}, {since}; 99 % intervals"


def _precision(found: _Records) -> str:
    """Whether the run was long enough, and if not how long would be."""
    short = [item for item in found.precision.values() if item.value < (item.total or 0)]
    if not found.precision:
        return ""
    if not short:
        return "every percentile is known to 10 %"
    return "; ".join(item.detail for item in short)


def _cost(found: _Records) -> str:
    """What 1,000 requests cost the service."""
    shown = [
        f"{item.value:.4g} {said}{_within(item)}"
        for name, said in (
            ("cost_cpu_seconds_per_1000_requests", "CPU-seconds"),
            ("cost_statements_per_1000_requests", "statements"),
            ("cost_bytes_per_1000_requests", "bytes"),
        )
        if (item := found.costs.get(name)) is not None
    ]
    return f"{', '.join(shown)} for 1,000 requests" if shown else ""


def _errors(found: _Records) -> str:
    ratio = found.measurements.get("http_error_ratio")
    if ratio is None:
        return "none were counted"
    failed = round(ratio.value * ratio.samples)
    return f"{failed:,} of {ratio.samples:,}, {ratio.value * 100:.3g} %{_within(ratio, 100)}"


def _measuring(run: Run, found: _Records) -> Iterator[str]:
    """What the reader needs to believe the numbers; limits are for the gate."""
    yield f"{run.measured_s:.1f} of {run.plan.profile.shape.duration_s:g} s"
    for name, said in (
        ("generators_finished", "generators handed over"),
        ("arrivals_on_time", "visits on time"),
        ("arrivals_served", "served"),
        ("journeys_reached", "journeys reached"),
    ):
        item = found.instruments.get(name)
        if item is not None:
            yield f"{item.value:g} of {item.total:g} {said}"
    for name, said in (
        ("schedule_lag_p99_ms", "schedule lag p99"),
        ("event_loop_lag_p99_ms", "event loop lag p99"),
    ):
        item = found.instruments.get(name)
        if item is not None:
            yield f"{said} {item.value:.1f} ms"
    cpu = found.instruments.get("generator_cpu_share")
    if cpu is not None:
        yield f"busiest generator {cpu.value:.0%} of a core"
