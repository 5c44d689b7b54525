from __future__ import annotations

import pytest

from fixtures.evidence import Evidence
from fixtures.options import Options
from reports.provenance import tree_id
from suites.coverage.figures import FileFigures, by_package, count, files_of
from suites.coverage.gathering import MEASURED, Gathered, gather


def test_what_the_layers_of_this_run_left_unrun_is_counted(
    pytestconfig: pytest.Config, options: Options, evidence: Evidence
) -> None:
    """Whether it is enough is for the gate to say; without whole data there is nothing to count."""
    root = pytestconfig.rootpath
    if options.run_dir is None:
        pytest.fail("nothing to read: try `nox -s coverage`, or name a run with --run-dir")
    gathered = gather(options.run_dir, root, tree_id(root))
    record_layers(gathered, evidence)
    if gathered.faults:
        pytest.skip("no figures: " + "; ".join(map(": ".join, gathered.faults.items())))
    files = count(root, gathered.data.values())
    record_files(files, files_of(root), evidence)
    for package, figures in by_package(files).items():
        for metric, ratio, samples in (
            ("coverage_lines_ratio", figures.lines_ratio, figures.lines),
            ("coverage_branches_ratio", figures.branches_ratio, figures.branches),
        ):
            evidence.measure(metric, ratio, "ratio", samples=samples, package=package)
    evidence.attach(table(files), "files.txt")
    assert sum(file.figures.lines_run for file in files), "no line of ours was run, which cannot be"


def record_layers(gathered: Gathered, evidence: Evidence) -> None:
    evidence.instrument(
        "coverage_layers",
        len(gathered.data),
        total=len(MEASURED),
        missing=[f"{layer}: {fault}" for layer, fault in gathered.faults.items()],
        unit="layers",
    )


def record_files(
    files: tuple[FileFigures, ...], existing: tuple[str, ...], evidence: Evidence
) -> None:
    never = [file.path for file in files if file.figures.lines and not file.figures.lines_run]
    evidence.instrument(
        "coverage_files",
        len(files),
        total=len(existing),
        missing=sorted(set(existing) - {file.path for file in files}),
        unit="files",
        detail=f"never run: {', '.join(never) or 'none'}",
    )


def table(files: tuple[FileFigures, ...]) -> str:
    """One line a file, the most unrun first."""
    gaps = sorted(
        files,
        key=lambda file: (
            (file.figures.lines_run - file.figures.lines)
            + (file.figures.branches_run - file.figures.branches)
        ),
    )
    return "".join(
        f"{file.path}  lines {file.figures.lines_run}/{file.figures.lines}"
        f"  branches {file.figures.branches_run}/{file.figures.branches}  {file.not_run}\n"
        for file in gaps
    )
