"""Sections of the page in words: failures, flaky tests, load, rights, the past, materials."""

from __future__ import annotations

import base64
import json
import zlib
from pathlib import Path
from typing import Any

import pytest

from reports.compare import compare
from reports.evidence import Measurement, Series
from reports.history import Entry, History, Value
from reports.past import Past, past_of
from reports.render import compose, failures, head, layers, load, since
from reports.render.charts import Limit, charts_of, percentile_place
from reports.render.failures import cluster_rows, flaky_rows, slowest_rows
from reports.render.html import HtmlRenderer
from reports.render.load import load_view
from reports.render.matrix import access_matrix
from reports.render.rows import DASH
from reports.render.since import drifts_of, since_rows, trend_row
from reports.sbom import Sbom, _licences, read_sboms
from reports.trends import Creep, Jump, Trend
from suites.framework.reports.render.pages import bad_view, view
from suites.framework.reports.runs import (
    LATENCY,
    PARSED,
    TREE,
    check,
    instrument,
    layer,
    measured,
    objective,
    objectives,
)


def entry(run: str, **more: object) -> Entry:
    body = {"began": run, "judged_at": "", "policy": "commit", "release": "GO", **more}
    return Entry(run=run, **body)  # type: ignore[arg-type]


def past_with(*entries: Entry, now: Entry | None = None) -> Past:
    present = now or entry("9")
    return past_of(History(entries), present, None, ())


# --- failures ----------------------------------------------------------------------------------


def test_a_cluster_says_whether_its_failures_are_new() -> None:
    bad = [check("a", "failed", message="x 1"), check("b", "failed", message="x 2")]
    now = entry("9", failures={item.id: "failed" for item in bad})
    before = entry("1", failures={bad[0].id: "failed"})
    (row,) = cluster_rows(bad, past_with(before, now=now))
    assert (row.amount, row.age) == (2, "1 new")
    (row,) = cluster_rows(bad, past_with(entry("1"), now=now))
    assert row.age == "new"
    (row,) = cluster_rows(bad, Past())
    assert row.age == ""


def test_attachments_say_what_they_are_and_how_to_open_them() -> None:
    made = check("a", "failed", attachments=("attachments/e2e/a-1-page.png",
                 "attachments/e2e/a-2-trace.zip", "attachments/e2e/a-3.har"))  # fmt: skip
    (row,) = cluster_rows([made], Past())
    assert [item.label for item in row.attachments] == [
        "screenshot", "trace", "network log (HAR)",
    ]  # fmt: skip
    assert row.attachments[1].hint.endswith("show-trace attachments/e2e/a-2-trace.zip")


def test_a_test_that_failed_and_passed_on_the_same_files_is_flaky() -> None:
    layers = {"unit": 1.0}
    now_passed = check("a", layer="unit")
    then_failed = entry("1", tree=TREE, failures={now_passed.id: "failed"}, layers=layers)
    assert "passed now, failed in 1 on the same files" in "".join(
        flaky_rows([now_passed], past_with(then_failed), TREE)
    )
    now_failed = check("a", "failed", layer="unit")
    then_passed = entry("1", tree=TREE, layers=layers)
    assert "failed now, passed in 1 on the same files" in "".join(
        flaky_rows([now_failed], past_with(then_passed), TREE)
    )


@pytest.mark.parametrize(
    "then",
    [
        {"tree": "another", "failures": {"suites/x/test_x.py::a": "failed"}},
        {"tree": TREE, "failures": {"suites/x/test_x.py::a": "skipped"}},
        {"tree": TREE},
    ],
)
def test_what_is_explained_by_other_files_or_did_not_run_is_not_flaky(then: Any) -> None:
    assert flaky_rows([check("a", layer="unit")], past_with(entry("1", **then)), TREE) == ()
    failed = check("a", "failed", layer="unit")
    assert flaky_rows([failed], past_with(entry("1", **then)), TREE) == ()


def test_the_slowest_tests_come_first() -> None:
    rows = slowest_rows([check("fast", seconds=0.1), check("slow", seconds=30.0), check("none")])
    assert [row.rpartition("::")[2] for row in rows] == ["slow", "fast"]


