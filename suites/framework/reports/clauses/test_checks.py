from __future__ import annotations

import pytest

from reports.clauses.checks import read_checks, read_failures
from reports.evidence import LayerEvidence, Outcome
from reports.objectives import ChecksClause
from reports.verdicts import Reading, State, worst
from suites.framework.reports.runs import CONTEXT, OTHER_TREE, check, layer, weighed


def read(*made: LayerEvidence, layers: tuple[str, ...], minimum: int = 1) -> tuple[Reading, ...]:
    asked = ChecksClause.model_validate(
        {"kind": "checks", "layers": layers, "minimum": minimum}, context=CONTEXT
    )
    present = {item.layer: weighed(item) for item in made}
    return read_checks(asked, "right", {**{n: weighed(None, n) for n in layers}, **present})


def state(*made: LayerEvidence, layers: tuple[str, ...] = ("unit",), minimum: int = 1) -> State:
    return worst(tuple(reading.state for reading in read(*made, layers=layers, minimum=minimum)))


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [("passed", "met"), ("failed", "missed"), ("error", "no evidence"),
     ("skipped", "no evidence"), ("flaky", "no evidence")],
)  # fmt: skip
def test_only_passed_is_passed(outcome: Outcome, expected: State) -> None:
    made = layer("unit", check("a", "passed", "right"), check("b", outcome, "right"))
    assert state(made) == expected


def test_a_failed_test_is_named() -> None:
    (reading,) = read(
        layer("unit", check("a", "skipped", "right"), check("b", "failed", "right")),
        layers=("unit",),
    )
    assert "test_x.py::b" in reading.why
    assert reading.missing[0].startswith("skipped: ")


def test_tests_of_other_objectives_do_not_speak_for_it() -> None:
    made = layer("unit", check("a", "passed", "right"), check("b", "failed", "other"))
    assert state(made) == "met"


def test_no_test_is_no_evidence() -> None:
    assert state(layer("unit", check("a"))) == "no evidence"


@pytest.mark.parametrize(("minimum", "expected"), [(2, "met"), (3, "no evidence")])
def test_fewer_tests_than_must_speak_are_no_evidence(minimum: int, expected: State) -> None:
    made = layer("unit", check("a", "passed", "right"), check("b", "passed", "right"))
    assert state(made, minimum=minimum) == expected


def test_every_layer_that_is_named_must_speak() -> None:
    unit = layer("unit", check("a", "passed", "right"), check("b", "passed", "right"))
    assert state(unit, layer("security", check("c")), layers=("unit", "security")) == "no evidence"
    assert state(unit, layers=("unit", "security")) == "no evidence"


def condemned(*made: LayerEvidence, already: tuple[str, ...] = ("unit",)) -> list[State]:
    present = {item.layer: weighed(item) for item in made}
    return [reading.state for reading in read_failures("right", present, already)]


def test_a_failure_in_a_layer_that_is_not_named_counts() -> None:
    assert condemned(layer("load", check("z", "failed", "right"))) == ["missed"]
    assert condemned(layer("load", check("z", "passed", "right"))) == []
    assert condemned(layer("load", check("z", "failed", "other"))) == []


def test_a_failure_in_a_layer_that_is_named_counts_once() -> None:
    assert condemned(layer("unit", check("z", "failed", "right"))) == []


def test_a_failure_in_unusable_evidence_of_another_layer_does_not_count() -> None:
    assert condemned(layer("load", check("z", "failed", "right"), tree=OTHER_TREE)) == []


def test_what_too_few_tests_of_several_layers_speak_for_names_one_layer_to_run() -> None:
    unit, load = (layer(name, check("a", "passed", "right")) for name in ("unit", "load"))
    *_, last = read(unit, load, layers=("unit", "load"), minimum=3)
    assert (last.state, last.layer) == ("no evidence", "unit")
    assert last.why == "2 tests of at least 3 speak for right in unit, load"
