"""A layer that ran no test is named, whatever else the run shows."""

from pathlib import Path

import pytest

from reports.__main__ import main
from reports.evidence import Check, EvidenceWriter, Opening, Outcome, Provenance, read_run
from reports.presence import idle_layers


def write_layer(run_dir: Path, layer: str, *outcomes: Outcome, closed: bool = True) -> None:
    writer = EvidenceWriter(run_dir / "evidence" / f"{layer}.ndjson", run="run", layer=layer)
    writer.write(Provenance(commit="c", tree="t", dirty=False))
    writer.write(Opening(tree="t", collected=len(outcomes)))
    for number, outcome in enumerate(outcomes):
        writer.write(Check(id=f"test-{number}", outcome=outcome))
    if closed:
        writer.close(0)
    else:
        writer.abandon()


def test_layers_with_a_passed_test_are_not_named(tmp_path: Path) -> None:
    write_layer(tmp_path, "unit", "passed", "failed")
    assert idle_layers(read_run(tmp_path), ["unit"]) == ()


@pytest.mark.parametrize("outcomes", [(), ("skipped",), ("failed", "error")])
def test_a_layer_without_a_passed_test_is_named(
    tmp_path: Path, outcomes: tuple[Outcome, ...]
) -> None:
    write_layer(tmp_path, "unit", *outcomes)
    assert idle_layers(read_run(tmp_path), ["unit"]) == ("unit: no test passed",)


def test_a_layer_without_a_file_is_named(tmp_path: Path) -> None:
    write_layer(tmp_path, "unit", "passed")
    assert idle_layers(read_run(tmp_path), ["unit", "e2e"]) == ("e2e: no evidence file",)


def test_a_layer_that_was_cut_short_is_named(tmp_path: Path) -> None:
    write_layer(tmp_path, "unit", "passed", closed=False)
    (problem,) = idle_layers(read_run(tmp_path), ["unit"])
    assert problem.startswith("unit: ")
    assert "expected one closing record" in problem


def test_the_command_fails_and_says_what_to_do(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_layer(tmp_path, "unit", "passed")
    assert main(["ran", str(tmp_path), "unit"]) == 0
    assert main(["ran", str(tmp_path), "unit", "e2e"]) == 2
    assert "e2e: no evidence file" in capsys.readouterr().err