# --- load --------------------------------------------------------------------------------------


def latency(name: str, value: float, endpoint: str = "GET /a", **more: Any) -> Measurement:
    return Measurement(metric=f"http_latency_{name}_ms", value=value, unit="ms", samples=100,
                       dimensions={"endpoint": endpoint, "scenario": "mix"}, **more)  # fmt: skip


def test_an_endpoint_shows_percentiles_with_intervals_corrected_and_not() -> None:
    made = layer("load", latency("p50", 5.0), latency("p95", 9.0, low=8.0, high=10.0),
                 latency("uncorrected_p99", 7.0), latency("p50", 1.0, "*all*"))  # fmt: skip
    rows = {row.name: row for row in load_view([made]).endpoints}
    assert set(rows) == {"GET /a (mix)", "all endpoints (mix)"}
    dash = "\N{EN DASH}"
    assert rows["GET /a (mix)"].cells == ("100", "5", "9 (8 to 10)", dash, dash, "7")


@pytest.mark.parametrize(
    ("low", "high", "tone"), [(1.02, 1.1, "missed"), (0.9, 0.98, "met"), (0.97, 1.03, "soft")]
)
def test_a_duet_ratio_is_slower_or_faster_only_with_its_whole_interval(
    low: float, high: float, tone: str
) -> None:
    ratio = Measurement(metric="duet_ratio_p50", value=(low + high) / 2, unit="ratio", low=low,
                        high=high, dimensions={"endpoint": "GET /a"})  # fmt: skip
    made = load_view([layer("load", ratio)])
    (row,) = made.duet
    assert row.tone == tone
    assert row.low < row.value < row.high
    assert (row.low > made.duet_one) == (tone == "missed")


def test_charts_of_a_layer_share_the_time_of_its_first_series() -> None:
    early = Series(metric="a", unit="ms", start="2026-01-01T00:00:00+00:00", points=((0.0, 1.0),))
    late = Series(metric="b", unit="ms", start="2026-01-01T00:00:05+00:00", points=((0.0, 1.0),))
    charts = charts_of([layer("load", early, late)])
    assert [chart.x for chart in charts] == [(0.0,), (5.0,)]


def test_warm_up_breach_and_fault_are_marked() -> None:
    line = Series(metric="p95_ms", unit="ms", points=((-2.0, 900.0), (0.0, 10.0), (3.0, 250.0)))
    fault = Series(metric="fault", unit="mark", points=((1.0, 1.0),), dimensions={"f": "no Redis"})
    (chart,) = charts_of([layer("load", line, fault)], {"p95_ms": Limit("<", 200)})
    assert [(mark.at, mark.text) for mark in chart.marks] == [
        (0.0, "warm-up ends"), (1.0, "no Redis"), (3.0, "p95_ms past its limit"),
    ]  # fmt: skip
    assert chart.limit == 200


def test_a_percentile_axis_gives_each_further_nine_the_same_room() -> None:
    places = [percentile_place(percent) for percent in (0, 90, 99, 99.9)]
    assert places == pytest.approx([0, 1, 2, 3])
    points = ((50.0, 5.0), (99.0, 20.0), (100.0, 90.0))
    (chart,) = charts_of(
        [layer("load", Series(metric="x_by_percentile_ms", unit="ms", points=points))]
    )
    assert chart.axis == "percentile"
    assert [tick.text for tick in chart.x_ticks][:4] == ["0 %", "50 %", "90 %", "99 %"]


# --- rights ------------------------------------------------------------------------------------


def cell(role: str, operation: str, outcome: str = "proven", **more: str) -> Measurement:
    where = {"role": role, "operation": operation, "outcome": outcome, "expected": "200", **more}
    return Measurement(metric="access_cell", value=1, unit="cells", dimensions=where)


def test_the_matrix_has_a_row_an_operation_and_a_column_a_role_and_owner() -> None:
    cells = (
        cell("visitor", "list_matches"),
        cell("player", "read_me", owner="own"),
        cell("player", "read_me", "open", owner="other", expected="404"),
    )
    text = access_matrix([layer("load", *cells)])
    head, first, second = text.splitlines()
    assert head.split("  ")[1:] != []
    assert "player, own" in head
    assert first.split() == ["list_matches", "✓", "200", "·", "·"]
    assert "✕ 404, open" in second


