"""A run of load whose measuring was not sound is judged invalid, by the project's own rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reports.configuration import load_objectives
from reports.evidence import Measurement
from reports.gate import judge
from reports.objectives import InstrumentClause, MeasurementClause, Objectives
from reports.verdicts import Verdict
from scenarios import recorder
from scenarios.histograms import Endpoint, Tally
from scenarios.runs import Run
from scenarios.wire import Health, Result
from suites.framework.reports.runs import RUN, TODAY, TREE, layer
from suites.framework.scenarios.test_recorder import PLAN, SECONDS, a_run

ROOT = Path(__file__).parents[3]
AT = Endpoint("GET /a", "GET /a")
REQUESTS = 8_000
VISITS = 1_600
Change = Callable[[Run], Run]


@pytest.fixture(scope="module")
def promised() -> Objectives:
    return load_objectives(ROOT / "scenarios" / "slo.toml")


def sound() -> Run:
    """A run in which nothing was wrong with the measuring, of a service that is quick."""
    tally = Tally()
    for number in range(REQUESTS):
        tally.add(number * SECONDS / REQUESTS, 0.004, 0.003, ok=True)
    health = Health(
        scheduled=VISITS, begun=VISITS, on_time=VISITS, connections=9, opened=3, cpu_share=0.4,
        measured_s=float(SECONDS), visits={"GET /a": VISITS},
    )  # fmt: skip
    result = Result(tallies={AT: tally}, health=health)
    result.lag.record_value(900, VISITS)
    result.loop_lag.record_value(700, VISITS)
    return replace(a_run(result), clock_uncertainty_s=0.0004)


def judged(run: Run, promised: Objectives) -> dict[str, Verdict]:
    evidence = layer("load", *recorder.records(run))
    verdicts = judge(promised, [evidence], [], "commit", TODAY, TREE, RUN)
    return {verdict.id: verdict for verdict in verdicts.objectives}


def healthy(**changed: float | dict[str, int]) -> Change:
    def change(run: Run) -> Run:
        (result,) = run.results
        return replace(run, results=(replace(result, health=replace(result.health, **changed)),))  # type: ignore[arg-type]

    return change


def beside(**changed: float) -> Change:
    """Another generator beside the sound one, which plays as much of the plan."""

    def change(run: Run) -> Run:
        (other,) = healthy(**changed)(sound()).results
        return replace(run, generators=2, results=(*run.results, other))

    return change


def late(which: str) -> Change:
    def change(run: Run) -> Run:
        getattr(run.results[0], which).record_value(400_000, 50)
        return run

    return change


def test_a_sound_run_of_a_quick_service_is_met(promised: Objectives) -> None:
    verdicts = judged(sound(), promised)
    assert verdicts["api-latency-p95"].state == "met", verdicts["api-latency-p95"].why
    assert verdicts["api-errors"].state == "met"


def test_two_generators_that_were_sound_are_met_as_one_is(promised: Objectives) -> None:
    verdicts = judged(beside()(sound()), promised)
    assert verdicts["api-latency-p95"].state == "met", verdicts["api-latency-p95"].why


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (healthy(cpu_share=0.97), "generator_cpu_share: 97 % (bound <= 90 %); of one core"),
        (late("loop_lag"), "event_loop_lag_p99_ms: 400 ms (bound <= 50 ms); a generator woke"),
        (late("lag"), "schedule_lag_p99_ms: 400 ms (bound <= 100 ms); visits began after"),
        (healthy(on_time=1_568), "arrivals_on_time: 1,568 of 1,600, 98 % (bound >= 99 %); the"),
        (healthy(begun=1_440), "achieved_rate_per_s: 72 of 80, 90 % (bound >= 99 %); offered"),
        (healthy(scheduled=800, begun=800, on_time=800),
         "achieved_rate_per_s: 40 visits/s (bound >= 70 visits/s)"),
        (healthy(lost=48), "arrivals_served: 1,552 of 1,600, 97 % (bound >= 99 %); 48 lost: more"),
        (healthy(opened=4_000), "connections_reused: 4,000 of 8,000, 50 % (bound >= 80 %); 4000"),
        (healthy(errors={"journey a: KeyError: 'x'": 2}), "2 times journey a: KeyError: 'x'"),
        (healthy(measured_s=9.0), "load_seconds: 9 of 20, 45 % (bound >= 95 %)"),
        (beside(cpu_share=0.97), "generator_cpu_share: 97 % (bound <= 90 %); of one core"),
        (beside(measured_s=9.0), "load_seconds: 9 of 20, 45 % (bound >= 95 %)"),
        (lambda run: replace(run, clock_uncertainty_s=0.2), "clock_uncertainty_ms: 200 ms"),
        (lambda run: replace(run, generators=2), "generators_finished: 1 of 2, 50 %"),
        (lambda run: replace(run, results=(replace(run.results[0], finished=False),)),
         "1 lost, with what they had not handed over; see what they said last, and try"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("objective", ["api-latency-p95", "api-errors"])
def test_measuring_that_was_not_sound_is_invalid_with_its_reason_and_what_to_try(
    change: Change, told: str, objective: str, promised: Objectives
) -> None:
    verdict = judged(change(sound()), promised)[objective]
    assert verdict.state == "invalid", verdict.why
    assert told in " ".join(reading.why for reading in verdict.readings)
    assert verdict.headline is not None
    assert verdict.headline.why != ""


def test_every_objective_that_load_shows_asks_for_all_of_the_generators_health(
    promised: Objectives,
) -> None:
    asked = {
        objective.id: {
            clause.name
            for clause in objective.requires
            if isinstance(clause, InstrumentClause) and clause.layer == "load"
        }
        for objective in promised.objectives
        if any(isinstance(c, MeasurementClause) and c.layer == "load" for c in objective.requires)
    }
    assert len(asked) >= 5
    assert all(names >= asked["api-latency-p95"] for names in asked.values()), asked


def test_a_closed_run_shows_no_objective_of_the_open_model(promised: Objectives) -> None:
    run = replace(sound(), plan=PLAN.model_copy(update={"closed_users": 5}))
    verdicts = judged(run, promised)
    for name in ("api-latency-p95", "api-errors", "api-cache-hits", "db-query-p95", "db-pool"):
        assert verdicts[name].state == "no evidence", verdicts[name].why
    assert any(
        isinstance(record, Measurement) and record.metric == "closed_http_error_ratio"
        for record in recorder.records(run)
    )
