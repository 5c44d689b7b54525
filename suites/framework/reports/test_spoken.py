from __future__ import annotations

from pathlib import Path

import pytest

from reports import spoken
from reports.__main__ import main
from reports.configuration import load_objectives
from scenarios.holds import parse
from suites.framework.reports.runs import objective, objectives

ROOT = Path(__file__).parents[3]
P95 = {
    "kind": "measurement", "layer": "load", "metric": "http_latency_p95_ms",
    "where": {"scenario": "mix", "endpoint": "*all*"}, "op": "<", "limit": 200.0, "unit": "ms",
}  # fmt: skip


@pytest.mark.parametrize(
    "other",
    [
        {"where": {"scenario": "browse"}},  # of one journey alone
        {"op": ">"},
        {"metric": "db_statement_latency_p95_ms"},  # nothing that a run can be steered by
        {"layer": "unit"},
    ],
)
def test_limits_of_the_whole_that_a_run_can_be_steered_by_are_spoken_once(
    other: dict[str, object],
) -> None:
    rows = objectives(objective("a", P95), objective("b", P95), objective("c", {**P95, **other}))
    assert spoken.limits(rows, "commit", "load") == ("http_latency_p95_ms<200",)


def test_what_is_spoken_is_what_a_run_understands() -> None:
    promised = load_objectives(ROOT / "scenarios" / "slo.toml")
    words = ",".join(spoken.limits(promised, "commit", "load"))
    assert [str(hold) for hold in parse(words)] == [
        "http_latency_p95_ms < 200", "http_error_ratio < 0.001",
    ]  # fmt: skip


def test_the_command_prints_them_or_says_that_there_are_none(
    capsys: pytest.CaptureFixture[str],
) -> None:
    slo = ["--slo", str(ROOT / "scenarios/slo.toml"), "--waivers",
           str(ROOT / "scenarios/waivers.toml")]  # fmt: skip
    assert main(["limits", "load", *slo]) == 0
    assert capsys.readouterr().out == "http_latency_p95_ms<200,http_error_ratio<0.001\n"
    assert main(["limits", "unit", *slo]) == 2
    assert "sets no limit by which a run of layer unit can be steered" in capsys.readouterr().err
