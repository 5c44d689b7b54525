from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from reports.evidence import AnyRecord, Instrument, Measurement, decode
from scenarios import breakpoint as breakpoint_
from scenarios import recorder, summary
from scenarios.__main__ import main
from scenarios.histograms import Endpoint, Tally
from scenarios.holds import parse
from scenarios.plan import Plan
from scenarios.preflight import NotReadyError
from scenarios.runs import Run
from scenarios.shapes import profile
from scenarios.wire import Result
from scenarios.words import EVIDENCE
from suites.framework.scenarios.loopback import serving
from suites.framework.scenarios.test_recorder import a_run, health

AT = Endpoint("GET /a", "GET /a")
PLAN = Plan(url="http://127.0.0.1:1", profile=profile("breakpoint"), paths=("/a",))
HOLDS = parse("p95<200ms")


def carrying(rate_per_s: float) -> Callable[[Plan], Run]:
    """Runs of a service whose answers take a second above a rate."""

    def play(plan: Plan) -> Run:
        shape, tally = plan.profile.shape, Tally()
        quick = shape.peak_per_s <= rate_per_s
        for number in range(2_000):
            taken = 0.01 if quick else 1.0
            tally.add(number * shape.duration_s / 2_000, taken, taken, ok=True)
        result = Result(tallies={AT: tally}, health=health(measured_s=shape.duration_s))
        ended = "" if quick else f"{HOLDS[0]} cannot be kept any more: of 9"
        return replace(a_run(result), plan=plan, ended_early=ended)

    return play


def found_at(rate_per_s: float) -> tuple[breakpoint_.Found, list[AnyRecord]]:
    found = breakpoint_.find(PLAN, HOLDS, carrying(rate_per_s))
    return found, list(breakpoint_.records(found))


def test_the_highest_rate_that_holds_is_recorded_with_its_interval() -> None:
    found, records = found_at(330)
    (visits,) = (item for item in records if isinstance(item, Measurement)
                 and item.metric == "breakpoint_visits_per_s")  # fmt: skip
    assert visits.low == visits.value <= 330
    assert visits.high is not None
    assert 330 < visits.high <= visits.value * 1.1
    assert visits.dimensions == {"holds": "http_latency_p95_ms < 200"}
    (bracketed,) = (item for item in records if isinstance(item, Instrument)
                    and item.name == "breakpoint_bracketed")  # fmt: skip
    assert (bracketed.value, bracketed.total) == (2, 2)
    tried = [item for item in records if isinstance(item, Measurement)
             and item.metric == "breakpoint_trial_http_latency_p95_ms"]  # fmt: skip
    assert len(tried) == len(found.trials)


def test_the_run_that_held_is_recorded_as_any_run_and_the_broken_one_apart() -> None:
    found, records = found_at(330)
    (p95,) = (item for item in records if isinstance(item, Measurement)
              and item.metric == "http_latency_p95_ms"
              and item.dimensions == {"scenario": "mix", "endpoint": recorder.ALL})  # fmt: skip
    assert p95.value == pytest.approx(10, rel=1e-3)
    names = [item.name for item in records if isinstance(item, Instrument)]
    assert names.count("generator_cpu_share") == names.count("breakpoint_generator_cpu_share") == 1
    said = summary.of_a_search(found, records, Path("x"))
    assert said.startswith("breakpoint http_latency_p95_ms < 200 holds up to ")
    assert said.count(" visits/s  ") == len(found.trials)


@pytest.mark.parametrize(
    ("carries", "ends", "told"),
    [
        (0.01, 1, "broke at 0.7812 visits/s, the lowest that was tried"),
        (1e9, 1, "held at 2.621e+07 visits/s, the highest that was tried"),
    ],
)
def test_a_service_that_breaks_at_once_or_never_is_said_to(
    carries: float, ends: int, told: str
) -> None:
    found, records = found_at(carries)
    (bracketed,) = (item for item in records if isinstance(item, Instrument)
                    and item.name == "breakpoint_bracketed")  # fmt: skip
    assert bracketed.value == ends
    assert told in bracketed.detail
    known = any(isinstance(item, Measurement) and item.metric == "breakpoint_visits_per_s"
                for item in records)  # fmt: skip
    assert known == (found.bracket.held_per_s is not None)


def test_a_rate_at_which_nothing_was_answered_at_all_has_held_no_limit() -> None:
    play = carrying(math.inf)

    def silent_above(plan: Plan) -> Run:
        run = play(plan)
        quiet = replace(run, results=(replace(run.results[0], tallies={}),))
        return run if plan.profile.shape.peak_per_s <= 330 else quiet

    found = breakpoint_.find(PLAN, HOLDS, silent_above)
    assert found.bracket.held_per_s is not None
    assert found.bracket.broke_per_s is not None
    assert found.bracket.held_per_s <= 330 < found.bracket.broke_per_s
    assert {one.outcome for one in found.trials if one.rate_per_s > 330} == {"broke"}


