from __future__ import annotations

import dataclasses
from pathlib import Path

import pytest

from scenarios import conductor, shapes
from scenarios.conductor import Conductor, LoadError
from scenarios.histograms import merged
from scenarios.observer import Observer
from scenarios.plan import Plan
from scenarios.runs import Run
from scenarios.shapes import Knot, Profile, Shape
from scenarios.soundness import records as instruments_of
from suites.framework.scenarios.journeys_for_tests import ends_one
from suites.framework.scenarios.loopback import Loopback, serving

HERE = "suites.framework.scenarios.journeys_for_tests"
STALL_S = 1.5


def profile(shape: Shape, **changed: float) -> Profile:
    plain = Profile("test", shape, "", process="even", warm_up_s=0.0, timeout_s=5.0)
    return dataclasses.replace(plain, **changed)  # type: ignore[arg-type]


def play(server: Loopback, shape: Shape, *, generators: int = 1, **plan: object) -> Run:
    """One run; a float in `plan` that the profile knows belongs to the profile."""
    names = {item.name for item in dataclasses.fields(Profile)}
    changed = {name: plan.pop(name) for name in names & plan.keys()}
    paths = () if "journeys" in plan else ("/ok",)
    whole = Plan.model_validate(
        {"url": server.url, "profile": profile(shape, **changed), "paths": paths, **plan}  # type: ignore[arg-type]
    )
    return Conductor(whole, generators, Observer()).conduct()


def reasons(run: Run) -> dict[str, int]:
    return {
        f"{endpoint.operation}: {reason}": count
        for result in run.results
        for (endpoint, reason), count in result.failures.counts.items()
    }


def test_a_stall_is_charged_to_everybody_who_was_due_in_it() -> None:
    rate, seconds = 100, 4
    with serving(stall_after=100, stall_s=STALL_S) as server:
        run = play(server, shapes.constant(rate, seconds), connections=2)
    total = merged(run.tallies.values())
    assert total.count == rate * seconds
    # Whoever was due in the stall waited for its end: the 5 % most unlucky of all are those due in
    # its first 0.2 s. Of two connections two requests were under way; nothing else looks slow.
    corrected = total.corrected.get_value_at_percentile(95) / 1e6
    uncorrected = total.uncorrected.get_value_at_percentile(95) / 1e6
    assert corrected > STALL_S / 2
    assert uncorrected < STALL_S / 4
    assert total.failed == 0


def test_a_visit_comes_at_its_moment_though_earlier_ones_have_no_answer() -> None:
    with serving(stall_after=1, stall_s=STALL_S) as server:
        run = play(server, shapes.constant(50, 1))
        assert server.answered == 50
    (result,) = run.results
    assert result.health.begun == 50
    assert result.lag.get_value_at_percentile(95) / 1e6 < STALL_S / 4
    assert merged(run.tallies.values()).corrected.get_max_value() / 1e6 > STALL_S / 2


