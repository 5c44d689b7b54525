"""The code is scanned whole, by scanners that were seen to see."""

from __future__ import annotations

import subprocess
from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import NoReturn

import pytest
from bandit.core.context import Context  # type: ignore[import-untyped]

from fixtures.evidence import Evidence
from suites.security import tree
from suites.security.code import bandit_scan, other_tools, rule_scan, scans
from suites.security.code.scans import Canary, Scan, Scanner, remembering, with_canaries
from suites.security.known_clean import KnownClean, memory_of

pytestmark = pytest.mark.objective("sec-sast")

RAW_SQL = bandit_scan.CANARY.text


@pytest.mark.long
def test_own_code_is_scanned_whole_by_bandit(evidence: Evidence) -> None:
    memory = memory_of(bandit_scan.TOOL, bandit_scan.__name__, scans.__name__)
    scan = python_scanned(bandit_scan.scan, memory, [bandit_scan.CANARY], "files_parsed", evidence)
    evidence.measure("files_clean_in_an_earlier_scan", memory.used, "files", tool=bandit_scan.TOOL)
    assert_reached({"sut/settings.py", "noxfile.py", "suites/security/tree.py"}, scan)


def test_own_code_is_scanned_whole_by_our_own_rules(evidence: Evidence) -> None:
    memory, name = memory_of(rule_scan.TOOL, *rule_scan.CODE), "files_parsed_for_rules"
    scan = python_scanned(rule_scan.scan, memory, rule_scan.CANARIES, name, evidence)
    evidence.measure("files_clean_in_an_earlier_scan", memory.used, "files", tool=rule_scan.TOOL)
    assert_reached({"sut/settings.py", "noxfile.py"}, scan)


def python_scanned(
    scanner: Scanner, memory: KnownClean, canaries: Iterable[Canary], name: str, evidence: Evidence
) -> Scan:
    files = tree.python_files(tree.ROOT)
    scan = with_canaries(remembering(scanner, memory), files, tree.ROOT, canaries)
    record(evidence, name, scan, len(files))
    if len(scan.looked_at) == len(files):
        memory.save()
    return scan


def test_dockerfiles_workflows_and_scripts_are_scanned_whole(evidence: Evidence) -> None:
    everything = tree.all_files(tree.ROOT)
    scan, total = Scan(), 0
    for tool in other_tools.TOOLS:
        files = tool.files(everything, tree.ROOT)
        scan += with_canaries(tool.scan, files, tree.ROOT, [tool.canary])
        total += len(files)
    record(evidence, "files_scanned_beside_python", scan, total)
    assert_reached({".ci/run", ".github/workflows/ci.yml", "scenarios/workers/Dockerfile"}, scan)


def record(evidence: Evidence, name: str, scan: Scan, total: int) -> None:
    for finding in scan.findings:
        evidence.record(finding)
    evidence.instrument(name, len(scan.looked_at), total=total, missing=scan.missing, unit="files")


def assert_reached(names: Iterable[str], scan: Scan) -> None:
    assert set(names) <= {*scan.looked_at, *(one.partition(": ")[0] for one in scan.missing)}


