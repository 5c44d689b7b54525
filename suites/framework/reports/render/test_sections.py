"""Sections of the page in words: failures, flaky tests, load, rights, the past, materials."""

from __future__ import annotations

import base64
import json
import zlib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.compare import compare, entry_of
from reports.evidence import LayerEvidence, Measurement, Series
from reports.history import Entry, History, Value
from reports.past import Past, past_of
from reports.render import compose, failures, head, layers, load, since
from reports.render.charts import Limit, charts_of, percentile_place
from reports.render.ctrf import CtrfRenderer
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
    OTHER_TREE,
    PARSED,
    RUN,
    TREE,
    check,
    finding,
    good_layers,
    instead,
    instrument,
    layer,
    measured,
    objective,
    objectives,
    provenance,
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


@pytest.mark.parametrize(
    "path",
    [
        "//evil.example/x.zip",
        "../../../etc/passwd",
        "attachments/../../x.sh",
        "/x",
        "x.png",
        "attachments/..\\..\\x",
    ],
)
def test_what_lies_outside_the_attachments_is_named_and_never_linked(path: str) -> None:
    made = check("a", "failed", attachments=(path, "attachments/unit/a.png"))
    (row,) = cluster_rows([made], Past())
    assert [(item.path, item.hint) for item in row.attachments] == [
        ("", ""), ("attachments/unit/a.png", ""),
    ]  # fmt: skip
    assert row.attachments[0].label == path
    told = unpacked(view([layer("unit", made, exit_status=1)]).pack)["tests"]["told"][0]
    assert (told[3], told[6]) == (["attachments/unit/a.png"], [path])


def test_the_command_that_opens_an_attachment_takes_its_name_as_one_word() -> None:
    made = check("a", "failed", attachments=("attachments/a; rm -rf b.sh",))
    (row,) = cluster_rows([made], Past())
    assert row.attachments[0].hint == "sh 'attachments/a; rm -rf b.sh'"


def test_a_run_that_was_judged_under_two_policies_counts_once() -> None:
    made = check("a", "flaky", layer="unit")
    bad = {"failures": {made.id: "failed"}, "tree": TREE, "layers": {"unit": 1.0}}
    twice = [entry("1", policy=policy, **bad) for policy in ("commit", "release")]
    past = Past(entries=(*twice, entry("2")))
    (row,) = flaky_rows([made], past, "another")
    assert row.endswith("(trouble in 1 of the last 2 runs)")
    (row,) = flaky_rows([check("a", layer="unit")], Past(entries=tuple(twice)), TREE)
    assert "failed in 1 on the same files" in row


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


def test_an_endpoint_whose_upper_end_is_not_known_says_so() -> None:
    made = layer("load", latency("p99", 461.0, low=402.0), latency("p95", 9.0, high=10.0))
    (row,) = load_view([made]).endpoints
    assert row.cells[2:4] == ("9 (… to 10)", "461 (402 to …)")


def test_an_endpoint_is_never_rounded_onto_its_limit() -> None:
    rows = objectives(objective("fast", {**LATENCY, "metric": "http_latency_p95_ms"}))
    made = layer("load", latency("p95", 200.4, low=195.0, high=207.0), latency("p50", 200.4))
    (row,) = view([made], rows).load.endpoints
    assert row.cells[1:3] == ("200", "200.4 (195 to 207)")


def test_shards_of_an_endpoint_have_a_row_each() -> None:
    parts = [
        Measurement(metric="http_latency_p95_ms", value=value, unit="ms", samples=100,
                    dimensions={"endpoint": "GET /a", "scenario": "mix", "shard": shard})
        for shard, value in (("1", 900.0), ("2", 20.0))
    ]  # fmt: skip
    rows = {row.name: row.cells[2] for row in load_view([layer("load", *parts)]).endpoints}
    assert rows == {"GET /a (mix, shard 1)": "900", "GET /a (mix, shard 2)": "20"}


