from __future__ import annotations

import os

import pytest

from scenarios import recorder
from scenarios.histograms import Tally
from scenarios.observer import Observations
from scenarios.tracks import Reading
from scenarios.wire import Result
from suites.framework.scenarios.test_recorder import SECONDS, TEAMS, a_run, health, values

PER_S = 50


def observed(growth_bytes: float = 0.0) -> Observations:
    seen = Observations()
    for second in range(1, SECONDS + 1):
        seen.cpu_share.append((float(second), 0.1 / (os.cpu_count() or 1)))
        wobble = 1_000 * (second % 3)
        seen.memory_mb.append((second, 100 + (growth_bytes * PER_S * second + wobble) / 1e6))
        seen.tracks.add(second, Reading("db_statements_per_s", "1/s", 3.0 * PER_S))
    return seen


def recorded(seen: Observations) -> list[object]:
    tally = Tally()
    for number in range(SECONDS * PER_S):
        tally.add(number / PER_S, 0.001, 0.001, ok=True)
    result = Result(tallies={TEAMS: tally}, health=health(received_bytes=500 * SECONDS * PER_S))
    return list(recorder.records(a_run(result, observed=seen)))


def test_a_thousand_requests_cost_what_was_spent_meanwhile() -> None:
    records = recorded(observed())
    for what, cost in (("cpu_seconds", 2.0), ("statements", 3_000), ("bytes", 500_000)):
        found = values(records, f"cost_{what}_per_1000_requests")  # type: ignore[arg-type]
        assert found.value == pytest.approx(cost)
        assert found.samples == SECONDS * PER_S
        assert found.low is None or found.low == pytest.approx(cost)


@pytest.mark.parametrize("growth_bytes", [0.0, 400.0])
def test_memory_that_requests_leave_behind_is_known_with_its_interval(growth_bytes: float) -> None:
    metric = "service_memory_growth_bytes_per_request"
    found = values(recorded(observed(growth_bytes)), metric)  # type: ignore[arg-type]
    assert found.low is not None
    assert found.high is not None
    assert found.low <= growth_bytes <= found.high
    assert found.high - found.low < 20
    assert (found.low > 0) == (growth_bytes > 0)


def test_what_was_not_seen_has_no_cost() -> None:
    metrics = {getattr(record, "metric", "") for record in recorded(Observations())}
    assert {metric for metric in metrics if metric.startswith("cost_")} == {
        "cost_bytes_per_1000_requests"
    }


def test_the_peak_is_of_ten_seconds_in_a_row() -> None:
    seen = observed()
    seen.cpu_share = [(float(s), 0.9 if 5 <= s < 15 else 0.1) for s in range(1, SECONDS + 1)]
    assert values(recorded(seen), "service_cpu_share_peak").value == pytest.approx(0.9)  # type: ignore[arg-type]
