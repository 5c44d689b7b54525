"""How much the reference service carries beside its generator, and what limits it.

The mix is that of the `steady` profile: a tenth of the visits write (which makes 4 % of the
requests), one log-in a second. The figure is looked for with the breakpoint search; what it ran
into is told from who had the cores at the highest rate that held. Where an idle process wakes late
already, answers within 50 ms tell of the machine alone, and nothing is recorded but that; where no
rate holds, none is.
"""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from statistics import fmean

import pytest

from fixtures.evidence import Evidence
from fixtures.live import LiveServiceFactory
from fixtures.options import Options
from fixtures.services.guard import Guard
from reports.evidence import Series
from scenarios.targets import load_target
from suites.bench.load.processes import idle_lateness_ms
from suites.load.running import LoadRun, run_load, start_service

# Visits of 3.66 requests. Doubled four times it is a little more than what is wanted, so that rate
# itself is tried.
FIRST_PER_S, TRIAL_S = 52.0, 6.0
LIMIT = "p95<50ms"
QUIET_MS = 1.0
WANTED_PER_S = 3_000


def test_the_rate_that_the_reference_service_carries_is_found_and_so_is_its_limit(
    live_service_factory: LiveServiceFactory,
    guard: Guard,
    options: Options,
    evidence: Evidence,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    late_ms = idle_lateness_ms(TRIAL_S)
    evidence.instrument(
        "machine_quiet_enough", int(late_ms < QUIET_MS), total=1, unit="machines",
        missing=() if late_ms < QUIET_MS else (f"an idle process wakes {late_ms:.1f} ms late",),
        bench="reference service",
    )  # fmt: skip
    if late_ms >= QUIET_MS:
        print(f"no rate can be told here: an idle process wakes {late_ms:.1f} ms late at p99")
        return
    service = start_service(load_target(options.target), options, live_service_factory)
    asked = replace(
        options, profile="breakpoint", rate_per_s=options.rate_per_s or FIRST_PER_S,
        duration_s=options.duration_s or TRIAL_S, load_words=("--hold", LIMIT),
    )  # fmt: skip
    run = run_load(guard, service, asked, pytestconfig.rootpath, tmp_path)
    assert run.instruments["breakpoint_bracketed"].value >= 1, run.said
    evidence.attach(run.said, "reference-service-trials.txt")
    found = run.measurements("breakpoint_requests_per_s")
    if not found:
        print(f"no rate of the mix holds {LIMIT} on this machine as it is now:\n{run.said}")
        return
    (carried,) = found
    evidence.measure(
        "reference_service_carries_per_s", carried.value, "1/s", samples=carried.samples,
        low=carried.low, high=carried.high, confidence=carried.confidence, holds=LIMIT,
    )  # fmt: skip
    shares = _cpu_by_part(run)
    for part, share in shares.items():
        evidence.measure("reference_service_cpu_share", share, "ratio", part=part)
    lines = [
        run.said,
        f"{carried.value:.0f} requests/s at {LIMIT}, {carried.value / WANTED_PER_S:.2f} of "
        f"{WANTED_PER_S:,}/s",
        "of all cores: " + ", ".join(f"{part} {share:.0%}" for part, share in shares.items()),
        f"so {max(shares, key=lambda part: shares[part])} is what limits it",
    ]
    print("\n".join(lines[1:]))
    evidence.attach("\n".join(lines) + "\n", "reference-service.txt")
    assert carried.low is not None
    assert sum(shares.values()) > 0.2, "nothing was busy: what limits it was not seen"


def _cpu_by_part(run: LoadRun) -> dict[str, float]:
    """Shares of all cores while the highest rate held; `others` are databases and neighbours."""
    cores = os.cpu_count() or 1
    (service,) = run.measurements("service_cpu_share")
    generator = run.instruments["generator_cpu_share"].value / cores
    redis = _mean(run, "redis_cpu_share") / cores
    others = run.instruments["cpu_share_of_others"].value - redis
    return {
        "the service": service.value,
        "the generator": generator,
        "Redis": redis,
        "Postgres and neighbours": max(0.0, others),
    }


def _mean(run: LoadRun, metric: str) -> float:
    (series,) = (r for r in run.records if isinstance(r, Series) and r.metric == metric)
    return fmean(value for _, value in series.points)