def test_layers_and_models_of_load_have_rows_of_their_own() -> None:
    closed = replace(latency("p95", 3.0), metric="closed_http_latency_p95_ms")
    made = [layer("load", latency("p95", 9.0), closed), layer("bench", latency("p95", 5.0))]
    rows = {row.name: row.cells[2] for row in load_view(made).endpoints}
    assert rows == {
        "GET /a (mix, layer load)": "9",
        "GET /a (mix, closed model, layer load)": "3",
        "GET /a (mix, layer bench)": "5",
    }


def test_what_was_recorded_twice_for_one_endpoint_is_shown_twice() -> None:
    (row,) = load_view([layer("load", latency("p95", 9.0), latency("p95", 5.0))]).endpoints
    assert row.cells[2] == "9 or 5"
    assert row.sort[2] == 9.0


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


def test_a_duet_ratio_whose_upper_end_is_not_known_is_not_said_to_be_faster() -> None:
    ratio = Measurement(metric="duet_ratio_p50", value=0.95, unit="ratio", low=0.9,
                        dimensions={"endpoint": "GET /a"})  # fmt: skip
    (row,) = load_view([layer("load", ratio)]).duet
    assert (row.tone, row.high) == ("soft", 100.0)
    assert row.text == "0.950 (0.900 to …), no difference seen"


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


@pytest.mark.parametrize("outcomes", [("open", "proven"), ("proven", "open")])
def test_of_two_attempts_at_a_cell_the_one_that_did_not_hold_is_shown(
    outcomes: tuple[str, str],
) -> None:
    made = [layer(name, cell("player", "read_me", outcome))
            for name, outcome in zip(("contract", "load"), outcomes, strict=True)]  # fmt: skip
    assert access_matrix(made).splitlines()[1].split("  ")[1] == "✕ 200, open"


def test_a_cell_that_names_no_role_and_no_operation_stands_under_a_question_mark() -> None:
    bare = Measurement(metric="access_cell", value=1, unit="cells")
    head, row = access_matrix([layer("load", bare)]).splitlines()
    assert head.split() == ["?"]
    assert row.split() == ["?", "✕", "?,", "unproven"]


def test_no_name_in_a_cell_makes_a_row_of_its_own() -> None:
    made = cell("player\nadmin", "read\nerase  ✓ 200", "open", expected="404\nx")
    assert len(access_matrix([layer("load", made)]).splitlines()) == 2


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


def values_of(amount: int, *unchanged: int) -> Past:
    now = {f"o{n:02} m": Value(value=2.0, unit="ms") for n in range(amount)}
    then = {name: replace(value, value=2.0 if n in unchanged else 1.0)
            for n, (name, value) in enumerate(now.items())}  # fmt: skip
    made = compare(entry("2", values=now), entry("1", values=then), "release v1", ())
    return Past(comparisons=(made,))


def test_a_change_beyond_the_fortieth_value_is_shown_or_counted() -> None:
    page = HtmlRenderer().render(view(past=values_of(45, *range(44))))
    assert "o44 m: 1 ms → 2 ms, +100.0 %" in page
    assert "more values that changed" not in page
    page = HtmlRenderer().render(view(past=values_of(45)))
    assert "o39 m: 1 ms → 2 ms" in page
    assert "o40 m: 1 ms" not in page
    assert "and 5 more values that changed" in page


def test_the_past_never_rounds_a_value_onto_its_limit() -> None:
    now = entry("2", values={"a m": Value(value=200.4, unit="ms", op="<", limit=200.0)})
    then = entry("1", values={"a m": Value(value=199.9, unit="ms", op="<", limit=200.0)})
    (row,) = since_rows(Past(comparisons=(compare(now, then, "release v1", ()),)))
    assert row.values[0][1:3] == ("199.9 ms", "200.4 ms")
    jump = Jump("r2", "", 199.9, 200.4, True)
    trend = trend_row(Trend("a m", ("1", "2"), (195.0, 200.4), "ms", "<", 200.0, (jump,)))
    assert trend is not None
    assert trend.text == "2 runs, from 195 ms to 200.4 ms"
    assert trend.note.endswith("from 199.9 ms to 200.4 ms")


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


