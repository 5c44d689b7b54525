"""How much one core of generator does, beside Locust's own users and beside Artillery.

What a core can do is told by the CPU time of a request, which hardly notices neighbours. Whether
arrivals begin when they should at that rate is told by trials, on a machine that is quiet enough:
a trial that failed while others took the cores tells of the machine alone, and then no rate is
recorded but that.
"""

from __future__ import annotations

import itertools
import statistics
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from fixtures.evidence import Evidence
from suites.bench.load import artillery
from suites.bench.load.processes import (
    Played,
    highest,
    idle_lateness_ms,
    locust_alone,
    played,
    serving,
    settle_generator,
    started,
)

USERS, SECONDS, ROUNDS = 50, 4, 4
STEPS = [share / 20 for share in range(8, 21)]
LAG_MAX_MS, ON_TIME_LEAST = 2.0, 0.999
OTHERS_MOST = 0.1  # of the machine; the conductor of a run is among them
BUSY = 0.75  # of what Locust's users do: enough to compare what a request costs
LEAST_SHARE, LEAST_TIMES = 0.6, 5
TRIALS = 3  # of a rate: of a machine's hiccups of 10 ms, one falls into every third or so
CALM_PER_S = 200.0  # a visit now and then: what it is late by is what waking costs
LATENESS_MOST = 0.5  # of gevent's own


def test_an_open_model_does_most_of_what_users_that_wait_do_on_one_core(
    tmp_path: Path, evidence: Evidence
) -> None:
    """CPU time a request, in turns; and the highest rate of arrivals that all begin in time."""
    runs = itertools.count()
    ours: list[float] = []
    theirs: list[float] = []
    with serving() as url:

        def arriving(rate_per_s: float) -> Played:
            return _arriving(url, url.pid, rate_per_s, tmp_path / str(next(runs)))

        for _ in range(ROUNDS):
            closed = locust_alone(url, USERS, SECONDS)
            opened = arriving(BUSY * _per_s(closed))
            theirs.append(closed["cpu_s"] / closed["requests"])
            ours.append(_cpu_s_a_request(opened))
        share = min(theirs) / min(ours)  # neighbours only ever add: caches are theirs, too
        evidence.measure(
            "generator_open_model_cpu_share", share, "ratio", samples=ROUNDS,
            against="FastHttpUser",
        )  # fmt: skip
        print(f"a core does {share:.2f} as many requests of arrivals as of FastHttpUser")
        in_time = _try_rates(evidence, _per_s(closed), arriving)
    _beside_artillery(evidence, tmp_path, in_time)
    assert share >= LEAST_SHARE
    assert in_time is None or in_time >= LEAST_SHARE * _per_s(closed)


def _try_rates(
    evidence: Evidence, closed_per_s: float, arriving: Callable[[float], Played]
) -> float | None:
    """By the clock, in visits a second, where the machine lets anybody be in time."""

    def in_time(part: float) -> bool:
        return _in_time([arriving(part * closed_per_s) for _ in range(TRIALS)])

    why: tuple[str, ...] = ()
    share: float | None = None
    try:
        share = highest(STEPS, in_time)
    except _NotQuietError as noise:
        why = (str(noise),)
    evidence.instrument(
        "machine_quiet_enough", int(share is not None), total=1, unit="machines", missing=why,
        bench="generator",
    )  # fmt: skip
    if share is None:
        print(f"no rate can be told here: {why[0]}")
        return None
    evidence.measure("generator_open_model_share", share, "ratio", against="FastHttpUser")
    print(f"arrivals in time up to {share * closed_per_s:.0f}/s, {share:.2f} of FastHttpUser's")
    return share * closed_per_s


class _NotQuietError(Exception):
    """Neighbours had the cores while a trial failed, so it tells nothing of the generator."""


