"""Every way in which a layer's evidence can be missing, stale, foreign, truncated or doubled."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from reports.evidence import Check, EvidenceWriter, LayerEvidence, Opening, read_run
from reports.soundness import Setting, run_of, weigh
from suites.framework.reports.runs import (
    LATENCY,
    OTHER_TREE,
    RUN,
    TREE,
    check,
    good_layers,
    instead,
    judged,
    layer,
    measured,
    objective,
    objectives,
    of,
    provenance,
    small,
    waiver,
    write,
)

LOAD = (measured(150, samples=9000), check("d"))
Damage = Callable[[Path], object]


def run_folder(root: Path) -> Path:
    for made in good_layers():
        write(root, made.layer, *made.records[2:-1])
    return root


def edited(change: Callable[[bytes], bytes]) -> Damage:
    return lambda path: path.write_bytes(change(path.read_bytes()))


def lines_of(raw: bytes) -> list[bytes]:
    return raw.splitlines(keepends=True)


@pytest.mark.parametrize(
    ("damage", "told"),
    [
        pytest.param(Path.unlink, "left no evidence", id="deleted"),
        pytest.param(edited(lambda raw: b""), "not whole", id="emptied"),
        pytest.param(edited(lambda raw: raw[:-20]), "cut off", id="last line cut"),
        pytest.param(edited(lambda raw: b"".join(lines_of(raw)[:-1])),
                     "expected one closing record, found 0", id="no closing"),
        pytest.param(edited(lambda raw: b"".join([*lines_of(raw)[:2], *lines_of(raw)[3:]])),
                     "closing counts", id="a line lost"),
        pytest.param(edited(lambda raw: raw.replace(b'"value":150.0', b'"value":100.0')
                            .replace(b'"value":150', b'"value":100')),
                     "were changed", id="a value changed"),
        pytest.param(edited(lambda raw: raw + lines_of(raw)[-1]),
                     "expected one closing record, found 2", id="closed twice"),
        pytest.param(edited(lambda raw: raw.replace(b"\n", b"\nnot json\n", 1)),
                     "not JSON", id="a line that is no JSON"),
        pytest.param(edited(lambda raw: raw.replace(b'"samples":9000', b'"samples":"many"')),
                     "field samples: expected int", id="a field of another type"),
        pytest.param(edited(lambda raw: raw.replace(b'"layer":"load"', b'"layer":"soak"')),
                     "records of another layer", id="of another layer"),
    ],
)  # fmt: skip
def test_a_damaged_file_is_no_evidence_and_says_why(
    damage: Damage, told: str, tmp_path: Path
) -> None:
    folder = run_folder(tmp_path)
    damage(folder / "evidence" / "load.ndjson")
    verdicts = judged(read_run(folder))
    assert verdicts.exit_code == 2
    for identity in ("fast", "load-suite"):
        verdict = of(verdicts, identity)
        assert verdict.state == "no evidence"
        assert told in verdict.why
        assert "load" in verdict.why


@pytest.mark.parametrize(
    ("made", "told"),
    [
        pytest.param(layer("load", *LOAD, tree=OTHER_TREE), "of another tree", id="other tree"),
        pytest.param(layer("load", *LOAD, tree=""), "unnamed", id="no tree named"),
        pytest.param(layer("load", *LOAD, run="yesterday"), "another run", id="other run"),
        pytest.param(layer("load", *LOAD, deselected=3), "3 tests of layer load left out",
                     id="deselected"),
        pytest.param(layer("load", *LOAD, collected=5), "collected 5 tests and recorded 1",
                     id="tests lost"),
        pytest.param(layer("load", *LOAD, collected=0), "collected 0 tests and recorded 1",
                     id="more than collected"),
        pytest.param(layer("load", *LOAD, LOAD[1]), "recorded 1 test twice", id="test doubled"),
        pytest.param(layer("load", *LOAD, exit_status=1), "no failed test is recorded",
                     id="failed without a failure"),
        pytest.param(layer("load", *LOAD, exit_status=2), "was interrupted", id="interrupted"),
        pytest.param(layer("load", *LOAD, exit_status=3), "broke inside", id="internal error"),
        pytest.param(layer("load", *LOAD, exit_status=4), "called wrongly", id="usage error"),
        pytest.param(layer("load", *LOAD, exit_status=5), "no test was collected", id="no tests"),
        pytest.param(layer("load", *LOAD, exit_status=-9), "unknown exit status", id="killed"),
    ],
)  # fmt: skip
def test_a_layer_that_is_unsound_acquits_nothing(made: LayerEvidence, told: str) -> None:
    verdicts = judged(instead(good_layers(), made))
    for identity in ("fast", "load-suite"):
        assert of(verdicts, identity).state == "no evidence"
        assert told in of(verdicts, identity).why
    assert verdicts.release == "NO VERDICT"


def test_a_layer_that_ran_no_test_acquits_nothing() -> None:
    records = [r for r in layer("load", *LOAD).records if not isinstance(r, Check)]
    made = LayerEvidence("load", "load.ndjson", "", tuple(records), ())
    verdict = of(judged(instead(good_layers(), made)), "fast")
    assert (verdict.state, "ran no test" in verdict.why) == ("no evidence", True)


def test_two_files_of_one_layer_acquit_nothing() -> None:
    verdict = of(judged([*good_layers(), layer("load", *LOAD)]), "fast")
    assert (verdict.state, "has 2 files" in verdict.why) == ("no evidence", True)


def test_all_that_is_wrong_with_a_layer_is_told_at_once() -> None:
    made = layer("load", *LOAD, tree=OTHER_TREE, deselected=1, exit_status=2)
    why = of(judged(instead(good_layers(), made)), "fast").why
    assert [word in why for word in ("another tree", "left out", "interrupted")] == [True] * 3


def test_what_partial_evidence_saw_fail_is_missed() -> None:
    made = layer("load", measured(250), check("d", "failed"), deselected=4, exit_status=1)
    verdicts = judged(instead(good_layers(), made))
    assert of(verdicts, "fast").state == "missed"
    assert of(verdicts, "load-suite").state == "missed"
    assert verdicts.release == "NO-GO"


def test_what_unusable_evidence_saw_fail_condemns_nothing() -> None:
    made = layer("load", measured(250), check("d", "failed"), tree=OTHER_TREE, exit_status=1)
    verdicts = judged(instead(good_layers(), made), waivers=[waiver("objective:fast")])
    assert of(verdicts, "fast").state == "no evidence"
    assert verdicts.release == "NO VERDICT"
    assert [item.layer for item in verdicts.layers if item.foreign_tree] == ["load"]


def test_provenance_of_another_tree_than_the_opening_is_foreign() -> None:
    made = layer("load", *LOAD)
    mixed = (provenance(OTHER_TREE), *made.records[1:])
    weight = weigh("load", [LayerEvidence("load", "x", "", mixed, ())], Setting(TREE, RUN),
                   required=True)  # fmt: skip
    assert weight.verdict.foreign_tree


def test_a_promise_without_a_clause_names_the_layer_that_is_to_show_it() -> None:
    rows = objectives(*small().objectives, objective("restored"))
    verdict = of(judged(good_layers(), rows), "restored")
    assert verdict.state == "no evidence"
    assert verdict.why == "Nothing shows this yet; it is for the recovery layer to show"


def test_a_metric_that_was_not_recorded_is_no_evidence() -> None:
    made = layer("load", measured(150, metric="other_ms"), check("d"))
    verdict = of(judged(instead(good_layers(), made)), "fast")
    assert (verdict.state, verdict.why) == (
        "no evidence",
        "Layer load recorded 0 values of latency_ms",
    )


def test_a_layer_read_by_two_clauses_is_weighed_once() -> None:
    rows = objectives(objective("twice", LATENCY, {**LATENCY, "limit": 160.0}))
    verdict = of(judged([item for item in good_layers() if item.layer != "load"], rows), "twice")
    assert verdict.why.count("left no evidence") == 1


# --- which run a folder holds ------------------------------------------------------------------


def test_a_folder_may_be_renamed() -> None:
    assert run_of([layer("unit"), layer("load")], "unpacked") == RUN


def test_files_without_a_run_are_not_of_the_run_that_is_judged() -> None:
    nameless = [layer("unit", run=""), layer("load", *LOAD, run="")]
    assert run_of(nameless, RUN) == RUN
    verdicts = judged(nameless)
    assert verdicts.release == "NO VERDICT"
    assert "is of another run (unnamed, not" in str(verdicts)


def test_files_of_two_runs_do_not_pass_for_one() -> None:
    mixed = [layer("unit"), layer("load", *LOAD, run="yesterday")]
    assert run_of(mixed, RUN) == RUN
    assert run_of(mixed, "neither") == "neither"


def test_a_killed_run_keeps_what_it_measured(tmp_path: Path) -> None:
    path = tmp_path / "evidence" / "load.ndjson"
    writer = EvidenceWriter(path, run=tmp_path.name, layer="load")
    for record in (provenance(), Opening(tree=TREE, collected=2), check("first")):
        writer.write(record)
    writer.abandon()
    (evidence,) = read_run(tmp_path)
    assert not evidence.whole
    assert [r.id for r in evidence.records if isinstance(r, Check)] == [check("first").id]
