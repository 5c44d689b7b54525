from __future__ import annotations

from collections.abc import Collection
from typing import Any

import pytest

from reports.clauses.findings import read_findings
from reports.evidence import Finding, Severity
from reports.objectives import FindingsClause
from reports.verdicts import Reading, State
from suites.framework.reports.runs import BANDIT, CONTEXT, finding, layer, weighed


def read(
    *records: Finding, waived: Collection[str] = (), deselected: int = 0, **clause: Any
) -> Reading:
    asked = FindingsClause.model_validate({**BANDIT, **clause}, context=CONTEXT)
    made = layer("security", *records, deselected=deselected)
    return read_findings(asked, "clean", weighed(made), waived)


@pytest.mark.parametrize(
    ("severity", "state"),
    [("info", "met"), ("low", "met"), ("medium", "missed"), ("high", "missed"),
     ("critical", "missed")],
)  # fmt: skip
def test_findings_count_from_their_severity_on(severity: Severity, state: State) -> None:
    assert read(finding(severity=severity)).state == state


def test_a_miss_says_how_many_and_where_the_first_one_is() -> None:
    reading = read(finding("f1"), finding("f2", rule="B2"))
    assert reading.why == "2 findings of bandit; the first is B1 at a.py:3"
    assert reading.missing == ("B1 at a.py:3: bad", "B2 at a.py:3: bad")


def test_findings_of_another_tool_do_not_count() -> None:
    assert read(finding(tool="ruff")).state == "met"


def test_findings_of_another_tool_count_when_they_name_the_objective() -> None:
    assert read(finding(tool="ruff", objectives=("clean",))).state == "missed"


def test_waived_findings_are_counted_out_and_named() -> None:
    reading = read(finding("f1"), finding("f1", line=9), waived={"f1"})
    assert (reading.state, reading.waived, reading.value) == ("waived", ("f1",), 0)


def test_one_finding_more_than_the_limit_is_missed() -> None:
    assert read(finding("f1"), finding("f2"), limit=2).state == "met"
    assert read(finding("f1"), finding("f2"), finding("f3"), limit=2).state == "missed"


def test_no_findings_in_a_partial_layer_acquit_nothing() -> None:
    assert read(deselected=1).state == "no evidence"
    assert read(finding(), deselected=1).state == "missed"


def test_a_waived_finding_makes_no_partial_layer_whole() -> None:
    reading = read(finding("f1"), waived={"f1"}, deselected=1)
    assert (reading.state, reading.waived) == ("no evidence", ("f1",))
    assert "1 test of layer security left out by choice" in reading.why