def _beside_artillery(evidence: Evidence, folder: Path, ours_per_s: float | None) -> None:
    theirs = artillery.in_time_per_s(folder) if ours_per_s is not None else None
    why = "Artillery 2" if ours_per_s is not None else "no rate of ours to compare"
    evidence.instrument(
        "peers_measured", int(theirs is not None), total=1, unit="peers",
        missing=() if theirs is not None else (why,), detail=artillery.HOW,
    )  # fmt: skip
    if theirs is None or ours_per_s is None:
        print(f"no figure beside Artillery ({why}): {artillery.HOW}")
        return
    for way, per_s in theirs.items():
        times = ours_per_s / per_s
        evidence.measure(
            "generator_open_model_times", times, "ratio", against="Artillery 2", way=way
        )
        print(f"{times:.1f} times the {per_s:.0f}/s of Artillery 2 with {way}")
    assert ours_per_s >= LEAST_TIMES * theirs[artillery.BY_ITSELF]


def _arriving(url: str, pid: int, rate_per_s: float, out: Path) -> Played:
    process = started(
        "run", "--url", url, "--path", "/ok", "--rate", f"{rate_per_s:.0f}", "--duration",
        f"{SECONDS}s", "--warm-up", "1s", "--service-pid", str(pid), "--out", str(out),
    )  # fmt: skip
    settle_generator(process)
    return played(process, out)


def _per_s(found: Mapping[str, Any]) -> float:
    return float(found["requests"] / found["seconds"])


def _cpu_s_a_request(run: Played) -> float:
    """Of the generator's process; the conductor measures, it does not load."""
    cpu_s = run.instrument("generator_cpu_share").value * run.instrument("load_seconds").value
    return cpu_s / run.instrument("arrivals_served").value


def _in_time(trials: Sequence[Played]) -> bool:
    """Whether arrivals began when they should, in most trials of a rate.

    Raises _NotQuietError where that cannot be told.
    """
    late = [run for run in trials if not _was_in_time(run)]
    if len(late) <= len(trials) // 2:
        return True
    others = min(run.instrument("cpu_share_of_others").value for run in late)
    if others > OTHERS_MOST:
        raise _NotQuietError(f"others had {others:.0%} of the machine while trials failed")
    return False


def _was_in_time(run: Played) -> bool:
    on_time = run.instrument("arrivals_on_time")
    lag_ms = run.instrument("schedule_lag_p99_ms").value
    due = on_time.total or 0
    print(f"  {due / SECONDS:.0f}/s: {lag_ms:.2f} ms late at p99")
    return lag_ms < LAG_MAX_MS and on_time.value >= ON_TIME_LEAST * due


def test_recording_costs_a_generator_little(evidence: Evidence) -> None:
    """CPU seconds a request of Locust's users with our recorder, and without; in turns."""
    ratios = []
    with serving() as url:
        for _ in range(ROUNDS):
            alone, recorded = (
                found["cpu_s"] / found["requests"]
                for found in (
                    locust_alone(url, USERS, SECONDS),
                    locust_alone(url, USERS, SECONDS, "recorded"),
                )
            )
            ratios.append(recorded / alone)
    ratio = statistics.median(ratios)
    evidence.measure(
        "recorder_cpu_ratio", ratio, "ratio", samples=ROUNDS, low=min(ratios), high=max(ratios)
    )
    print(f"with our recorder a request takes {ratio:.2f} times the CPU of one without")
    assert ratio <= 1.15


def test_visits_begin_nearer_to_their_moment_than_gevent_wakes(
    tmp_path: Path, evidence: Evidence
) -> None:
    """Lateness at p99, beside that of a process that sleeps as gevent lets it; in turns."""
    ratios = []
    with serving() as url:
        for number in range(ROUNDS):
            theirs_ms = idle_lateness_ms(SECONDS, "gevent")
            run = _arriving(url, url.pid, CALM_PER_S, tmp_path / str(number))
            ratios.append(run.instrument("schedule_lag_p99_ms").value / theirs_ms)
    ratio = statistics.median(ratios)
    evidence.measure(
        "generator_lateness_ratio", ratio, "ratio", samples=ROUNDS, against="gevent.sleep",
        low=min(ratios), high=max(ratios),
    )  # fmt: skip
    print(f"visits begin {ratio:.2f} times as late as gevent wakes")
    assert ratio <= LATENESS_MOST
