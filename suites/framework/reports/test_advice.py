from __future__ import annotations

import pytest

from reports.advice import EVERYTHING
from reports.evidence import LayerEvidence
from suites.framework.reports.runs import (
    check,
    good_layers,
    instead,
    instrument,
    judged,
    layer,
    measured,
    objective,
    objectives,
    of,
    small,
    waiver,
)

BROKEN = check("a", "failed", "right", repeat="nox -s unit -- -k a")
ERROR = check("e", "error", "right", repeat="nox -s unit -- -k e")


@pytest.mark.parametrize(
    ("made", "identity", "todo"),
    [
        (layer("load", measured(150)), "fast", ""),
        (layer("load", measured(250)), "fast", "nox -s load"),
        (layer("load", measured(190, low=180, high=210)), "fast", "nox -s load"),
        (layer("load", measured(150), tree="other"), "fast", EVERYTHING),
        (layer("security", instrument(3, 61)), "clean", "nox -s security"),
        (layer("unit", BROKEN), "right", "nox -s unit -- -k a"),
        (layer("unit", ERROR, BROKEN), "right", "nox -s unit -- -k a"),
        (layer("unit", ERROR, BROKEN), "unit-suite", "nox -s unit -- -k a"),
        (layer("unit", check("a", "failed", "right")), "right", "nox -s unit"),
    ],
)
def test_the_next_step_is_one_command(made: LayerEvidence, identity: str, todo: str) -> None:
    assert of(judged(instead(good_layers(), made)), identity).todo == todo


def test_nothing_is_to_be_done_about_what_is_waived_or_not_shown_yet() -> None:
    rows = objectives(*small().objectives, objective("later", policy="release"))
    missed = instead(good_layers(), layer("load", measured(250)))
    verdicts = judged(missed, rows, [waiver("objective:fast")])
    assert (of(verdicts, "fast").todo, of(verdicts, "later").todo) == ("", "")


def test_what_is_to_be_run_for_several_layers_is_a_session_that_exists() -> None:
    asked = {"kind": "checks", "layers": ("unit", "load"), "minimum": 9}
    rows = objectives(objective("wide", asked, policy="release"))
    made = [layer(name, check("a", "passed", "wide")) for name in ("unit", "load")]
    verdict = of(judged([*made, *good_layers()[1:2]], rows), "wide")
    assert (verdict.state, verdict.todo) == ("no evidence", "nox -s unit")


def test_a_layer_that_the_policy_does_not_require_is_run_alone() -> None:
    rows = objectives(*small().objectives, layers=("unit",))
    gone = [item for item in good_layers() if item.layer != "load"]
    required = objective("fast-later", {"kind": "measurement", "layer": "load", "op": "<",
                         "metric": "latency_ms", "limit": 1.0, "unit": "ms"},
                         policy="release")  # fmt: skip
    verdicts = judged(gone, objectives(*rows.objectives, required))
    assert of(verdicts, "fast-later").todo == "nox -s load"
    assert of(verdicts, "fast").todo == EVERYTHING