def test_a_visit_that_begins_late_is_charged_from_when_it_was_due(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    late_s = 0.6
    monkeypatch.setattr(conductor, "LEAD_S", -late_s)  # the word to start comes after the start
    with serving() as server:
        run = play(server, shapes.constant(20, 1))
    (result,) = run.results
    assert result.health.on_time < result.health.begun == 20
    total = merged(run.tallies.values())
    first_due_s = 1 / 20
    assert total.corrected.get_max_value() / 1e6 >= late_s - first_due_s
    assert total.corrected.get_max_value() > total.uncorrected.get_max_value()


def test_an_unexpected_answer_is_a_failure_with_its_reason_and_an_example() -> None:
    paths = ("/ok", "/broken", "/moved", "/cut", "/half", "/endless")
    with serving() as server:
        run = play(server, shapes.constant(60, 1), paths=paths)
        assert server.answered == 60, "a request was repeated behind the measurement's back"
    counts = {endpoint.operation: tally.count for endpoint, tally in run.tallies.items()}
    assert sum(counts.values()) == 60
    assert reasons(run) == {
        "GET /broken: status 500, expected 2xx": counts["GET /broken"],
        "GET /moved: status 302, expected 2xx": counts["GET /moved"],
        "GET /cut: no answer: HTTPConnectionClosed": counts["GET /cut"],
        "GET /half: status 200, answer cut off in the middle": counts["GET /half"],
    }
    assert {
        endpoint.operation: tally.failed for endpoint, tally in run.tallies.items() if tally.failed
    } == {name: count for name, count in counts.items() if name not in ("GET /ok", "GET /endless")}
    assert run.results[0].health.errors == {}
    examples = [text for shown in run.results[0].failures.examples.values() for text in shown]
    assert 'GET /broken, {"title": "broken on purpose"}' in examples
    assert all(examples)


def test_an_answer_that_never_comes_is_a_failure_after_the_time_limit() -> None:
    with serving(stall_after=5, stall_s=3.0) as server:
        run = play(server, shapes.constant(10, 1), timeout_s=0.5)
    assert reasons(run) == {"GET /ok: no answer within 0.5 s": 6}


def test_html_where_json_is_read_is_a_failure() -> None:
    with serving() as server:
        run = play(server, shapes.constant(10, 1), journeys=f"{HERE}.html")
    assert reasons(run) == {"GET /page: status 200 with text/html, expected JSON": 10}


def test_a_later_step_is_due_when_the_thinking_after_the_one_before_is_done() -> None:
    with serving() as server:
        run = play(server, shapes.constant(20, 1), journeys=f"{HERE}.two_steps", think_s=0.2)
        assert server.answered == 40
    total = merged(run.tallies.values())
    assert total.count == 40
    assert total.corrected.get_value_at_percentile(50) / 1e6 < 0.2


def test_a_journey_that_raises_is_an_error_of_the_generator_not_of_the_service() -> None:
    with serving() as server:
        run = play(server, shapes.constant(10, 1), journeys=f"{HERE}.raises")
    errors = run.results[0].health.errors
    assert errors == {"journey raises: RuntimeError: the journey itself is faulty": 10}
    assert merged(run.tallies.values()).failed == 0


def test_a_generator_that_dies_is_missed_and_the_other_ones_numbers_stay(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv(ends_one.FILE, str(tmp_path / "first"))
    with serving() as server:
        run = play(server, shapes.constant(20, 1), generators=2, journeys=f"{HERE}.ends_one")
    assert [result.finished for result in run.results].count(True) == 1
    assert merged(run.tallies.values()).count == 10
    assert run.seconds == 1
    found = {item.name: item for item in instruments_of(run)}
    assert (found["generators_finished"].value, found["generators_finished"].total) == (1, 2)


def test_what_a_generator_had_handed_over_outlives_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Twenty visits long before the report of the first second, and its end long after it."""
    monkeypatch.setenv(ends_one.FILE, str(tmp_path / "first"))
    monkeypatch.setenv(ends_one.AFTER, "36")
    knots = (Knot(0, 50), Knot(0.4, 50), Knot(0.4, 0), Knot(1.5, 0), Knot(1.5, 50), Knot(2, 50))
    with serving() as server:
        run = play(server, Shape("two bursts", knots), journeys=f"{HERE}.ends_one")
    assert run.lost == 1
    assert merged(run.tallies.values()).count == 20
    assert run.seconds == 1


def test_visits_beyond_the_bound_are_lost_and_counted() -> None:
    with serving(stall_after=1, stall_s=STALL_S) as server:
        run = play(server, shapes.constant(50, 1), visits_at_once_max=10)
    (result,) = run.results
    assert result.health.scheduled == 50
    assert result.health.begun == 10
    assert result.health.lost == 40


def test_people_who_cannot_log_in_stop_the_load_before_it_begins() -> None:
    player = {
        "username": "p{number}",
        "password": "secret",
        "log_in": {"path": "/in", "body": {"name": "{username}"}, "token": "/token"},
    }
    with (
        serving() as server,
        pytest.raises(LoadError, match=r"nobody could log in before the load: POST /in: status"),
    ):
        play(server, shapes.constant(10, 1), journeys="scenarios.journeys", player=player)


def test_players_of_a_service_that_wants_a_form_log_in_by_one() -> None:
    log_in = {
        "path": "/in",
        "body": {"username": "{username}", "password": "{password}"},
        "token": "/access_token",
    }
    player = {"username": "a&b {number}", "password": "c=d", "log_in": {**log_in, "form": True}}

    def played() -> Run:
        return play(
            server, shapes.constant(2, 1), player=player, journeys="scenarios.journeys",
            sessions_first=2,
        )  # fmt: skip

    with serving() as server:
        assert sum(result.health.begun for result in played().results) >= 2
        player["log_in"] = log_in
        with pytest.raises(LoadError, match="POST /in: status 422, expected 200"):
            played()


def test_a_generator_that_cannot_reach_the_service_says_so_before_the_load() -> None:
    with serving() as server:
        pass
    with pytest.raises(LoadError, match=rf"cannot reach {server.url}: .*Connection refused"):
        play(server, shapes.constant(10, 1))