def written(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


# --- canaries ----------------------------------------------------------------------------------

SCANNERS: dict[str, tuple[Scanner, tuple[Canary, ...]]] = {
    "bandit": (bandit_scan.scan, (bandit_scan.CANARY,)),
    "rules": (rule_scan.scan, rule_scan.CANARIES),
    **{tool.name: (tool.scan, (tool.canary,)) for tool in other_tools.TOOLS},
}


@pytest.mark.parametrize("name", SCANNERS)
def test_a_canary_is_seen_and_leaves_nothing_behind(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    scan = with_canaries(scanner, [], tmp_path, canaries)
    assert scan == Scan()


@pytest.mark.parametrize("name", SCANNERS)
def test_a_scanner_that_misses_its_canary_has_looked_at_nothing(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    real = written(tmp_path, canaries[0].name, canaries[0].text)
    seen = with_canaries(scanner, [real], tmp_path, canaries)
    assert seen.looked_at == (canaries[0].name,)
    blind = [replace(canary, rule="of-no-scanner") for canary in canaries]
    scan = with_canaries(scanner, [real], tmp_path, blind)
    assert scan.looked_at == ()
    assert "did not see its canary of of-no-scanner" in scan.missing[0]
    # what it found all the same stays found
    assert scan.findings == seen.findings
    assert canaries[0].rule in {finding.rule for finding in scan.findings}


def test_a_scanner_that_misses_one_of_its_canaries_alone_has_looked_at_nothing(
    tmp_path: Path,
) -> None:
    first, *others = rule_scan.CANARIES
    assert others
    real = written(tmp_path, "clean.py", "x = 1\n")
    half_blind = [replace(first, rule="of-no-scanner"), *others]
    assert with_canaries(rule_scan.scan, [real], tmp_path, half_blind) == Scan(
        missing=("clean.py: the scanner did not see its canary of of-no-scanner",)
    )


# --- every scanner: moved lines, files that are broken or gone ----------------------------------

BROKEN = {
    "bandit": ("broken.py", "def (:\n", "syntax error while parsing AST from file"),
    "rules": ("broken.py", "def (:\n", "cannot be parsed (invalid syntax"),
    "hadolint": ("broken.Dockerfile", "FROM\nBOGUS x\n", "cannot be parsed (missing whitespace)"),
    "shellcheck": ("broken.sh", "#!/bin/bash\nif [ 1\n", "cannot be parsed ("),
    "zizmor": (".github/workflows/broken.yml", "on: [push\n", "cannot be parsed as a workflow"),
}


@pytest.mark.parametrize("name", SCANNERS)
def test_a_file_that_cannot_be_parsed_is_named(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    broken = written(tmp_path, *BROKEN[name][:2])
    scan = with_canaries(scanner, [broken], tmp_path, canaries)
    assert scan.looked_at == ()
    assert len(scan.missing) == 1
    assert scan.missing[0].startswith(f"{BROKEN[name][0]}: {BROKEN[name][2]}")


@pytest.mark.parametrize("name", SCANNERS)
def test_a_file_that_vanishes_during_the_scan_is_named(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    scan = with_canaries(scanner, [tmp_path / "gone"], tmp_path, canaries)
    assert scan == Scan(missing=("gone: No such file or directory",))


def test_a_file_in_which_a_test_of_bandit_breaks_down_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(context: Context) -> NoReturn:
        raise KeyError("what nobody thought of")

    files = [written(tmp_path, "fault.py", RAW_SQL), written(tmp_path, "odd.py", "print('x')\n")]
    monkeypatch.setattr(Context, "call_function_name_qual", property(broken))
    scan = bandit_scan.scan(files, tmp_path)
    assert scan.looked_at == ()
    assert [one.partition(": ")[0] for one in scan.missing] == ["fault.py", "odd.py"]
    assert all("broke down (KeyError: 'what nobody thought of')" in one for one in scan.missing)
    # what was found all the same stays found
    assert [finding.rule for finding in scan.findings] == ["B608"]


@pytest.mark.parametrize("name", SCANNERS)
def test_a_finding_keeps_its_fingerprint_when_its_line_moves(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    above = "\n\n" if name == "shellcheck" else "# moved\n\n"
    first, rest = canaries[0].text.split("\n", 1)
    moved = f"{first}\n{above}{rest}" if name == "shellcheck" else above + canaries[0].text
    path = written(tmp_path, canaries[0].name, canaries[0].text)
    before = scanner([path], tmp_path).findings
    path.write_text(moved)
    after = scanner([path], tmp_path).findings
    assert before
    assert [one.fingerprint for one in after] == [one.fingerprint for one in before]
    spoken = [one.rule for one in before].index(canaries[0].rule)
    assert after[spoken].line == before[spoken].line + 2


@pytest.mark.parametrize("name", SCANNERS)
def test_findings_of_every_tool_are_on_one_scale(tmp_path: Path, name: str) -> None:
    scanner, canaries = SCANNERS[name]
    path = written(tmp_path, canaries[0].name, canaries[0].text)
    (spoken,) = (one for one in scanner([path], tmp_path).findings if one.rule == canaries[0].rule)
    assert spoken.severity in {"low", "medium", "high"}
    assert spoken.tool_severity
    assert spoken.objectives == ("sec-sast",)


# --- allowances in place are none ---------------------------------------------------------------


def test_a_nosec_comment_silences_nothing(tmp_path: Path) -> None:
    fault = written(tmp_path, "fault.py", RAW_SQL.replace("% name)", "% name)  # nosec"))
    assert len(bandit_scan.scan([fault], tmp_path).findings) == 1


@pytest.mark.parametrize(
    ("tool", "comment"),
    [
        (other_tools.SHELLCHECK, "# shellcheck disable=SC2115"),
        (other_tools.SHELLCHECK, "# shellcheck shell=bash disable=SC2115"),
        (other_tools.HADOLINT, "# hadolint ignore=DL3002"),
        (other_tools.ZIZMOR, "# zizmor: ignore[template-injection]"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_a_comment_that_silences_a_tool_is_a_finding(
    tmp_path: Path, tool: other_tools.Tool, comment: str
) -> None:
    first, rest = tool.canary.text.split("\n", 1)
    path = written(tmp_path, tool.canary.name, f"{first}\n{comment}\n{rest}")
    found = {finding.rule for finding in tool.scan([path], tmp_path).findings}
    assert "silenced" in found


@pytest.mark.parametrize(
    ("tool", "name", "value"),
    [
        (other_tools.SHELLCHECK, "SHELLCHECK_OPTS", "--exclude=SC2115"),
        (other_tools.HADOLINT, "HADOLINT_IGNORE", "DL3002"),
        (other_tools.HADOLINT, "HOME", ".config/hadolint.yaml"),
        (other_tools.HADOLINT, "XDG_CONFIG_HOME", "hadolint.yaml"),
    ],
    ids=lambda value: getattr(value, "name", None),
)
def test_nothing_around_the_checkout_silences_a_tool(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tool: other_tools.Tool, name: str, value: str
) -> None:
    if value.endswith(".yaml"):
        written(tmp_path, value, "ignored: [DL3002]\n")
        value = str(tmp_path)
    monkeypatch.setenv(name, value)
    path = written(tmp_path, tool.canary.name, tool.canary.text)
    found = {finding.rule for finding in tool.scan([path], tmp_path).findings}
    assert tool.canary.rule in found


def test_a_script_of_a_shell_that_the_tool_does_not_know_is_named(tmp_path: Path) -> None:
    path = written(tmp_path, "run", '#!/bin/zsh\nrm -rf "$1/"*\n')
    scan = other_tools.SHELLCHECK.scan([path], tmp_path)
    assert scan.looked_at == ()
    assert scan.missing[0].startswith("run: cannot be parsed (ShellCheck only supports")


# --- which files -------------------------------------------------------------------------------


def test_a_script_without_a_suffix_counts_as_python_by_its_first_line(tmp_path: Path) -> None:
    written(tmp_path, "run", "#!/usr/bin/env python3\n")
    written(tmp_path, "notes", "nothing\n")
    written(tmp_path, "out/generated.py", "x = 1\n")
    assert tree.python_files(tmp_path) == (tmp_path / "run",)


def test_what_git_knows_is_scanned_in_whatever_folder_it_lies(tmp_path: Path) -> None:
    """Folders that are usually generated may hold code all the same; what is ignored may not."""
    (tmp_path / ".gitignore").write_text("/out/\n")
    known = [written(tmp_path, f"sut/{name}/a.py", "x = 1\n") for name in ("out", "node_modules")]
    written(tmp_path, "out/generated.py", "x = 1\n")
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    assert set(tree.python_files(tmp_path)) == set(known)


def test_the_files_of_a_repository_within_the_repository_are_listed(tmp_path: Path) -> None:
    for root in (tmp_path, tmp_path / "within"):
        subprocess.run(["git", "init", "-q", str(root)], check=True)
    inner = written(tmp_path, "within/settings.toml", "x = 1\n")
    assert inner in tree.all_files(tmp_path)


def test_a_folder_that_cannot_be_listed_is_not_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(path: object) -> NoReturn:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr("os.scandir", refused)
    with pytest.raises(PermissionError):
        tree.python_files(tmp_path)


@pytest.mark.parametrize(
    ("name", "text", "tools"),
    [
        ("Dockerfile", "", ["hadolint"]),
        ("build/python.Dockerfile", "", ["hadolint"]),
        ("Dockerfile.debug", "", ["hadolint"]),
        ("Dockerfile.dockerignore", "", []),
        ("run.sh", "", ["shellcheck"]),
        ("run", "#!/usr/bin/env bash\n", ["shellcheck"]),
        ("run", "#!/bin/sh\n", ["shellcheck"]),
        ("run", "#!/usr/bin/env python3\n", []),
        (".github/workflows/ci.yml", "", ["zizmor"]),
        ("compose.yaml", "", []),
        ("greet/action.yml", "", ["zizmor"]),
    ],
)
def test_each_file_goes_to_the_tool_of_its_kind(
    tmp_path: Path, name: str, text: str, tools: Sequence[str]
) -> None:
    path = written(tmp_path, name, text)
    assert [one.name for one in other_tools.TOOLS if one.files([path], tmp_path)] == list(tools)


def test_a_tool_that_is_not_there_has_looked_at_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "run.sh", "#!/bin/sh\ntrue\n")
    absent = replace(other_tools.SHELLCHECK, name="shellcheck-of-nobody")
    scan = with_canaries(absent.scan, [path], tmp_path, [absent.canary])
    assert scan == Scan(missing=("run.sh: shellcheck-of-nobody is not installed",))


def test_a_tool_that_breaks_has_looked_at_nothing(tmp_path: Path) -> None:
    path = written(tmp_path, "run.sh", "#!/bin/sh\ntrue\n")
    broken = replace(other_tools.SHELLCHECK, arguments=("--format", "no-such-format"))
    scan = with_canaries(broken.scan, [path], tmp_path, [broken.canary])
    assert scan.looked_at == ()
    assert "shellcheck wrote no report" in scan.missing[0]
