"""Evidence of several machines as one run: what a part lacks, the whole lacks."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from reports.__main__ import main
from reports.clauses.measurements import read_measurements
from reports.evidence import (
    AnyRecord,
    Check,
    EvidenceWriter,
    LayerEvidence,
    Measurement,
    Opening,
    read_run,
)
from reports.gate import judge
from reports.merge import MergeError, merge
from reports.objectives import MeasurementClause
from reports.soundness import Setting, Weighed, weigh
from suites.framework.reports.runs import (
    LATENCY,
    OTHER_TREE,
    TODAY,
    TREE,
    check,
    good_layers,
    layer,
    measured,
    small,
)


def part(
    out: Path, run: str, name: str, *records: AnyRecord, shard: str = "", whole: bool = True,
    exit_status: int = 0, **more: Any,
) -> Path:  # fmt: skip
    """One machine's folder with one layer, or a part of one."""
    folder = out / run
    made = layer(name, *records, run=run, **more)
    writer = EvidenceWriter(folder / "evidence" / f"{name}.ndjson", run=run, layer=name)
    for record in made.records[:-1]:
        writer.write(replace(record, shard=shard) if isinstance(record, Opening) else record)
    if whole:
        writer.close(exit_status, 4.0)
    else:
        writer.abandon()
    return folder


def merged(out: Path, *sources: Path) -> dict[str, LayerEvidence]:
    merge(out / "merged", sources)
    return {item.layer: item for item in read_run(out / "merged")}


def weighed(evidence: LayerEvidence) -> Weighed:
    return weigh(evidence.layer, [evidence], Setting(TREE, "merged"), required=True)


def three_shards(out: Path) -> list[Path]:
    return [part(out, f"m{n}", "unit", check(f"t{n}"), shard=f"{n}/3") for n in (1, 2, 3)]


# --- whole -------------------------------------------------------------------------------------


def test_layers_of_several_machines_become_one_run_that_can_be_judged(tmp_path: Path) -> None:
    sources = []
    for number, made in enumerate(good_layers()):
        sources.append(part(tmp_path, f"m{number}", made.layer, *made.records[2:-1]))
    evidence = list(merged(tmp_path, *sources).values())
    assert judge(small(), evidence, (), "commit", TODAY, TREE, "merged").release == "GO"


def test_all_shards_of_a_layer_are_a_whole_layer(tmp_path: Path) -> None:
    found = merged(tmp_path, *three_shards(tmp_path))["unit"]
    assert found.whole
    assert weighed(found).verdict.grade == "sound"
    assert {r.id.rpartition("::")[2] for r in found.records if isinstance(r, Check)} == {
        "t1", "t2", "t3",
    }  # fmt: skip
    assert found.records[-1].seconds == 4.0  # type: ignore[union-attr]


def test_what_was_measured_twice_is_told_apart_by_its_shard(tmp_path: Path) -> None:
    sources = [part(tmp_path, f"m{n}", "load", measured(n), check(f"t{n}"), shard=f"{n}/2")
               for n in (1, 2)]  # fmt: skip
    records = merged(tmp_path, *sources)["load"].records
    assert [r.dimensions for r in records if isinstance(r, Measurement)] == [
        {"shard": "1/2"}, {"shard": "2/2"},
    ]  # fmt: skip


def test_a_failure_in_any_part_is_a_failure_of_the_whole(tmp_path: Path) -> None:
    sources = [
        part(tmp_path, "m1", "unit", check("a"), shard="1/2"),
        part(tmp_path, "m2", "unit", check("b", "failed"), shard="2/2", exit_status=1),
    ]
    found = weighed(merged(tmp_path, *sources)["unit"])
    assert found.verdict.grade == "sound"
    assert [c.outcome for c in found.of(Check)] == ["passed", "failed"]


def test_a_part_that_did_not_end_in_order_is_not_outdone_by_one_that_did(tmp_path: Path) -> None:
    sources = [part(tmp_path, f"m{n}", "unit", check(f"t{n}"), shard=f"{n}/2", exit_status=status)
               for n, status in ((1, -9), (2, 1))]  # fmt: skip
    found = weighed(merged(tmp_path, *sources)["unit"])
    assert "ended with the unknown exit status -9" in found.doubt


