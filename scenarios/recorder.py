"""What a run measured, as evidence; the only writer of the scenarios' room.

Nothing here judges: limits are the gate's business. Latencies are milliseconds from the moment at
which a request was due, unless a metric's name says `uncorrected`.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from reports.evidence import (
    AnyRecord,
    Finding,
    Instrument,
    Measurement,
    Series,
    encode,
    fingerprint,
)
from scenarios import intervals, meanwhile, soundness
from scenarios.closed import CORRECTED, KIND, UNCORRECTED, relabelled
from scenarios.histograms import Endpoint, Failures, Tally, merged, quantile
from scenarios.intervals import Interval
from scenarios.runs import MIX, Run, bounded, series

ALL = "*all*"
PERCENTILES = {"p50": 50.0, "p95": 95.0, "p99": 99.0}
FINDINGS_MAX = 50
# Where a distribution is read: each further nine in as many steps as the one before.
SHARES = tuple(
    1 - rest / 10**nines for nines in range(5) for rest in (1.0, 0.75, 0.5, 0.35, 0.25, 0.15)
)
PRECISION = 0.1  # of a percentile's value: what a run is long enough for


def write(run: Run, path: Path) -> tuple[AnyRecord, ...]:
    """Write a run's records to a new file of NDJSON, unframed. Raises OSError.

    A file that exists is never written over (FileExistsError).
    """
    return write_all(records(run), path)


def write_all(found: Iterable[AnyRecord], path: Path) -> tuple[AnyRecord, ...]:
    """Write records to a new file of NDJSON, unframed. Raises OSError, as `write` does."""
    written = tuple(found)
    with path.open("x", encoding="utf-8", newline="\n") as file:
        for record in written:
            file.write(encode(record) + "\n")
    return written


def records(run: Run) -> Iterator[AnyRecord]:
    """Every record of a run, under names that say so where its model is closed."""
    return relabelled(_records(run)) if run.plan.closed_users else _records(run)


def _records(run: Run) -> Iterator[AnyRecord]:
    yield from soundness.records(run)
    tallies = run.tallies
    everything = merged(tallies.values())
    if everything.count and run.seconds:
        for scenario, operation, tally in _views(tallies, everything):
            yield from _latencies(scenario, operation, tally, run.seconds)
        yield from _precision(everything, run)
        yield from _shares(tallies, everything, run.seconds)
        yield from _rates(everything, run)
        yield from _findings(run)
    yield from meanwhile.records(run)


def _views(
    tallies: Mapping[Endpoint, Tally], everything: Tally
) -> Iterator[tuple[str, str, Tally]]:
    """All together, each operation over all journeys, and each journey over its operations."""
    yield MIX, ALL, everything
    for operation in sorted({endpoint.operation for endpoint in tallies}):
        of = [tally for endpoint, tally in tallies.items() if endpoint.operation == operation]
        yield MIX, operation, merged(of)
    for scenario in sorted({endpoint.scenario for endpoint in tallies}):
        yield scenario, ALL, _of_scenario(tallies, scenario)


def _of_scenario(tallies: Mapping[Endpoint, Tally], scenario: str) -> Tally:
    return merged(tally for endpoint, tally in tallies.items() if endpoint.scenario == scenario)


# --- latency, errors, rate ---------------------------------------------------------------------


def _latencies(scenario: str, operation: str, tally: Tally, seconds: int) -> Iterator[Measurement]:
    where = {"scenario": scenario, "endpoint": operation}
    shares = [percent / 100 for percent in PERCENTILES.values()]
    bounds = intervals.percentiles(_by_second(tally, seconds), shares)
    corrected = tally.corrected.get_percentile_to_value_dict(PERCENTILES.values())
    uncorrected = tally.uncorrected.get_percentile_to_value_dict(PERCENTILES.values())
    for (name, percent), interval in zip(PERCENTILES.items(), bounds, strict=True):
        metric, value = f"http_latency_{name}_ms", corrected[percent] / 1000
        yield bounded(metric, value, "ms", tally.count, _in_ms(interval), where)
        yield Measurement(
            metric=f"http_latency_uncorrected_{name}_ms",
            value=uncorrected[percent] / 1000,
            unit="ms",
            samples=tally.count,
            dimensions=where,
        )
    yield Measurement(
        metric="http_latency_max_ms",
        value=tally.corrected.get_max_value() / 1000,
        unit="ms",
        samples=tally.count,
        dimensions=where,
    )


def _precision(everything: Tally, run: Run) -> Iterator[Instrument]:
    """How well the percentiles are known, and how long a run like this makes them known well."""
    shares = [percent / 100 for percent in PERCENTILES.values()]
    bounds = intervals.percentiles(_by_second(everything, run.seconds), shares)
    found = everything.corrected.get_percentile_to_value_dict(PERCENTILES.values())
    for (name, percent), interval in zip(PERCENTILES.items(), bounds, strict=True):
        value = found[percent]
        enough_s = intervals.enough_s(
            run.seconds, everything.count, percent / 100, value, interval, PRECISION
        )
        if math.isfinite(interval.high):
            known = f"{1 - interval.low / value:.0%} below to {interval.high / value - 1:.0%} above"
        else:
            known = "an unknown way above: too few answers"
        yield Instrument(
            name="percentile_precision",
            value=run.seconds,
            total=math.ceil(enough_s),
            unit="s",
            detail=f"{name} is known from {known}; {enough_s:.0f} s like these make it known to "
            f"{PRECISION:.0%}",
            dimensions={"percentile": name},
        )


def _in_ms(interval: Interval) -> Interval:
    return Interval(interval.low / 1000, interval.high / 1000, interval.confidence)


def _by_second(tally: Tally, seconds: int) -> Sequence[Counter[int]]:
    """Counts of each measured second; what was due after the last belongs to the last."""
    rows: list[Counter[int]] = [Counter() for _ in range(seconds)]
    for second, counts in tally.by_second.items():
        rows[min(second, seconds - 1)].update(counts)
    return rows


def _shares(
    tallies: Mapping[Endpoint, Tally], everything: Tally, seconds: int
) -> Iterator[Measurement]:
    scenarios = sorted({endpoint.scenario for endpoint in tallies})
    for name, tally in (
        (MIX, everything),
        *((scenario, _of_scenario(tallies, scenario)) for scenario in scenarios),
    ):
        value = tally.failed / tally.count
        rows = _by_second(tally, seconds)
        failed = [0.0] * seconds
        for second, count in tally.failed_by_second.items():
            failed[min(second, seconds - 1)] += count
        interval = intervals.share(failed, [row.total() for row in rows])
        where = {"scenario": name}
        yield bounded("http_error_ratio", value, "ratio", tally.count, interval, where)


def _rates(everything: Tally, run: Run) -> Iterator[AnyRecord]:
    seconds = range(run.seconds)
    finished = [everything.finished_by_second[second] for second in seconds]
    value = sum(finished) / run.seconds
    where = {"scenario": MIX, "endpoint": ALL}
    interval = intervals.mean(finished)
    yield bounded("http_rate_per_s", value, "1/s", sum(finished), interval, where)
    rows = _by_second(everything, run.seconds)
    yield series(run, "http_rate_per_s", "1/s", zip(seconds, finished, strict=True))
    for name, percent in PERCENTILES.items():
        points = ((s, quantile(rows[s], percent / 100) / 1000) for s in seconds if rows[s])
        yield series(run, f"http_latency_{name}_ms", "ms", points)
    failed = [(second, everything.failed_by_second[second]) for second in seconds]
    yield series(run, "http_errors_per_s", "1/s", failed)
    ratios = ((s, count / rows[s].total()) for s, count in failed if rows[s])
    yield series(run, "http_error_ratio", "ratio", ratios)
    yield from _by_operation(run)
    yield from _distributions(everything, run)


def _distributions(everything: Tally, run: Run) -> Iterator[Series]:
    """Latency by percentile, from when a request was due and from when it was sent.

    As far as there are requests beyond: of a thousand, the 99.9th percentile is the last.
    """
    known = [share for share in SHARES if (1 - share) * everything.count >= 1 - 1e-9]
    for kind, histogram in (
        (CORRECTED, everything.corrected),
        (UNCORRECTED, everything.uncorrected),
    ):
        found = histogram.get_percentile_to_value_dict([share * 100 for share in known])
        points = sorted((percent, value / 1000) for percent, value in found.items())
        yield series(run, "http_latency_by_percentile_ms", "ms", points, {KIND: kind})


def _by_operation(run: Run) -> Iterator[Series]:
    """The p95 of each operation second by second, so that a slow one shows beside the whole."""
    tallies = run.tallies
    for operation in sorted({endpoint.operation for endpoint in tallies}):
        of = merged(tally for at, tally in tallies.items() if at.operation == operation)
        rows = _by_second(of, run.seconds)
        points = ((s, quantile(row, 0.95) / 1000) for s, row in enumerate(rows) if row)
        where = {"operation": operation}
        yield series(run, "operation_latency_p95_ms", "ms", points, where)


def _findings(run: Run) -> Iterator[Finding]:
    """Each kind of unexpected answer, once, with how often and a few examples."""
    failures = Failures()
    for result in run.results:
        failures.merge(result.failures)
    for (endpoint, reason), count in failures.counts.most_common(FINDINGS_MAX):
        examples = "; ".join(failures.examples[endpoint, reason])
        yield Finding(
            tool="load",
            rule="unexpected-answer",
            severity="medium",
            message=f"{endpoint.operation} ({endpoint.scenario}): {reason}, {count} times. "
            f"For example: {examples}",
            fingerprint=fingerprint("load", endpoint.scenario, endpoint.operation, reason),
        )
