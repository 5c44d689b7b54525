from __future__ import annotations

import pytest

from reports.clusters import LONGEST_TRACE, cause_of, clusters_of, short_trace
from reports.evidence import Check
from suites.framework.reports.runs import check

DETAIL = """\
suites/unit/test_x.py:10:
/venv/site-packages/httpx/client.py:99: ConnectError
fixtures/clients.py:44: AssertionError
        answer = client.get("/")
>       assert answer.status_code == 200
E       AssertionError: assert 500 == 200
E        +  where 500 = answer.status_code"""


def failed(name: str, message: str, detail: str = "", at: str = "") -> Check:
    return check(name, "failed", message=message, detail=detail, at=at)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("expected 200, found 404", "expected 200, found 500"),
        ("no session 6f1ed002ab559585", "no session 00ffed02ab559585"),
        ("id 3f2504e0-4f89-11d3-9a0c-0305e82c3301", "id 3f2504e0-4f89-11d3-9a0c-0305e82c3302"),
        ("<Page object at 0x7f42>", "<Page object at 0x9b1c>"),
        ("boom\nfirst detail", "boom\nsecond detail"),
    ],
)
def test_what_varies_from_test_to_test_makes_no_cause_of_its_own(one: str, other: str) -> None:
    assert cause_of(failed("a", one)) == cause_of(failed("b", other))


@pytest.mark.parametrize(
    ("one", "other"),
    [("KeyError: 'etag'", "KeyError: 'vary'"), ("expected a", "expected b"), ("a", "")],
)
def test_words_tell_causes_apart(one: str, other: str) -> None:
    assert cause_of(failed("a", one)) != cause_of(failed("b", other))


def test_the_same_words_from_another_file_are_another_cause() -> None:
    here = failed("a", "boom", "suites/x/one.py:3: ValueError")
    there = failed("b", "boom", "suites/x/two.py:3: ValueError")
    moved = failed("c", "boom", "suites/x/one.py:9: ValueError")
    assert cause_of(here) == cause_of(moved) != cause_of(there)


def test_clusters_begin_with_what_failed_first() -> None:
    found = clusters_of([
        failed("late", "boom", at="2026-01-01T00:00:03"),
        failed("other", "bang", at="2026-01-01T00:00:02"),
        failed("early", "boom", at="2026-01-01T00:00:01"),
        check("fine"), check("left out", "skipped"),
    ])  # fmt: skip
    assert [[c.id.rpartition("::")[2] for c in cluster.checks] for cluster in found] == [
        ["early", "late"],
        ["other"],
    ]


def test_errors_are_clustered_beside_failures() -> None:
    assert len(clusters_of([check("a", "error", message="x"), failed("b", "x")])) == 1


def test_a_short_trace_keeps_our_frames_and_the_line_that_failed() -> None:
    shown = short_trace(DETAIL).splitlines()
    assert shown == [
        "suites/unit/test_x.py:10:",
        "fixtures/clients.py:44: AssertionError",
        ">       assert answer.status_code == 200",
        "E       AssertionError: assert 500 == 200",
        "E        +  where 500 = answer.status_code",
    ]


def test_a_detail_without_a_traceback_is_kept_and_cut_in_its_middle() -> None:
    assert short_trace("one\ntwo") == "one\ntwo"
    lines = short_trace("\n".join(f"line {n}" for n in range(100))).splitlines()
    assert len(lines) <= LONGEST_TRACE
    assert (lines[0], lines[-1]) == ("line 0", "line 99")
    assert "left out" in "".join(lines)
