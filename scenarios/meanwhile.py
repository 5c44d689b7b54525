"""What the service did under load, from its processes and its own metrics, as evidence."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from statistics import fmean

import psutil

from reports.evidence import MARK, AnyRecord, Instrument, Measurement, Series
from scenarios import costs, intervals
from scenarios.intervals import CONFIDENCE
from scenarios.observer import Scrape
from scenarios.runs import Run, bounded, series

LOOK_EVERY_S = 1.0
PEAK_S = 10  # how long a peak lasts at least


def records(run: Run) -> Iterator[AnyRecord]:
    """What was seen of the service; less where it was not told where to look."""
    seen = run.observed
    if seen.machine_cpu_share:
        yield from _machine(run)
    if seen.cpu_share:
        yield from _processes(run)
    if seen.scrapes:
        yield Instrument(
            name="metrics_scrapes",
            value=seen.scrapes - len(seen.scrapes_failed),
            total=seen.scrapes,
            missing=tuple(seen.scrapes_failed[:5]),
            unit="scrapes",
        )
    if seen.pool_connections:
        yield from _pool(run)
    if seen.before is not None and seen.after is not None:
        yield from _statements(seen.before, seen.after)
        yield from _cache(run, seen.before, seen.after)
    yield from _stores(run)
    for (metric, label), track in seen.tracks.items():
        dimensions = {"of": label} if label else None
        yield _looks(run, metric, track.unit, track.points, dimensions)
    yield from _events(run)
    yield from costs.records(run)


def _events(run: Run) -> Iterator[Series]:
    """Moments to mark on every chart over time, one series for each kind of event."""
    for what in dict.fromkeys(what for _, what in run.observed.events):
        at = ((at_s, 1.0) for at_s, found in run.observed.events if found == what)
        yield series(run, "service_event", MARK, at, {"what": what})


def _looks(
    run: Run,
    metric: str,
    unit: str,
    points: Sequence[tuple[float, float]],
    dimensions: Mapping[str, str] | None = None,
) -> Series:
    """A series of looks at the service, each at the beginning of the second that it ends.

    So it lies beside the load's own series, whose seconds stand where they begin.
    """
    begun = ((max(0.0, at_s - LOOK_EVERY_S), value) for at_s, value in points)
    return series(run, metric, unit, begun, dimensions)


def _machine(run: Run) -> Iterator[AnyRecord]:
    """How busy the whole machine was, and how much of that was neither service nor generator.

    On a machine that others use too, a slow service may be a slow machine.
    """
    busy = _average(run.observed.machine_cpu_share)
    ours = _average(run.observed.cpu_share) + sum(
        result.health.cpu_share for result in run.results
    ) / (os.cpu_count() or 1)
    yield Instrument(
        name="cpu_share_of_others",
        value=max(0.0, busy - ours),
        unit="ratio",
        detail=f"of the machine, which was {busy:.0%} busy; databases count as others",
    )
    yield _looks(run, "machine_cpu_share", "ratio", run.observed.machine_cpu_share)


def _average(points: Sequence[tuple[float, float]]) -> float:
    return sum(value for _, value in points) / len(points) if points else 0.0


def _processes(run: Run) -> Iterator[AnyRecord]:
    cpu = [value for _, value in run.observed.cpu_share]
    memory = [value for _, value in run.observed.memory_mb]
    average = _average(run.observed.cpu_share)
    yield bounded("service_cpu_share", average, "ratio", len(cpu), intervals.mean(cpu))
    peak = max(fmean(cpu[begin : begin + PEAK_S]) for begin in range(max(1, len(cpu) - PEAK_S + 1)))
    yield Measurement(metric="service_cpu_share_peak", value=peak, unit="ratio", samples=len(cpu))
    yield Measurement(metric="service_memory_mb", value=max(memory), unit="MB", samples=len(memory))
    yield Measurement(
        metric="service_memory_share",
        value=max(memory) * 1e6 / psutil.virtual_memory().total,
        unit="ratio",
        samples=len(memory),
    )
    yield _looks(run, "service_cpu_share", "ratio", run.observed.cpu_share)
    yield _looks(run, "service_memory_mb", "MB", run.observed.memory_mb)


def _pool(run: Run) -> Iterator[AnyRecord]:
    """The most connections seen at once. Between two looks there may have been more, never more
    than the pool allows: that is the interval's upper end.
    """
    points = run.observed.pool_connections
    most = max(value for _, value in points)
    allowed = run.observed.pool_allowed
    yield Measurement(
        metric="db_pool_connections_max",
        value=most,
        unit="connections",
        samples=len(points),
        low=most,
        high=max(most, allowed) if allowed else None,
    )
    yield _looks(run, "db_pool_connections", "connections", points)


def _statements(before: Scrape, after: Scrape) -> Iterator[Measurement]:
    buckets = _bucket_counts(before, after, "db_statement_seconds_bucket")
    total = sum(count for _, count in buckets)
    if total <= 0:
        return
    value, low, high = bucket_quantile(buckets, 0.95)
    yield Measurement(
        metric="db_statement_latency_p95_ms",
        value=value * 1000,
        unit="ms",
        samples=int(total),
        low=low * 1000,
        high=None if math.isinf(high) else high * 1000,
        confidence=CONFIDENCE,
    )


def _bucket_counts(before: Scrape, after: Scrape, name: str) -> list[tuple[float, float]]:
    """How many fell between each bucket's edge and the one below it, between two readings."""
    up_to: Counter[float] = Counter()
    for sign, reading in ((1, after), (-1, before)):
        for labels, value in reading.select(name):
            up_to[float(labels["le"])] += sign * int(value)
    edges = sorted(up_to)
    counts = [up_to[edge] for edge in edges]
    return [
        (edge, count - below)
        for edge, count, below in zip(edges, counts, [0, *counts], strict=False)
    ]


