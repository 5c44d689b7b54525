"""What a thousand requests cost the service: CPU time, statements, bytes; and memory for good."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

from reports.evidence import Measurement
from scenarios import intervals
from scenarios.histograms import merged
from scenarios.runs import Run, bounded

PER = 1_000
SETTLED_AFTER = 0.5  # of the run; until then pools, caches and allocators fill


def records(run: Run) -> Iterator[Measurement]:
    """Each cost of which something was seen. Requests that failed have cost something, too."""
    if run.seconds < 2:
        return
    finished = _finished(run)
    if not sum(finished):
        return
    yield from _cpu(run, finished)
    yield from _statements(run, finished)
    received = sum(result.health.received_bytes for result in run.results)
    requests = sum(tally.count for tally in run.tallies.values())
    if received and requests:
        yield Measurement(
            metric=f"cost_bytes_per_{PER}_requests",
            value=received / requests * PER,
            unit="bytes",
            samples=requests,
        )
    yield from _memory(run, finished)


def _finished(run: Run) -> list[int]:
    """Answers in each measured second."""
    everything = merged(run.tallies.values())
    return [everything.finished_by_second[second] for second in range(run.seconds)]


def _beside(
    points: Sequence[tuple[float, float]], finished: Sequence[int]
) -> tuple[list[float], list[int]]:
    """Readings with the answers of the second that each of them ends."""
    pairs = [
        (value, finished[second])
        for at_s, value in points
        if 0 <= (second := round(at_s) - 1) < len(finished)
    ]
    return [value for value, _ in pairs], [count for _, count in pairs]


def _cpu(run: Run, finished: Sequence[int]) -> Iterator[Measurement]:
    cores = os.cpu_count() or 1
    spent, answers = _beside(run.observed.cpu_share, finished)
    if sum(answers):
        yield _cost("cpu_seconds", "s", [share * cores for share in spent], answers)


def _statements(run: Run, finished: Sequence[int]) -> Iterator[Measurement]:
    track = run.observed.tracks.get(("db_statements_per_s", ""))
    if track is None:
        return
    counted, answers = _beside(track.points, finished)
    if sum(answers):
        yield _cost("statements", "statements", counted, answers)


def _cost(what: str, unit: str, spent: Sequence[float], answers: Sequence[int]) -> Measurement:
    interval = intervals.ratio_of_sums(spent, answers)
    scaled = intervals.Interval(interval.low * PER, interval.high * PER, interval.confidence)
    value = sum(spent) / sum(answers) * PER
    return bounded(f"cost_{what}_per_{PER}_requests", value, unit, sum(answers), scaled)


def _memory(run: Run, finished: Sequence[int]) -> Iterator[Measurement]:
    """Bytes that each request leaves behind, after the first half of the run."""
    answered = 0
    until = [answered := answered + count for count in finished]
    settled = [
        (until[second], memory * 1e6)
        for at_s, memory in run.observed.memory_mb
        if SETTLED_AFTER * len(until) <= (second := round(at_s) - 1) < len(until)
    ]
    try:
        value, interval = intervals.slope([at for at, _ in settled], [used for _, used in settled])
    except ValueError:
        return  # too few looks to say anything of growth
    counted = settled[-1][0] - settled[0][0]
    yield bounded("service_memory_growth_bytes_per_request", value, "bytes", counted, interval)
