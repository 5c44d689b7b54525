"""The project's own slo.toml and waivers.toml, against the producers and the table of layers."""

from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.layers import LAYERS
from reports.configuration import load_objectives, load_waivers
from reports.objectives import InstrumentClause, Objectives
from reports.producers import silent_layers, unrecorded, vocabularies, vocabulary
from scenarios import shapes
from scenarios.plan import Plan, schedule
from suites.framework.reports.runs import LATENCY, PARSED, SPOKEN, objective, objectives

ROOT = Path(__file__).parents[3]
# Tests of fixtures, scenarios and reports: required by policy as a layer whose every check passes.
JUDGED_AS_A_WHOLE = {"framework"}


@pytest.fixture(scope="module")
def promised() -> Objectives:
    return load_objectives(ROOT / "scenarios" / "slo.toml")


def test_every_promise_has_its_row(promised: Objectives) -> None:
    assert len(promised.objectives) == 46


def test_release_requires_every_promise(promised: Objectives) -> None:
    assert promised.required_by("release") == promised.objectives
    assert set(promised.layers_of("release")) == set(promised.layers)


def test_commit_requires_only_what_evidence_exists_for(promised: Objectives) -> None:
    required = promised.required_by("commit")
    assert len(required) >= 22
    assert [item.id for item in required if not item.requires] == []


def test_the_layers_are_those_of_the_table(promised: Objectives) -> None:
    assert set(promised.layers) == {layer.name for layer in LAYERS}


def test_every_layer_has_an_objective(promised: Objectives) -> None:
    assert set(silent_layers(promised)) <= JUDGED_AS_A_WHOLE
    assert set(promised.layers_of("commit")) >= JUDGED_AS_A_WHOLE


def test_every_name_in_an_objective_is_recorded_by_a_producer(promised: Objectives) -> None:
    assert unrecorded(promised.objectives, vocabularies(ROOT)) == ()


@pytest.mark.parametrize("name", ["commit", "steady"])
def test_promises_about_load_hold_for_as_much_as_their_profile_offers(
    promised: Objectives, name: str
) -> None:
    (latency,) = (item for item in promised.objectives if item.id == "api-latency-p95")
    (least,) = (
        clause.limit for clause in latency.requires
        if isinstance(clause, InstrumentClause) and clause.of == "value"
        and clause.name == "achieved_rate_per_s"
    )  # fmt: skip
    plan = Plan(url="http://127.0.0.1:1", profile=shapes.profile(name), paths=("/",))
    offered = sum(arrival.at_s >= 0 for arrival in schedule(plan)) / plan.profile.shape.duration_s
    assert offered >= least > 0.9 * shapes.profile("commit").shape.rate_at(0)


def test_the_waivers_are_right() -> None:
    load_waivers(ROOT / "scenarios" / "waivers.toml")


# --- the check itself can fail -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("source", "missing"),
    [
        ('measure("latency_ms"); instrument("files_parsed"); objective("o")', 0),
        ("measure('latency_ms'); instrument('files_parsed'); objective('o')", 0),
        ('[measure(f"latency_{u}") for u in ("ms",)]; instrument("files_parsed", "o")', 0),
        ('[measure(f"latency_{u}") for u in ("s",)]; instrument("files_parsed", "o")', 1),
        ('measure("latency_s"); instrument("files_parsed"); objective("o")', 1),
        ('f"{anything}"', 3),
        ("latency_ms, files_parsed, o  # not said, only meant", 3),
        ("", 3),
    ],
)
def test_a_name_that_nobody_records_is_found(source: str, missing: int) -> None:
    found = unrecorded([objective("o", LATENCY, PARSED, SPOKEN)], [vocabulary(source)])
    assert len(found) == missing


def test_a_layer_that_no_objective_reads_is_found() -> None:
    assert silent_layers(objectives(objective("o", LATENCY))) == ("unit", "security")


def test_examples_and_broken_files_are_no_producers(tmp_path: Path) -> None:
    for folder in ("suites/framework/reports", "suites/load", "suites/unit"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "test_x.py").write_text(f'name = "{folder}"')
    (tmp_path / "suites/unit/test_x.py").write_text("def (")
    assert [file.literals for file in vocabularies(tmp_path)] == [{"suites/load"}]