@pytest.mark.parametrize("shard", ["1/0", "0/2", "7/2", "1/-5", "-1/2", "half"])
def test_a_part_that_there_cannot_be_is_refused(tmp_path: Path, shard: str) -> None:
    sources = [part(tmp_path, "m1", "unit", check("a"), shard="1/2"),
               part(tmp_path, "m2", "unit", check("b"), shard=shard)]  # fmt: skip
    with pytest.raises(MergeError, match="expected a shard such as 2/3, found"):
        merge(tmp_path / "merged", sources)


def test_a_part_that_is_the_whole_is_no_part(tmp_path: Path) -> None:
    (found,) = read_run(part(tmp_path, "merged", "unit", check("a"), shard="1/1"))
    assert weighed(found).verdict.grade == "sound"


def test_a_part_that_does_not_say_which_it_is_is_named(tmp_path: Path) -> None:
    sources = three_shards(tmp_path)
    file = sources[1] / "evidence" / "unit.ndjson"
    file.write_text("")
    with pytest.raises(MergeError, match=f"{file}: damaged before it says which part"):
        merge(tmp_path / "merged", sources)


def test_one_value_in_each_shard_is_one_value(tmp_path: Path) -> None:
    sources = [part(tmp_path, f"m{n}", "load", measured(150), check(f"t{n}"), shard=f"{n}/3")
               for n in (1, 2, 3)]  # fmt: skip
    found = weighed(merged(tmp_path, *sources)["load"])
    clause = MeasurementClause.model_validate(
        {**LATENCY, "minimum_matches": 3}, context={"layers": ("load",)}
    )
    *_, last = read_measurements(clause, found)
    assert (last.state, "1 value of latency_ms, 3 expected" in last.why) == ("no evidence", True)


def test_attachments_of_two_machines_do_not_meet(tmp_path: Path) -> None:
    sources = []
    for number in (1, 2):
        name = "attachments/unit/page.png"
        made = check(f"t{number}", attachments=(name,))
        sources.append(part(tmp_path, f"m{number}", "unit", made, shard=f"{number}/2"))
        (sources[-1] / name).parent.mkdir(parents=True)
        (sources[-1] / name).write_text(str(number))
    records = merged(tmp_path, *sources)["unit"].records
    names = [name for r in records if isinstance(r, Check) for name in r.attachments]
    assert [(tmp_path / "merged" / name).read_text() for name in names] == ["1", "2"]


# --- not whole ---------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [0, 1, 2])
def test_a_missing_shard_is_no_evidence_and_is_named(missing: int, tmp_path: Path) -> None:
    sources = three_shards(tmp_path)
    del sources[missing]
    evidence = list(merged(tmp_path, *sources).values())
    verdicts = judge(small(), evidence, (), "commit", TODAY, TREE, "merged")
    suite = next(item for item in verdicts.objectives if item.id == "unit-suite")
    assert suite.state == "no evidence"
    there = "+".join(str(n) for n in (1, 2, 3) if n != missing + 1)
    assert f"shard {there}/3 alone" in suite.why


def test_one_shard_alone_is_no_evidence(tmp_path: Path) -> None:
    (found,) = read_run(three_shards(tmp_path)[0])
    assert weigh("unit", [found], Setting(TREE, "m1"), required=True).verdict.grade == "partial"


def test_a_failure_that_was_seen_condemns_though_a_shard_is_missing(tmp_path: Path) -> None:
    bad = part(tmp_path, "m1", "unit", check("b", "failed"), shard="1/2", exit_status=1)
    evidence = list(merged(tmp_path, bad).values())
    verdicts = judge(small(), evidence, (), "commit", TODAY, TREE, "merged")
    assert verdicts.release == "NO-GO"


@pytest.mark.parametrize("damage", ["cut off", "changed"])
def test_a_damaged_part_is_not_mended_by_the_merge(damage: str, tmp_path: Path) -> None:
    sources = three_shards(tmp_path)
    path = sources[1] / "evidence" / "unit.ndjson"
    raw = path.read_bytes()
    path.write_bytes(raw[:-9] if damage == "cut off" else raw.replace(b"passed", b"failed"))
    found = merged(tmp_path, *sources)["unit"]
    assert weighed(found).verdict.grade == "unusable"


def test_a_part_that_did_not_end_keeps_the_whole_from_ending(tmp_path: Path) -> None:
    sources = three_shards(tmp_path)[:2]
    sources.append(part(tmp_path, "late", "unit", check("t3"), shard="3/3", whole=False))
    assert weighed(merged(tmp_path, *sources)["unit"]).verdict.grade == "unusable"


