"""Whether the load layer tells the truth: of a service that froze, and of what it counted."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from scenarios.histograms import Tally
from suites.bench.load.processes import played, serving, started

RATE_PER_S, SECONDS, DELAY_S = 100, 60, 0.010
FREEZE_AFTER_S, FREEZE_S = 30.0, 5.0
SAMPLES = 200_000


def percentile_of_a_freeze(share: float) -> float:
    """Seconds: who was due in the freeze waited for what was left of it, evenly from 0 to all."""
    return FREEZE_S - (1 - share) * SECONDS


def test_a_freeze_is_charged_to_all_who_were_due_in_it(tmp_path: Path, evidence: Evidence) -> None:
    """One freeze of 5 s in a minute: p95 is 2.0 s and p99 4.4 s, whoever measures."""
    service = (DELAY_S, FREEZE_AFTER_S, FREEZE_S)
    with serving(*service) as one, serving(*service) as other:
        common = ("--path", "/ok", "--duration", f"{SECONDS}s", "--warm-up", "0s")
        opened = started(
            "run", "--url", one, *common, "--rate", str(RATE_PER_S), "--arrivals", "even",
            "--connections", "1000", "--out", str(tmp_path / "open"),
        )  # fmt: skip
        closed = started(
            "run", "--url", other, *common, "--closed", "1", "--out", str(tmp_path / "closed")
        )
        seen, waited = played(opened, tmp_path / "open"), played(closed, tmp_path / "closed")
    closed_p99_ms = waited.value("closed_http_latency_uncorrected_p99_ms")
    for name, share in (("p95", 0.95), ("p99", 0.99)):
        expected_s = percentile_of_a_freeze(share)
        off = seen.value(f"http_latency_{name}_ms") / 1000 / expected_s
        evidence.measure("freeze_share_of_theory", off, "ratio", percentile=name)
        print(
            f"{name}: {off * expected_s:.3f} s, in theory {expected_s:.1f} s ({off - 1:+.1%}); "
            f"a closed model's p99: {closed_p99_ms:.1f} ms"
        )
        assert off == pytest.approx(1, abs=0.05)
    assert closed_p99_ms < 1000  # it cannot have seen the freeze, or the comparison is none


def test_percentiles_are_those_of_the_sorted_values(evidence: Evidence) -> None:
    chance = random.Random(5)  # noqa: S311 - samples, not secrets
    values = [chance.lognormvariate(-5, 1.2) for _ in range(SAMPLES)]
    tally = Tally()
    for value in values:
        tally.add(0.0, value, value, ok=True)
    ordered, worst = sorted(values), 0.0
    for percent in (1, 10, 50, 90, 95, 99, 99.9, 99.99):
        exact = ordered[-(-int(percent * SAMPLES) // 100) - 1]
        found = tally.corrected.get_value_at_percentile(percent) / 1e6
        worst = max(worst, abs(found / exact - 1))
    evidence.measure("histogram_error_ratio", worst, "ratio", samples=SAMPLES)
    print(f"the histogram's percentiles are at most {worst:.3%} off the sorted values'")
    assert worst <= 0.001
