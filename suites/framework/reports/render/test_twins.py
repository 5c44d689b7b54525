"""The verdict for other programs: formats held against their published schemas and limits."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

import reports.render
from reports.render.ctrf import CtrfRenderer
from reports.render.findings import SarifRenderer
from reports.render.github import (
    MOST_ANNOTATIONS,
    MOST_BYTES,
    fitting,
    without_commands,
    workflow_commands,
)
from reports.render.json_file import JsonRenderer
from reports.render.markdown import MarkdownRenderer
from reports.render.view import View
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import (
    LATENCY,
    OTHER_TREE,
    check,
    finding,
    good_layers,
    instead,
    instrument,
    layer,
    measured,
    objective,
    objectives,
)

CTRF = Path(__file__).with_name("ctrf-schema-0.0.json")  # from the package `ctrf` 0.3.0, MIT
VERDICT = Path(str(reports.render.__file__)).with_name("verdict.schema.json")
HOSTILE = "\x00\ud800 </x> ::error::y\n%0A" * 3


def empty_view() -> View:
    return view([])


def schema(path: Path) -> jsonschema_rs.Validator:
    return jsonschema_rs.validator_for(json.loads(path.read_text("utf-8")), validate_formats=True)


def body_of(text: str) -> dict[str, Any]:
    return dict(json.loads(text))


@pytest.mark.parametrize("make", [good_view, bad_view, empty_view])
def test_verdict_json_is_as_its_schema_says(make: Any) -> None:
    body = body_of(JsonRenderer().render(make()))
    assert [error.message for error in schema(VERDICT).iter_errors(body)] == []


def test_the_schema_of_verdict_json_refuses_a_field_that_it_does_not_know() -> None:
    body = body_of(JsonRenderer().render(good_view()))
    body["objectives"][0]["surprise"] = 1
    assert not schema(VERDICT).is_valid(body)


@pytest.mark.parametrize("make", [good_view, bad_view, empty_view])
def test_ctrf_json_is_as_the_formats_schema_says(make: Any) -> None:
    body = body_of(CtrfRenderer().render(make()))
    assert [error.message for error in schema(CTRF).iter_errors(body)] == []


def test_ctrf_counts_every_test_once_and_keeps_our_words_for_its_outcome() -> None:
    made = check("e", "error", message="broke", attachments=("attachments/unit/a.png",))
    layers = instead(good_layers(), layer("unit", check("a"), check("f", "failed"), made,
                                          check("s", "skipped"), check("y", "flaky")))  # fmt: skip
    results = body_of(CtrfRenderer().render(view(layers)))["results"]
    summary = results["summary"]
    assert {k: summary[k] for k in ("tests", "passed", "failed", "skipped", "flaky")} == {
        "tests": 7, "passed": 4, "failed": 2, "skipped": 1, "flaky": 1,
    }  # fmt: skip
    broken = next(test for test in results["tests"] if test["rawStatus"] == "error")
    assert broken["attachments"][0]["contentType"] == "image/png"
    assert results["extra"]["release"] == "NO-GO"


def test_a_layer_that_is_not_believed_has_a_test_that_neither_passed_nor_failed() -> None:
    foreign = layer("unit", check("a", "passed", "right"), check("b"), tree=OTHER_TREE)
    body = body_of(CtrfRenderer().render(view([foreign, *good_layers()[1:2]])))
    assert [error.message for error in schema(CTRF).iter_errors(body)] == []
    results = body["results"]
    summary = results["summary"]
    assert {k: summary[k] for k in ("tests", "passed", "other", "suites")} == {
        "tests": 5, "passed": 3, "other": 2, "suites": 3,
    }  # fmt: skip
    told = {test["suite"][0]: test["message"] for test in results["tests"]
            if test["status"] == "other"}  # fmt: skip
    assert "of another tree" in told["unit"]
    assert "left no evidence" in told["load"]


@pytest.mark.parametrize("how", [{"tree": OTHER_TREE}, {"deselected": 1}], ids=["foreign", "part"])
def test_a_scan_that_was_cut_short_has_no_run_though_it_found_something(how: Any) -> None:
    torn = layer("security", instrument(61, 61), finding("f1"), check("c"), **how)
    assert body_of(SarifRenderer().render(view(instead(good_layers(), torn))))["runs"] == []
    whole = layer("security", instrument(61, 61), finding("f1"), check("c"))
    (run,) = body_of(SarifRenderer().render(view(instead(good_layers(), whole))))["runs"]
    assert len(run["results"]) == 1


def test_a_tool_that_found_nothing_has_an_empty_run_and_one_that_did_not_look_has_none() -> None:
    runs = body_of(SarifRenderer().render(good_view()))["runs"]
    assert [(run["tool"]["driver"]["name"], run["results"]) for run in runs] == [("bandit", [])]
    without = [item for item in good_layers() if item.layer != "security"]
    assert body_of(SarifRenderer().render(view(without)))["runs"] == []


# --- GitHub ------------------------------------------------------------------------------------


def test_a_summary_that_fits_is_left_alone() -> None:
    assert fitting("## GO\n") == "## GO\n"


def test_a_summary_that_is_too_large_is_cut_at_a_line_and_says_so() -> None:
    made = fitting("é" * 99 + "\n" + "| row é |\n" * 200_000)
    assert len(made.encode()) <= MOST_BYTES
    assert made.splitlines()[-1].startswith("Cut here")
    assert "| row é |\n\nCut" in made or "| row é |\n\n\nCut" in made


def test_the_summary_of_the_worst_run_fits() -> None:
    rows = objectives(*(objective(f"o-{n}", {**LATENCY, "limit": 1.0}) for n in range(900)))
    layers = instead(good_layers(), layer("load", measured(250)))
    text = MarkdownRenderer().render(view(layers, rows))
    assert len(text.encode()) <= MOST_BYTES


def test_a_good_run_has_no_annotation() -> None:
    assert workflow_commands(good_view()) == ()


def test_at_most_ten_annotations_are_made_and_the_last_says_how_many_more() -> None:
    checks = [check(f"t{n}", "failed", message=f"cause {'x' * n}") for n in range(40)]
    unit = layer("unit", *checks, check("good", "passed", "right"))
    made = workflow_commands(view(instead(good_layers(), unit)))
    assert len(made) == MOST_ANNOTATIONS
    assert made[-1] == "::warning title=NO-GO::and 31 more, all in report.html"


def test_an_annotation_stands_at_the_line_that_failed() -> None:
    detail = "suites/x/test_x.py:7: E\n> assert x\nE  y"
    failed = check("a", "failed", message="boom", detail=detail, repeat="nox -s unit")
    unit = layer("unit", failed, check("good", "passed", "right"))
    (made,) = workflow_commands(view(instead(good_layers(), unit)))
    assert "file=suites/x/test_x.py,line=7" in made
    assert made.endswith("::boom%0Anox -s unit")


def test_a_text_without_commands_ends_with_the_word_that_nobody_knew() -> None:
    assert without_commands("a\n::error::b", "abc").splitlines() == [
        "::stop-commands::abc", "a", "::error::b", "::abc::",
    ]  # fmt: skip


def test_no_message_can_begin_a_command_of_its_own() -> None:
    for line in workflow_commands(bad_view(HOSTILE)):
        assert "\n" not in line
        assert "\r" not in line
        properties = line.split("::")[1].partition(" ")[2]
        assert "::" not in properties
