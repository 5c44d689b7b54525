"""What generators hand over, and what it adds up to."""

from __future__ import annotations

from collections import Counter

import msgpack  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

from scenarios.counts import Counts
from scenarios.histograms import Endpoint, Tally
from scenarios.wire import Health, Report, Result

TEAMS = Endpoint("browse", "GET /api/teams")
requests = st.lists(
    st.tuples(st.floats(0, 90), st.floats(0, 30), st.booleans()), min_size=1, max_size=20
)


def counts_of(part: list[tuple[float, float, bool]]) -> Counts:
    counts = Counts()
    for due_s, taken_s, ok in part:
        counts.add(due_s, taken_s, taken_s / 2, ok)
    return counts


def report_of(part: list[tuple[float, float, bool]], answered: int, *, last: bool) -> Report:
    report = Report(1.0, answered, last=last, counts={TEAMS: counts_of(part)})
    report.lag[1234] += 1
    return report


def as_it_arrives(report: Report) -> Report:
    """Through the encoding that Locust's messages have."""
    packed = msgpack.dumps(report.to_plain())
    return Report.from_plain(msgpack.loads(packed, strict_map_key=False))


def as_plain(tally: Tally) -> tuple[object, ...]:
    return (
        list(tally.corrected.counts),
        list(tally.uncorrected.counts),
        dict(tally.by_second),
        tally.failed_by_second,
        tally.finished_by_second,
        tally.corrected.get_max_value(),
    )


@given(requests, requests)
def test_reports_add_up_to_what_one_place_would_have_counted(
    first: list[tuple[float, float, bool]], second: list[tuple[float, float, bool]]
) -> None:
    result, whole = Result(finished=False), Tally()
    answered = len(first) + len(second)
    result.take(as_it_arrives(report_of(first, len(first), last=False)))
    result.take(as_it_arrives(report_of(second, answered, last=True)))
    for due_s, taken_s, ok in first + second:
        whole.add(due_s, taken_s, taken_s / 2, ok)
    assert as_plain(result.tallies[TEAMS]) == as_plain(whole)
    assert result.finished
    assert result.answered == answered
    assert result.lag.get_total_count() == 2


def test_a_report_arrives_as_it_was_sent() -> None:
    report = report_of([(1.5, 0.25, False), (2.5, 0.125, True)], 2, last=True)
    report.health = Health(scheduled=3, errors={"oh": 1}, visits={"browse": 2})
    report.failures.add(TEAMS, "status 500, expected 200", "GET /api/teams, oh")
    report.loop_lag = Counter({20: 3})
    assert as_it_arrives(report) == report


def test_a_report_that_was_lost_on_the_way_leaves_the_result_unfinished() -> None:
    some = [(1.0, 0.1, True)] * 3
    result = Result(finished=False)
    result.take(report_of(some, 3, last=False))
    assert not result.finished
    result.take(report_of(some, 9, last=True))
    assert not result.finished
    assert result.answered == 6