def test_without_cells_there_is_no_matrix() -> None:
    assert access_matrix([layer("unit")]) == ""


# --- the past ----------------------------------------------------------------------------------


def test_a_comparison_counts_what_changed() -> None:
    now = entry("2", states={"a": "missed"}, failures={"t": "failed"},
                values={"a m": Value(value=2.0, unit="ms", low=1.9, high=2.1)})  # fmt: skip
    then = entry("1", states={"a": "met"}, failures={"u": "failed"},
                 values={"a m": Value(value=1.0, unit="ms", low=0.9, high=1.95)})  # fmt: skip
    (row,) = since_rows(Past(comparisons=(compare(now, then, "release v1", {"u", "t"}),)))
    assert row.summary == "1 worse; 1 new failure, 1 fixed"
    assert row.worse == ("a: met → missed",)
    assert row.values == (("a m", "1 ms", "2 ms", "+100.0 % (intervals overlap)"),)


def test_a_trend_lies_in_its_drawing_and_says_what_it_did() -> None:
    jump = Jump("r7", "c0ffee", 10.0, 15.0, True)
    made = Trend("a m", ("r1", "r2", "r3"), (10.0, 11.0, 15.0), "ms", "<", 20.0, (jump,),
                 Creep(40, 0.2, True, 12))  # fmt: skip
    row = trend_row(made)
    assert row is not None
    heights = [float(point.split(",")[1]) for point in row.points.split()]
    assert heights == sorted(heights, reverse=True)
    assert all(0 <= height <= 20 for height in [*heights, row.limit or 0])
    assert "jumped by +50 % at run r7 (c0ffee), from 10 ms to 15 ms" in row.note
    assert "drifts, +20 % over 40 runs; at this pace 12 more to its limit" in row.note
    assert drifts_of(Past(trends={"a m": made}))[0].startswith("a: ")


def test_one_run_is_no_trend() -> None:
    assert trend_row(Trend("a", ("r",), (1.0,), "ms", "<", 2.0)) is None


def test_the_value_that_a_row_shows_is_the_one_whose_course_is_drawn() -> None:
    rows = objectives(objective("fast", LATENCY, {**PARSED, "layer": "load", "name": "seconds"}))
    load = layer("load", measured(150.0), instrument(10, 10, name="seconds"))
    name = "fast latency_ms"
    course = Trend(name, ("1", "2"), (140.0, 150.0), "ms", "<", 200.0)
    made = view([load], rows, past=Past(trends={name: course}))
    assert made.required[0].trend is not None
    assert '<svg class="spark' in HtmlRenderer().render(made)


# --- materials ---------------------------------------------------------------------------------


def test_a_bill_of_materials_is_counted_by_licence(tmp_path: Path) -> None:
    components = [{"name": "a", "licenses": [{"license": {"id": "MIT"}}]},
                  {"name": "b", "licenses": [{"expression": "MIT"}]}, {"name": "c"}]  # fmt: skip
    body = {"bomFormat": "CycloneDX", "specVersion": "1.6", "components": components}
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "sbom.cdx.json").write_text(json.dumps(body))
    (found,) = read_sboms(tmp_path)
    assert (found.format, found.components) == ("CycloneDX 1.6", 3)
    assert found.licences == (("MIT", 2), ("unknown", 1))
    assert len(found.sha256) == 64


@pytest.mark.parametrize("text", ["", "[]", '{"components": 3}', '{"bomFormat": "CycloneDX"}'])
def test_a_bill_that_is_none_has_a_fault(text: str, tmp_path: Path) -> None:
    (tmp_path / "bom.json").write_text(text)
    (found,) = read_sboms(tmp_path)
    assert found.fault.startswith("not a CycloneDX document")


# --- the pack ----------------------------------------------------------------------------------


def unpacked(pack: str) -> dict[str, Any]:
    return dict(json.loads(zlib.decompress(base64.b64decode(pack), -15)))


