"""The tree keeps its own rules, and each tool is seen to look and to find."""

from __future__ import annotations

import re
import subprocess
import tomllib
from pathlib import Path

import pytest

from fixtures.evidence import Evidence
from suites.lint import style
from suites.lint.sources import ROOT, excused, python_files

ROOMS = ("fixtures", "reports", "scenarios", "suites", "sut")
FAULT = "def f( x):\n    return x == None\n"

pytestmark = pytest.mark.objective("quality-style")


def _judge(inspection: style.Inspection, evidence: Evidence) -> None:
    if inspection.broken:
        pytest.fail(f"the tool could not run:\n{inspection.broken}", pytrace=False)
    for finding in inspection.findings:
        evidence.record(finding)
    listed = "\n".join(f"{f.path}:{f.line}: {f.rule} {f.message}" for f in inspection.findings)
    if inspection.findings:
        pytest.fail(f"{len(inspection.findings)} findings:\n{listed}", pytrace=False)


def _looked_at(name: str, inspection: style.Inspection, evidence: Evidence) -> None:
    everything = set(python_files())
    looked_at = set(inspection.looked_at) - set(excused(everything))
    missing = tuple(sorted(everything - looked_at))
    seen = len(everything) - len(missing)
    evidence.instrument(name, seen, total=len(everything), missing=missing, unit="files")
    assert not missing, f"not looked at: {', '.join(missing)}"


def test_ruff_finds_nothing_in_any_file(evidence: Evidence) -> None:
    inspection = style.ruff_check(ROOT)
    _looked_at("files_linted", inspection, evidence)
    _judge(inspection, evidence)


def test_every_file_is_formatted(evidence: Evidence) -> None:
    _judge(style.ruff_format(ROOT), evidence)


def test_mypy_finds_nothing_in_any_file(evidence: Evidence) -> None:
    inspection = style.mypy_strict(ROOT, python_files())
    _looked_at("files_typed", inspection, evidence)
    _judge(inspection, evidence)


def test_the_rooms_import_only_what_they_may(evidence: Evidence) -> None:
    inspection = style.import_layers(ROOT)
    _judge(inspection, evidence)
    rules = tomllib.loads((ROOT / style.RULES).read_text())["tool"]["importlinter"]["contracts"]
    assert sorted(inspection.looked_at) == sorted(rule["name"] for rule in rules)


@pytest.fixture
def faulty_tree(tmp_path: Path) -> Path:
    """A tree with faults for each tool in each room, under this project's own rules."""
    rules = (ROOT / "pyproject.toml").read_text()
    (tmp_path / "pyproject.toml").write_text(rules)
    for module in sorted(
        re.findall(r'"((?:sut|suites|scenarios|fixtures|reports)[a-z0-9.]*)"', rules)
    ):
        folder = tmp_path / module.replace(".", "/")
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "__init__.py").write_text("")
    for room in ROOMS:
        (tmp_path / room / "faulty.py").write_text(FAULT)
    (tmp_path / "scenarios" / "journey.py").write_text("import sut\n\nsut\n")
    _write_the_imports_that_are_excused(tmp_path)
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    return tmp_path


def _write_the_imports_that_are_excused(root: Path) -> None:
    """import-linter refuses to begin where an excuse in its rules fits nothing."""
    excused = {
        "sut/tables.py": "",
        "sut/domain/__init__.py": "",
        "sut/domain/schemas.py": "import sut.tables\n",
        "reports/configuration.py": "",
        "reports/render/sarif.py": "",
        "suites/contract/anywhere/__init__.py": "",
        "suites/contract/anywhere/reaching.py": "import reports.configuration\n",
        "suites/contract/anywhere/writing.py": "import reports.render.sarif\n",
        "suites/bench/report/__init__.py": "",
        "suites/bench/report/measuring.py": "import reports.configuration\n",
    }
    for name, text in excused.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def seen_in(inspection: style.Inspection, rule: str) -> list[str]:
    return sorted(f.path for f in inspection.findings if f.rule == rule)


IN_EVERY_ROOM = [f"{room}/faulty.py" for room in ROOMS]


def test_ruff_would_see_a_fault_in_every_room(faulty_tree: Path) -> None:
    assert seen_in(style.ruff_check(faulty_tree), "E711") == IN_EVERY_ROOM


def test_a_file_in_another_format_would_be_seen_in_every_room(faulty_tree: Path) -> None:
    assert seen_in(style.ruff_format(faulty_tree), "format") == IN_EVERY_ROOM


def test_mypy_would_see_a_fault_in_every_room(faulty_tree: Path) -> None:
    inspection = style.mypy_strict(faulty_tree, python_files(faulty_tree))
    assert seen_in(inspection, "no-untyped-def") == IN_EVERY_ROOM


def test_rules_beside_those_of_the_tree_count_for_nothing(faulty_tree: Path) -> None:
    (faulty_tree / "mypy.ini").write_text("[mypy]\nignore_errors = true\n")
    (faulty_tree / "sut/ruff.toml").write_text("lint.select = []\nformat.exclude = ['*']\n")
    (faulty_tree / ".importlinter").write_text("[importlinter]\nroot_package = sut\n")

    files = python_files(faulty_tree)
    assert seen_in(style.mypy_strict(faulty_tree, files), "no-untyped-def") == IN_EVERY_ROOM
    assert seen_in(style.ruff_check(faulty_tree), "E711") == IN_EVERY_ROOM
    assert seen_in(style.ruff_format(faulty_tree), "format") == IN_EVERY_ROOM
    assert style.import_layers(faulty_tree).findings


def test_a_file_is_among_those_to_look_at_whatever_letters_name_it(faulty_tree: Path) -> None:
    (faulty_tree / "sut/größe.py").write_text(FAULT)
    assert "sut/größe.py" in python_files(faulty_tree)


@pytest.mark.parametrize(
    "excuse", ["mypy: ignore-errors", "ruff: NOQA", "flake8: noqa", "type: ignore"]
)
def test_a_file_that_excuses_itself_was_not_looked_at(tmp_path: Path, excuse: str) -> None:
    (tmp_path / "a.py").write_text(f"# {excuse}\n{FAULT}")
    (tmp_path / "b.py").write_text("import os  # noqa: F401\n")
    assert excused(["a.py", "b.py"], tmp_path) == ("a.py",)


def test_import_linter_would_see_a_scenario_that_knows_the_service(faulty_tree: Path) -> None:
    broken = style.import_layers(faulty_tree).findings
    assert any("scenarios" in finding.message for finding in broken)


def test_a_tool_that_cannot_run_is_broken_not_clean(faulty_tree: Path) -> None:
    (faulty_tree / "pyproject.toml").write_text("[tool.ruff]\nline-length = 'wide'\n")
    assert style.ruff_check(faulty_tree).broken
    assert style.import_layers(faulty_tree).broken