def bucket_quantile(
    buckets: Sequence[tuple[float, float]], share: float
) -> tuple[float, float, float]:
    """A quantile of a histogram given as (upper edge, count): value, low, high, in its unit.

    The value is interpolated within its bucket; low and high are the outer edges of the buckets
    that hold the ends of the quantile's interval, by order statistics. Infinite where it falls
    above the last edge.
    """
    total = sum(count for _, count in buckets)
    low_rank, high_rank = intervals.ranks(int(total), share)
    low, _, _ = _bucket_with(buckets, low_rank)
    _, high, _ = _bucket_with(buckets, high_rank)
    lower, upper, within = _bucket_with(buckets, share * total)
    return lower + (upper - lower) * within if math.isfinite(upper) else lower, low, high


def _bucket_with(buckets: Sequence[tuple[float, float]], rank: float) -> tuple[float, float, float]:
    """The edges of the bucket that holds a rank, and how far into the bucket it lies."""
    below, edge_below = 0.0, 0.0
    for edge, count in buckets:
        if count > 0 and below + count >= rank:
            return edge_below, edge, (rank - below) / count
        below, edge_below = below + count, edge
    return edge_below, math.inf, 0.0


def _cache(run: Run, before: Scrape, after: Scrape) -> Iterator[Measurement]:
    def read(**labels: str) -> int:
        name = "cache_reads_total"
        return int(after.total(name, **labels) - before.total(name, **labels))

    total, hits = read(), read(outcome="hit")
    if total <= 0:
        return
    looks = run.observed.cache_reads
    if sum(reads for _, reads in looks) == total:  # no look is missing
        interval = intervals.share([hits for hits, _ in looks], [reads for _, reads in looks])
    else:
        interval = intervals.ratio(hits, total)
    yield bounded("cache_hit_ratio", hits / total, "ratio", total, interval)


def _stores(run: Run) -> Iterator[AnyRecord]:
    """How well databases and caches could be read, and what their statements cost."""
    seen = run.observed
    if seen.store_looks:
        yield Instrument(
            name="store_looks",
            value=seen.store_looks - len(seen.store_looks_failed),
            total=seen.store_looks,
            missing=tuple(seen.store_looks_failed[:5]),
            unit="looks",
        )
        yield Instrument(
            name="statements_read",
            value=len(seen.statements),
            unit="statements",
            detail=seen.without_statements or "those that took longest in all",
        )
    for statement in seen.statements:
        yield Measurement(
            metric="postgres_statement_time_ms",
            value=statement.time_ms,
            unit="ms",
            samples=statement.calls,
            dimensions={"statement": statement.text},
        )