@pytest.mark.parametrize(
    "text",
    ["", "[]", '{"components": 3}', '{"bomFormat": "CycloneDX"}', "[" * 200_000],
    ids=lambda text: text[:20],
)
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
        (Value(value=2, unit="s", low=1), Value(value=3, unit="s", low=2.9, high=5),
         "+50.0 % (intervals overlap)"),
        (Value(value=3, unit="s", low=2.5), Value(value=2, unit="s", low=1, high=2.1), "-33.3 %"),
        (Value(value=-5, unit="B"), Value(value=10, unit="B"), "+300.0 %"),
        (Value(value=-5, unit="B"), Value(value=-10, unit="B"), "-100.0 %"),
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


@pytest.mark.parametrize(
    ("value", "total", "said"),
    [
        (1_199_999, 1_200_000, "1,199,999 of 1,200,000"),
        (69.97, 70.004, "69.97 of 70"),
        (69.98765432, 69.98765432, "70 of 70"),
        (59, 61, "59 of 61"),
    ],
)
def test_what_falls_short_of_the_whole_never_reads_like_the_whole(
    value: float, total: float, said: str
) -> None:
    assert layers._instrument(instrument(value, total)).reading == said
    assert layers._reached([instrument(value, total)]) == f"files_parsed {said}"


def test_lengths_of_time_and_rates_are_no_things_that_were_reached() -> None:
    of_load = [
        instrument(30, 188, name="percentile_precision", unit="s"),
        instrument(69, 70, name="achieved_rate_per_s", unit="visits/s"),
        instrument(4, 5, name="journeys_reached", unit="journeys"),
    ]
    assert layers._reached(of_load) == "journeys_reached 4 of 5"
    assert layers._reached(of_load[:2]) == DASH


def test_a_measurement_that_nothing_judges_shows_an_interval_with_one_end() -> None:
    made = layer("load", measured(3, metric="loose_ms", low=2.0))
    (row,) = view(instead(good_layers(), made)).measurements
    assert row.interval == "2 to … ms"


def of_an_older_commit() -> LayerEvidence:
    stale = layer("unit", tree=OTHER_TREE)
    old = replace(provenance(OTHER_TREE), commit="dead" * 10, at="2025-01-01T00:00:00+00:00")
    return replace(stale, records=(replace(old, run=RUN, layer="unit"), *stale.records[1:]))


def test_the_facts_are_those_of_evidence_that_is_believed() -> None:
    stale = of_an_older_commit()
    facts = dict(view(instead(good_layers(), stale)).facts)
    assert facts["commit"].startswith("c0ffee")
    assert facts["began"].startswith("2026-01-01")
    assert facts["took"] == "0.0 s"
    assert dict(view([stale]).facts)["commit"].startswith("dead")


def test_history_and_ctrf_name_the_commit_of_evidence_that_is_believed() -> None:
    evidence = instead(good_layers(), of_an_older_commit())
    assert entry_of(view(evidence).verdicts, evidence, "").commit.startswith("c0ffee")
    told = json.loads(CtrfRenderer().render(view(evidence)))["results"]["environment"]
    assert told["commit"].startswith("c0ffee")


def test_a_finding_in_evidence_that_is_not_believed_is_shown_and_doubted() -> None:
    made = view([layer("security", finding("f1"), tree=OTHER_TREE), layer("x", finding("f2"))])
    assert [row.doubted for row in made.findings] == [True, True]
    assert "(in evidence that is not believed)" in HtmlRenderer().render(made)
    assert [row[-1] for row in unpacked(made.pack)["findings"]] == [True, True]
    assert [row.doubted for row in view([layer("security", finding())]).findings] == [False]


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
