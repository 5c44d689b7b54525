"""How a run stands while it lasts: what is shown, and who may end it."""

from __future__ import annotations

import io
from collections import Counter

import pytest

from scenarios import shapes
from scenarios.conductor import Conductor
from scenarios.histograms import Endpoint, Tally
from scenarios.live import CLEAR, Line, line
from scenarios.moments import Moment, moment_of
from scenarios.observer import Observer
from scenarios.plan import Plan
from scenarios.wire import Health, Report, Result
from suites.framework.scenarios.loopback import serving
from suites.framework.scenarios.test_generator import profile

PLAN = Plan(url="http://127.0.0.1:1", profile=profile(shapes.ramp(0, 100, 10)), paths=("/a",), of=2)
AT = Endpoint("GET /a", "GET /a")


def result_of(latencies_s: list[float], due_s: float, failed: int = 0) -> Result:
    tally = Tally()
    for number, taken in enumerate(latencies_s):
        tally.add(due_s, taken, taken, ok=number >= failed)
    return Result(tallies={AT: tally}, health=Health(begun=len(latencies_s)), finished=False)


def test_a_moment_is_the_last_second_that_every_generator_has_reported() -> None:
    results = [result_of([0.010] * 30, 3.5), result_of([0.030] * 20 + [0.5], 3.2, failed=1)]
    results[0].tallies[AT].add(4.5, 9.0, 9.0, ok=True)  # of a second that one has not reported
    reports = [
        Report(5.01, 30, waiting=2, cpu_share=0.2, lag=Counter({900: 3, 4000: 1})),
        Report(4.02, 21, waiting=1, cpu_share=0.6, loop_lag=Counter({700: 9})),
    ]
    moment = moment_of(PLAN, 5.1, reports, results)
    assert (moment.reporting, moment.waiting, moment.started) == (2, 3, 51)
    assert (moment.answered, moment.failed, moment.failures_per_s) == (52, 1, 1)
    assert moment.latencies.total() == 51
    assert moment.offered_per_s == pytest.approx(30)
    assert moment.percentile_ms(50) == pytest.approx(10, rel=1e-3)
    assert moment.percentile_ms(95) == pytest.approx(30, rel=1e-3)
    assert moment.percentile_ms(100) == pytest.approx(500, rel=1e-3)
    assert (moment.lag_ms, moment.loop_lag_ms, moment.cpu_share) == (4.0, 0.7, 0.6)


def a_moment() -> Moment:
    reports = [Report(4.0, 30, cpu_share=0.25, lag=Counter({1500: 1}))]
    return moment_of(PLAN, 4.0, reports, [result_of([0.010] * 30, 3.5, failed=2)])


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_the_line_says_rate_latency_errors_lag_and_time_left() -> None:
    assert line(a_moment()) == (
        "    4 s  30 answers/s  p50 10.0  p95 10.0  p99 10.0 ms  2 of 30 failed  lag 1.5 ms  "
        "generator 25%  6 s left"
    )


def test_a_line_is_written_over_on_a_terminal_and_nowhere_else() -> None:
    terminal, file = Terminal(), io.StringIO()
    for stream in (terminal, file):
        shown = Line(stream)
        shown.show(a_moment())
        shown.show(a_moment())
        shown.say("done")
        shown.end()
    assert terminal.getvalue() == f"{CLEAR}{line(a_moment())}" * 2 + "\ndone\n"
    assert file.getvalue() == "done\n"


def test_a_watcher_sees_each_second_and_may_end_the_run_in_order() -> None:
    seen: list[Moment] = []

    def enough(moment: Moment) -> str:
        seen.append(moment)
        return "p95 over its limit for 2 s" if len(seen) == 2 else ""

    with serving() as server:
        plan = Plan(url=server.url, profile=profile(shapes.constant(40, 60)), paths=("/ok",))
        run = Conductor(plan, 1, Observer(), watchers=(enough,)).conduct()
    assert run.ended_early == "p95 over its limit for 2 s"
    assert [int(moment.second) for moment in seen[:2]] == sorted({int(m.second) for m in seen[:2]})
    assert seen[0].latencies.total() > 0
    assert 2 <= run.seconds < 30
    assert run.lost == 0
    assert all(result.health.interrupted for result in run.results)