def test_the_pack_holds_every_test_and_what_was_told_of_those_that_did_not_pass() -> None:
    tests = unpacked(view().pack)["tests"]
    assert len(tests["name"]) == len(tests["outcome"]) == len(tests["ms"]) == 4
    assert tests["told"] == []
    bad = unpacked(bad_view("words").pack)["tests"]
    assert bad["outcome"] == "".join(sorted(bad["outcome"]))
    assert bad["told"][0][0] == "words"
    speaks = bad["promises"][bad["speaks"][0]]
    assert speaks == ["right", "words"]


def test_ten_thousand_tests_are_packed_small() -> None:
    checks = [
        check(f"test_{n}_does_what_its_name_says[{n % 7}]", seconds=n / 999) for n in range(10_000)
    ]
    assert len(view([layer("unit", *checks)]).pack) < 150_000


# --- what there is little to say about ---------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "said"),
    [
        (Value(value=1, unit="s"), Value(value=1000, unit="ms"), DASH),
        (Value(value=2, unit="s"), Value(value=2, unit="s"), DASH),
        (Value(value=0, unit="s"), Value(value=2, unit="s"), "from 0"),
        (Value(value=2, unit="s"), Value(value=3, unit="s"), "+50.0 %"),
        (Value(value=2, unit="s", low=1, high=4), Value(value=3, unit="s", low=2, high=5),
         "+50.0 % (intervals overlap)"),
        (Value(value=2, unit="s", low=1, high=2.1), Value(value=3, unit="s", low=2.9, high=5),
         "+50.0 %"),
    ],
)  # fmt: skip
def test_a_change_is_told_in_words_that_fit_it(then: Value, now: Value, said: str) -> None:
    assert since._change(then, now) == said


@pytest.mark.parametrize(
    ("left", "said"),
    [(None, "over 40 runs"), (0, "and is at its limit"), (7, "7 more to its limit")],
)
def test_a_drift_says_how_far_its_limit_is(left: int | None, said: str) -> None:
    creep = Creep(runs=40, change=0.2, worse=True, runs_left=left)
    assert since._creep_said(creep).endswith(said)


def test_a_bill_that_cannot_be_read_is_named_with_its_fault(tmp_path: Path) -> None:
    (tmp_path / "attachments").mkdir()
    (tmp_path / "attachments" / "sbom.cdx.json").write_text("[]")
    (found,) = read_sboms(tmp_path)
    assert compose._sbom(found) == f"{found.path}: {found.fault}"
    assert "not a CycloneDX document" in found.fault


def test_a_component_whose_licence_has_no_name_counts_as_unknown() -> None:
    assert list(_licences({"licenses": [{"license": {}}]})) == ["unknown"]
    named = {"licenses": [{"license": {}}, {"expression": "MIT"}]}
    assert list(_licences(named)) == ["MIT"]


@pytest.mark.parametrize(
    ("total", "reading", "share"), [(None, "5", DASH), (0, "5 of 0", DASH), (10, "5 of 10", "50")]
)
def test_an_instrument_has_a_share_only_of_something(
    total: float | None, reading: str, share: str
) -> None:
    row = layers._instrument(instrument(5, total))
    assert row.reading.startswith(reading)
    assert row.share.startswith(share)


def test_a_test_that_was_skipped_is_neither_steady_nor_unsteady() -> None:
    assert failures._unsteady(check("a", "skipped"), []) == ""


def test_a_ratio_of_nothing_lies_at_the_end_of_its_line() -> None:
    assert load._place(0.0, 2.0) == 0.0
    assert load._place(1.0, 2.0) == 50.0


def test_how_long_a_run_took_is_unknown_where_no_layer_ended_in_order() -> None:
    assert head._took([]) == "unknown: no layer ended in order"


def test_a_bill_of_materials_says_how_much_it_lists_and_under_which_licences() -> None:
    bill = Sbom("sbom.json", "0" * 64, "CycloneDX 1.6", 3, (("MIT", 2), ("unknown", 1)))
    assert compose._sbom(bill) == (
        "sbom.json: 3 components, CycloneDX 1.6; licences: MIT 2, unknown 1"
    )
