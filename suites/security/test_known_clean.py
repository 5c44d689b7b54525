"""What was scanned and clean is passed over the next time; nothing else is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from reports.evidence import Finding
from suites.security import known_clean, secret_scan
from suites.security.code import bandit_scan
from suites.security.code.scans import Scan, remembering, with_canaries
from suites.security.history import Line
from suites.security.known_clean import KnownClean, memory_of

pytestmark = pytest.mark.objective("sec-sast", "sec-secrets")

CLEAN = "def answer():\n    return 42\n"
FAULTY = bandit_scan.CANARY.text
# Glued together, so that this file itself holds nothing like a key.
KEY = "AKIA" + "Q7PJ2XT4VN6HWZRB"


@dataclass
class Watched:
    """bandit, with a note of which files it was asked to scan below a root."""

    asked: list[str] = field(default_factory=list)

    def scan(self, files: Sequence[Path], root: Path) -> Scan:
        self.asked = [path.name for path in files if path.is_relative_to(root)]
        return bandit_scan.scan(files, root)


def memory(folder: Path, scanner: str = "one") -> KnownClean:
    return KnownClean(folder / "memory" / "known.txt", [scanner])


def scanned(folder: Path, scanner: str = "one", then: str = "save") -> tuple[list[str], Scan]:
    """Which files of the project in `folder` were scanned, and what came of all of them."""
    watched, known = Watched(), memory(folder, scanner)
    files = sorted((folder / "project").glob("*.py"))
    seen = with_canaries(
        remembering(watched.scan, known), files, folder / "project", [bandit_scan.CANARY]
    )
    if then == "save":
        known.save()
    return watched.asked, seen


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A folder whose project has a clean file and a faulty one, scanned once."""
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "clean.py").write_text(CLEAN)
    (tmp_path / "project" / "faulty.py").write_text(FAULTY)
    assert scanned(tmp_path)[0] == ["clean.py", "faulty.py"]
    return tmp_path


def test_a_clean_file_is_passed_over_and_a_faulty_one_is_found_again(project: Path) -> None:
    asked, seen = scanned(project)
    assert asked == ["faulty.py"]
    assert seen.looked_at == ("clean.py", "faulty.py")
    assert [finding.path for finding in seen.findings] == ["faulty.py"]


def test_the_canary_is_scanned_where_all_files_are_known(project: Path) -> None:
    (project / "project" / "faulty.py").unlink()

    def blind(files: Sequence[Path], root: Path) -> Scan:
        return Scan(looked_at=tuple(map(str, files)))

    seen = with_canaries(
        remembering(blind, memory(project)), [project / "project" / "clean.py"],
        project / "project", [bandit_scan.CANARY],
    )  # fmt: skip
    assert seen.looked_at == ()
    assert "did not see its canary" in seen.missing[0]


@pytest.mark.parametrize("change", ["text", "name", "scanner", "memory is broken"])
def test_whatever_may_change_the_answer_brings_a_new_scan(project: Path, change: str) -> None:
    clean = project / "project" / "clean.py"
    if change == "text":
        clean.write_text(CLEAN + "\n")
    if change == "name":
        clean.rename(clean.with_name("another.py"))
    if change == "memory is broken":
        (project / "memory" / "known.txt").write_bytes(b"\xff\xfe")
    asked, _ = scanned(project, "two" if change == "scanner" else "one")
    assert len(asked) == 2


def test_a_file_that_becomes_faulty_is_found_and_one_that_cannot_be_parsed_is_named(
    project: Path,
) -> None:
    (project / "project" / "clean.py").write_text(FAULTY)
    (project / "project" / "faulty.py").write_text("def (:\n")
    for _ in range(2):
        asked, seen = scanned(project)
        assert asked == ["clean.py", "faulty.py"]
        assert [finding.path for finding in seen.findings] == ["clean.py"]
        assert seen.missing[0].startswith("faulty.py: syntax error")


def test_a_file_that_changes_while_it_is_scanned_is_not_known(project: Path) -> None:
    path = project / "project" / "clean.py"
    path.write_text(CLEAN * 2)

    def scan(files: Sequence[Path], root: Path) -> Scan:
        path.write_text(CLEAN * 3)
        return bandit_scan.scan(files, root)

    known = memory(project)
    remembering(scan, known)([path], project / "project")
    known.save()
    path.write_text(CLEAN * 2)
    assert "clean.py" in scanned(project)[0]


def test_what_was_not_saved_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "project").mkdir()
    (tmp_path / "project" / "clean.py").write_text(CLEAN)
    scanned(tmp_path, then="forget")
    assert scanned(tmp_path)[0] == ["clean.py"]


def test_what_is_gone_is_forgotten(project: Path) -> None:
    before = (project / "memory" / "known.txt").read_text().split()
    (project / "project" / "clean.py").write_text(CLEAN + "\n")
    scanned(project)
    after = (project / "memory" / "known.txt").read_text().split()
    assert len(before) == len(after) == 1
    assert before != after


def test_lines_without_a_secret_are_passed_over_and_a_secret_is_found_each_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    lines = [Line("a.py", 1, "first = 1"), Line("b.py", 1, f'KEY = "{KEY}"')]
    asked: list[str] = []
    scan_one = secret_scan._scan_one

    def watched(path: str, *more: Any) -> Iterator[Finding]:
        asked.append(path)
        return scan_one(path, *more)

    monkeypatch.setattr(secret_scan, "_scan_one", watched)
    for expected in (["a.py", "b.py"], ["b.py"]):
        known = memory(tmp_path)
        asked.clear()
        found, blind = secret_scan._scan_beside_canaries(lines, memory=known)
        known.save()
        assert [path for path in asked if path not in secret_scan.CANARIES] == expected
        assert set(secret_scan.CANARIES) < set(asked)
        assert ([finding.path for finding in found], blind) == (["b.py"], "")


def test_in_ci_nothing_is_known_and_nothing_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def remembered() -> bool:
        known = memory_of("bandit", bandit_scan.__name__, folder=tmp_path)
        digest = known.digest("a.py", CLEAN)
        known.note(digest)
        known.save()
        return memory_of("bandit", bandit_scan.__name__, folder=tmp_path).knows(digest)

    monkeypatch.setenv("CI", "true")
    assert not remembered()
    assert not list(tmp_path.iterdir())
    monkeypatch.delenv("CI")
    assert remembered()


def test_another_release_of_the_tool_or_of_our_code_knows_nothing_of_before(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def made(*code: str) -> str:
        return memory_of("bandit", *code).digest("a.py", CLEAN)

    now = made(bandit_scan.__name__)
    assert made(bandit_scan.__name__) == now
    assert made(secret_scan.__name__) != now
    monkeypatch.setattr(known_clean, "version", lambda name: "0.0.1")
    assert made(bandit_scan.__name__) != now
