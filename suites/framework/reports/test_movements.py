from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from reports.evidence import Series
from reports.movements import broke
from reports.render.rows import broke_row
from reports.verdicts import Broke, Reading
from suites.framework.reports.runs import (
    LATENCY,
    judged,
    layer,
    measured,
    objective,
    objectives,
    of,
)

SECONDS = range(60)
BAD = range(30, 42)
MIX = {"scenario": "mix"}


def series(
    metric: str, value: Callable[[int], float], seconds: Sequence[int] = SECONDS, **where: str
) -> Series:
    points = tuple((float(s) + 0.1, float(value(s))) for s in seconds)
    return Series(metric=metric, unit="ms", start="2026-01-01T12:00:00+00:00", points=points,
                  dimensions=where or MIX)  # fmt: skip


def wobble(second: int) -> float:
    return second * 7 % 13


LATENCIES = series("latency_p95_ms", lambda s: 400 if s in BAD else 50)
LOCKS = series("waits", lambda s: 9 + wobble(s) if s in BAD else 0, of="Lock")
MEMORY = series("memory_mb", lambda s: 100 + wobble(s))
HITS = series("hits", lambda s: 0.2 if s in BAD and s != 35 else 0.9)


def reading(op: str = "<", limit: float = 200) -> Reading:
    return Reading(kind="measurement", state="missed", subject="x", layer="load", why="",
                   op=op, limit=limit)  # fmt: skip


def found(*others: Series, own: Series = LATENCIES) -> Broke:
    result = broke(reading(), own.metric, [own, *others])
    assert result is not None
    return result


def test_what_moved_when_a_limit_broke_is_ranked_and_what_did_not_is_left_out() -> None:
    result = found(MEMORY, HITS, LOCKS)
    assert result.when == (
        "beyond the limit in 12 of 60 seconds, first at 30 s; beside the other seconds"
    )
    assert [(item.series, item.otherwise) for item in result.moved] == [
        ("waits{of=Lock}", 0), ("hits", 0.9),
    ]  # fmt: skip
    locks, hits = result.moved
    assert locks.effect == 1
    assert hits.effect == pytest.approx(-11 / 12)
    assert locks.during > 9


def test_other_quantiles_of_what_broke_are_no_news() -> None:
    assert found(series("latency_p99_ms", lambda s: 900 if s in BAD else 60)).moved == ()


def test_operations_come_first_and_do_not_crowd_out_the_rest() -> None:
    operations = [
        series("operation_ms", lambda s: s in BAD, operation=f"GET /{number}")
        for number in range(9)
    ]
    names = [item.series for item in found(*operations, LOCKS).moved]
    assert len(names) == 4
    assert names[-1] == "waits{of=Lock}"


def test_a_run_that_was_broken_throughout_is_held_against_its_own_better_part() -> None:
    rising = series("latency_p95_ms", lambda s: 300 + s)
    result = found(series("cpu", lambda s: 0.1 + (s > 30)), MEMORY, own=rising)
    assert "nearly throughout; its worst third beside its best" in result.when
    assert [(item.series, item.effect) for item in result.moved] == [("cpu", 1)]


def test_a_few_seconds_say_when_and_compare_nothing() -> None:
    twice = series("latency_p95_ms", lambda s: 400 if s in (7, 9) else 50)
    result = found(LOCKS, own=twice)
    assert result.when == ("beyond the limit in 2 of 60 seconds, first at 7 s: too few to compare")
    assert result.moved == ()


@pytest.mark.parametrize(
    "rows",
    [
        [LOCKS],  # no series of the metric itself
        [series("latency_p95_ms", lambda s: 400, scenario="browse"), LOCKS],  # only of a part
        [series("latency_p95_ms", lambda s: 50), LOCKS],  # never beyond the limit
        [series("latency_p95_ms", lambda s: 400, range(5)), LOCKS],  # too short for thirds
    ],
)
def test_where_nothing_tells_nothing_is_said(rows: list[Series]) -> None:
    assert broke(reading(), "latency_p95_ms", rows) is None


def test_a_lower_limit_is_broken_from_below() -> None:
    rates = series("rate", lambda s: 10 if s in BAD else 1000)
    result = broke(reading(">=", 900), "rate", [rates, LOCKS])
    assert result is not None
    assert [item.series for item in result.moved] == ["waits{of=Lock}"]


def test_only_a_missed_measurement_says_what_moved_and_the_page_says_it_in_words() -> None:
    clause = {**LATENCY, "metric": "latency_p95_ms"}
    rows = objectives(objective("fast", clause), layers=("load",))
    for value, state in ((300.0, "missed"), (100.0, "met")):
        record = measured(value, metric="latency_p95_ms")
        verdict = of(judged([layer("load", record, LATENCIES, LOCKS)], rows), "fast")
        assert verdict.state == state
        assert bool(verdict.broke) == (state == "missed")
        if verdict.broke:
            row = broke_row(verdict.broke[0])
            assert row.moved == ("waits{of=Lock}: 14.5 ms, otherwise 0 ms (higher, always)",)