def test_parts_of_different_trees_are_of_no_tree(tmp_path: Path) -> None:
    sources = [part(tmp_path, "m1", "unit", check("a"), shard="1/2"),
               part(tmp_path, "m2", "unit", check("b"), shard="2/2", tree=OTHER_TREE)]  # fmt: skip
    found = weighed(merged(tmp_path, *sources)["unit"])
    assert found.verdict.foreign_tree


# --- contradictions ----------------------------------------------------------------------------


def test_the_same_layer_twice_is_refused(tmp_path: Path) -> None:
    sources = [part(tmp_path, run, "unit", check("a")) for run in ("m1", "m2")]
    with pytest.raises(MergeError, match=r"layer unit is there twice: .*m1.*m2"):
        merge(tmp_path / "merged", sources)
    assert not (tmp_path / "merged").exists()


def test_the_same_shard_twice_is_refused(tmp_path: Path) -> None:
    sources = [part(tmp_path, run, "unit", check("a"), shard="1/2") for run in ("m1", "m2")]
    with pytest.raises(MergeError, match="shard 1/2 of layer unit is there twice"):
        merge(tmp_path / "merged", sources)


def test_shards_of_different_cuts_are_refused(tmp_path: Path) -> None:
    sources = [part(tmp_path, f"m{n}", "unit", check("a"), shard=f"1/{n}") for n in (2, 3)]
    with pytest.raises(MergeError, match="cut in 2 parts and in 3"):
        merge(tmp_path / "merged", sources)


def test_evidence_is_never_written_over(tmp_path: Path) -> None:
    source = part(tmp_path, "m1", "unit", check("a"))
    merge(tmp_path / "merged", [source])
    with pytest.raises(MergeError, match="never replaced"):
        merge(tmp_path / "merged", [source])


@pytest.mark.parametrize("name", ["evidence", "attachments"])
@pytest.mark.parametrize("linked", [False, True])
def test_a_target_that_holds_either_folder_is_refused_before_anything_is_written(
    name: str, linked: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = three_shards(tmp_path)
    (sources[0] / "attachments").mkdir()
    there = tmp_path / "merged" / name
    there.parent.mkdir()
    if linked:
        there.symlink_to("nowhere")
    else:
        there.mkdir()
        (there / "kept.txt").write_text("mine")
    before = sorted(tmp_path.rglob("*"))
    assert main(["merge", str(tmp_path / "merged"), *map(str, sources)]) == 2
    told = capsys.readouterr().err
    assert f"merged/{name} exists, and evidence is never replaced" in told
    assert "nothing was written" in told
    assert sorted(tmp_path.rglob("*")) == before


def test_the_command_says_what_is_missing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = [str(source) for source in three_shards(tmp_path)[:2]]
    assert main(["merge", str(tmp_path / "merged"), *sources]) == 0
    told = capsys.readouterr().out
    assert "unit: shard 3 of 3 is missing" in told
    assert main(["merge", str(tmp_path / "merged"), *sources]) == 2
    assert "nothing was written" in capsys.readouterr().err


def test_a_folder_without_evidence_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "empty").mkdir()
    assert main(["merge", str(tmp_path / "merged"), str(tmp_path / "empty")]) == 2
    assert "no run folder is there" in capsys.readouterr().err


@pytest.mark.parametrize("target", ["a_file", "a_file/below"])
def test_a_place_where_nothing_can_be_written_is_refused_and_nothing_is_left(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    (tmp_path / "a_file").write_text("")
    sources = [str(source) for source in three_shards(tmp_path)]
    before = sorted(tmp_path.rglob("*"))
    assert main(["merge", str(tmp_path / target), *sources]) == 2
    assert "nothing was written" in capsys.readouterr().err
    assert sorted(tmp_path.rglob("*")) == before


def test_a_merge_that_breaks_off_can_be_begun_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sources = three_shards(tmp_path)
    kept = sources[2] / "attachments" / "unit"
    kept.mkdir(parents=True)
    (kept / "gone").symlink_to("nowhere")
    words = ["merge", str(tmp_path / "merged"), *map(str, sources)]
    assert main(words) == 2
    assert "nothing was written" in capsys.readouterr().err
    (kept / "gone").unlink()
    assert main(words) == 0