def test_somebody_who_interrupts_gets_what_was_found_until_then() -> None:
    play = carrying(330)

    def until_the_third(plan: Plan) -> Run:
        run = play(plan)
        return replace(run, ended_early="interrupted") if plan.seed == PLAN.seed + 2 else run

    found = breakpoint_.find(PLAN, HOLDS, until_the_third)
    assert found.interrupted
    assert [trial.outcome for trial in found.trials] == ["held", "held", "unclear"]


# --- the command ---------------------------------------------------------------------------------


def words(url: str, out: Path, *more: str) -> list[str]:
    return ["run", "--url", url, "--path", "/ok", "--warm-up", "0s", "--out", str(out), *more]


def test_a_run_ends_once_a_limit_is_beyond_reach_and_keeps_what_was_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving(stall_after=100, stall_s=3.0) as server:
        load = words(
            server.url, tmp_path, "--rate", "150", "--duration", "40s", "--arrivals", "even"
        )
        assert main([*load, "--abort", "--hold", "p95<1ms"]) == 1
    assert "ended early: http_latency_p95_ms < 1 cannot be kept any more" in capsys.readouterr().err
    records = [decode(line) for line in (tmp_path / EVIDENCE).read_text().splitlines()]
    (length,) = (item for item in records if isinstance(item, Instrument)
                 and item.name == "load_seconds")  # fmt: skip
    assert length.value < 40
    assert "ended early: http_latency_p95_ms < 1" in length.detail


@pytest.mark.parametrize(
    ("hold", "trials", "code", "said"),
    [
        ("p50<0.001ms", 2, 2, "broke at 30 visits/s, the lowest that was"),
        ("p50<60s", 1, 0, "held at 60 visits/s, the highest that was tried"),
    ],
)
def test_the_rate_that_a_service_carries_is_looked_for_by_the_command(
    hold: str,
    trials: int,
    code: int,
    said: str,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("scenarios.search.MOST_TRIALS", trials)
    with serving() as server:
        load = words(server.url, tmp_path, "--rate", "60", "--duration", "1s", "--hold", hold)
        assert main([*load, "--profile", "breakpoint"]) == code
    heard = capsys.readouterr()
    assert said in heard.out
    assert ("no rate is known to hold" in heard.err) == bool(code)
    assert (tmp_path / EVIDENCE).exists()


def test_a_service_that_is_gone_after_a_trial_ends_the_search_and_loses_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def must_answer(url: str) -> None:
        asked.append(url)
        if len(asked) == 3:  # before the command, before the first trial, before the second
            raise NotReadyError(f"{url} cannot be reached: gone")

    for module in ("__main__", "running"):
        monkeypatch.setattr(f"scenarios.{module}.must_answer", must_answer)
    with serving() as server:
        load = words(server.url, tmp_path, "--rate", "60", "--duration", "1s", "--hold", "p50<60s")
        assert main([*load, "--profile", "breakpoint"]) == 0
    heard = capsys.readouterr()
    assert "cannot be reached: gone" in heard.err
    assert "held at 60 visits/s, the highest that was tried" in heard.out


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--abort",), "--abort: needs at least one limit, as in --hold p95<200ms"),
        (("--profile", "breakpoint"), "--profile breakpoint: needs at least one limit"),
        (("--hold", "p95<9ms"), "--hold: only with --abort or --profile breakpoint"),
        (("--abort", "--hold", "p95"), "--hold: expected limits like p95<200ms"),
        (("--abort", "--hold", "p95<9ms", "--closed", "2"), "--abort: not with --closed"),
        (("--profile", "breakpoint", "--hold", "p95<9ms", "--ui"), "--ui: not with --profile"),
        (("--connections", "0"), "--connections: expected a number above 0"),
        (("--log-ins", "-1"), "--log-ins: expected 0 or more"),
        (("--warm-up", "soon"), "--warm-up: expected a length of time"),
        (("--timeout", "0"), "--timeout: expected a length of time above 0"),
        (("--knots", "0:5"), "--knots: expected SECONDS@RATE with commas between"),
        (("--knots", "5@5,9@5"), "--knots: knots: expected a duration above 0 s"),
    ],
)
def test_limits_and_parameters_that_make_no_sense_are_refused_in_a_line(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(words("http://127.0.0.1:1", tmp_path, *more)) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 1
