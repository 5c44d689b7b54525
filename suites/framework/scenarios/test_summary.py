from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from scenarios import recorder, summary
from scenarios.histograms import Endpoint
from scenarios.running import faults_of
from scenarios.runs import Run
from scenarios.wire import Result
from suites.framework.scenarios.test_recorder import PLAN, TEAMS, a_run, health, measured

FILE = Path("out/load.ndjson")


def summed_up(run: Run) -> dict[str, str]:
    """The lines by their names."""
    lines = summary.text(run, list(recorder.records(run)), FILE).splitlines()
    return {line[:11].strip(): line[11:] for line in lines}


def test_a_summary_says_rate_latency_errors_and_how_the_measuring_went() -> None:
    tally, _ = measured(TEAMS, 1_000, failed=4)
    result = Result(tallies={TEAMS: tally}, health=health(on_time=9, cpu_share=0.25))
    result.failures.add(TEAMS, "status 500, expected 200", "GET /api/teams, oh no")
    lines = summed_up(a_run(result))
    assert lines["load"].startswith("profile commit: constant, peak 75 visits/s, poisson arrivals")
    assert " answers/s (" in lines["rate"]
    assert lines["latency"].count(" to ") == 3
    assert lines["latency"].endswith("from when it was due; 99 % intervals")
    assert lines["errors"] == "4 of 1,000, 0.4 % (0 to 1.6)"
    assert "GET /api/teams (browse): status 500, expected 200, 1 times" in lines[""]
    assert lines["measuring"] == (
        "20.0 of 20 s, 1 of 1 generators handed over, 9 of 10 visits on time, 10 of 10 served, "
        "0 of 1 journeys reached, busiest generator 25% of a core"
    )
    assert lines["evidence"] == "out/load.ndjson"


def test_a_run_that_was_too_short_says_how_long_is_enough() -> None:
    tally, _ = measured(TEAMS, 200)
    lines = summed_up(a_run(Result(tallies={TEAMS: tally}, health=health())))
    assert "an unknown way above: too few answers; 53 s like these" in lines["precision"]
    assert "(above " in lines["latency"]
    plenty, _ = measured(TEAMS, 40_000)
    lines = summed_up(a_run(Result(tallies={TEAMS: plenty}, health=health())))
    assert lines["precision"] == "every percentile is known to 10 %"


def test_a_run_without_an_answer_says_so() -> None:
    lines = summed_up(a_run(Result(health=health(measured_s=0.4))))
    assert lines["rate"] == "nothing was answered"
    assert lines["latency"] == "none"
    assert lines["errors"] == "none were counted"
    assert lines["measuring"].startswith("0.4 of 20 s, ")


def test_a_closed_run_says_what_its_latencies_are() -> None:
    tally, _ = measured(TEAMS, 1_000)
    run = a_run(Result(tallies={TEAMS: tally}, health=health()))
    lines = summed_up(replace(run, plan=PLAN.model_copy(update={"closed_users": 3})))
    assert "closed model, 3 users" in lines["load"]
    assert lines["latency"].endswith("from sending (closed model); 99 % intervals")
    assert "visits on time" not in lines["measuring"]


# --- what was wrong with the measuring -----------------------------------------------------------


def test_each_thing_that_was_wrong_is_a_line() -> None:
    at = Endpoint("GET /a", "GET /a")
    tally, _ = measured(at, 10, failed=10)
    result = Result(
        tallies={at: tally},
        health=health(visits={"GET /a": 10}, errors={"journey a: KeyError: 'x'": 2}),
    )
    for _ in range(7):
        result.failures.add(at, "status 404, expected 2xx", "GET /a")
    result.failures.add(at, "no answer within 5 s", "GET /a")
    run = a_run(result, generators=3)
    assert list(faults_of(run)) == [
        "2 of 3 generators did not hand over all that they measured; what they did is in the "
        "evidence, which says so. Try a lower --rate.",
        "journey a: KeyError: 'x', 2 times: the journey is at fault, not the service. Mend it.",
        "journey GET /a: nothing of it was answered as it expects (GET /a: status 404, expected "
        "2xx, 7 times). Is this the service that it was written for?",
    ]


def test_some_failures_and_journeys_that_never_came_are_no_fault_of_the_measuring() -> None:
    tally, _ = measured(TEAMS, 10, failed=9)
    result = Result(tallies={TEAMS: tally}, health=health(visits={"browse": 3}))
    result.failures.add(TEAMS, "status 500, expected 200", "GET /api/teams")
    assert list(faults_of(a_run(result))) == []


def test_a_run_that_was_ended_early_need_not_have_reached_everything() -> None:
    tally, _ = measured(TEAMS, 1, failed=1)
    result = Result(tallies={TEAMS: tally}, health=health(visits={"browse": 1}))
    result.failures.add(TEAMS, "status 500, expected 200", "GET /api/teams")
    assert list(faults_of(replace(a_run(result), ended_early="interrupted"))) == []
