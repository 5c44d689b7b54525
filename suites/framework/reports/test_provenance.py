from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from reports.provenance import collect, tree_id

Files = dict[str, bytes]


def git(root: Path, *words: str) -> str:
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    done = subprocess.run(
        ["git", *identity, *words], cwd=root, check=True, capture_output=True, text=True
    )
    return done.stdout.strip()


def snapshot(folder: Path) -> Files:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    root = tmp_path / "repository"
    root.mkdir()
    git(root, "init", "-q", "-b", "main")
    (root / "code.py").write_text("a = 1\n")
    (root / ".gitignore").write_text("/out/\n")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "first")
    return root


def test_clean_files_have_the_tree_of_their_commit(repository: Path) -> None:
    assert tree_id(repository) == git(repository, "rev-parse", "HEAD^{tree}")
    found = collect(repository)
    assert (found.dirty, found.branch) == (False, "main")
    assert found.commit == git(repository, "rev-parse", "HEAD")


def test_a_changed_file_is_another_tree(repository: Path) -> None:
    before = tree_id(repository)
    (repository / "code.py").write_text("a = 2\n")
    assert tree_id(repository) != before
    assert collect(repository).dirty
    (repository / "code.py").write_text("a = 1\n")
    assert tree_id(repository) == before


def test_a_change_of_the_same_length_at_the_same_time_is_seen(repository: Path) -> None:
    before, stamp = tree_id(repository), (repository / "code.py").stat()
    (repository / "code.py").write_text("a = 2\n")
    os.utime(repository / "code.py", ns=(stamp.st_atime_ns, stamp.st_mtime_ns))
    assert tree_id(repository) != before


def test_a_file_that_git_was_told_to_overlook_is_seen(repository: Path) -> None:
    before = tree_id(repository)
    git(repository, "update-index", "--assume-unchanged", "code.py")
    (repository / "code.py").write_text("a = 2\n")
    assert tree_id(repository) != before


@pytest.mark.parametrize("name", ["slo.toml", "waivers.toml"])
def test_new_objectives_and_waivers_leave_the_tree_as_it_was(name: str, repository: Path) -> None:
    before = tree_id(repository)
    (repository / "scenarios").mkdir()
    (repository / "scenarios" / name).write_text("a = 1\n")
    assert tree_id(repository) == before
    assert collect(repository).dirty


@pytest.mark.parametrize("change", ["added", "deleted", "made executable"])
def test_every_kind_of_change_is_seen(change: str, repository: Path) -> None:
    before = tree_id(repository)
    if change == "added":
        (repository / "new.py").write_text("")
    elif change == "deleted":
        (repository / "code.py").unlink()
    else:
        (repository / "code.py").chmod(0o755)
    assert tree_id(repository) != before


def test_ignored_files_are_no_part_of_the_tree(repository: Path) -> None:
    before = tree_id(repository)
    (repository / "out").mkdir()
    (repository / "out" / "report.html").write_text("x")
    assert tree_id(repository) == before


def test_staged_and_unstaged_files_are_the_same_tree(repository: Path) -> None:
    (repository / "new.py").write_text("b = 1\n")
    before = tree_id(repository)
    git(repository, "add", "new.py")
    assert tree_id(repository) == before


def test_asking_leaves_the_repository_untouched(repository: Path) -> None:
    (repository / "code.py").write_text("a = 2\n")
    (repository / "new.py").write_text("b = 1\n")
    before = snapshot(repository)
    collect(repository)
    assert snapshot(repository) == before


def test_a_hooks_environment_leads_nowhere_else(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = tree_id(repository)
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    assert tree_id(repository) == expected


def test_a_repository_without_a_commit_has_a_tree(tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "-b", "trunk")
    (tmp_path / "code.py").write_text("a = 1\n")
    found = collect(tmp_path)
    assert (found.commit, found.branch, found.dirty) == ("", "trunk", True)
    assert len(found.tree) == 40


def test_a_worktree_is_a_repository_of_its_own(repository: Path, tmp_path: Path) -> None:
    other = tmp_path / "worktree"
    git(repository, "worktree", "add", "-q", str(other), "-b", "side")
    assert tree_id(other) == tree_id(repository)
    (other / "code.py").write_text("a = 3\n")
    assert tree_id(other) != tree_id(repository)
    assert collect(other).branch == "side"


# --- without git -------------------------------------------------------------------------------


@pytest.fixture
def plain(tmp_path: Path) -> Path:
    root = tmp_path / "plain"
    (root / "sut").mkdir(parents=True)
    (root / "sut" / "app.py").write_text("a = 1\n")
    return root


def test_outside_git_a_hash_of_the_files_stands_in_and_says_so(plain: Path) -> None:
    found = collect(plain)
    assert found.tree.startswith("files:")
    assert (found.commit, found.dirty) == ("", True)


def test_outside_git_changes_and_moves_are_seen(plain: Path) -> None:
    before = tree_id(plain)
    (plain / "sut" / "app.py").write_text("a = 2\n")
    changed = tree_id(plain)
    (plain / "sut" / "app.py").rename(plain / "sut" / "main.py")
    assert len({before, changed, tree_id(plain)}) == 3


def test_outside_git_new_objectives_leave_the_files_as_they_were(plain: Path) -> None:
    before = tree_id(plain)
    (plain / "scenarios").mkdir()
    (plain / "scenarios" / "slo.toml").write_text("a = 1\n")
    assert tree_id(plain) == before


def test_outside_git_generated_and_hidden_folders_do_not_count(plain: Path) -> None:
    before = tree_id(plain)
    for folder in ("out", ".venv", "sut/__pycache__"):
        (plain / folder).mkdir()
        (plain / folder / "x").write_text("x")
    assert tree_id(plain) == before


def test_a_copy_inside_an_ignored_folder_is_not_taken_for_the_repository(repository: Path) -> None:
    copy = repository / "out" / "copy"
    copy.mkdir(parents=True)
    (copy / "code.py").write_text("a = 1\n")
    before = tree_id(copy)
    assert before.startswith("files:")
    (copy / "code.py").write_text("a = 2\n")
    assert tree_id(copy) != before


def test_without_a_git_command_the_files_are_hashed(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert tree_id(repository).startswith("files:")


def test_the_machine_and_its_tools_are_named(repository: Path) -> None:
    (repository / "uv.lock").write_text("version = 1\n")
    found = collect(repository)
    assert set(found.machine) == {"cpu", "cores", "memory", "kernel", "python"}
    assert int(found.machine["cores"]) >= 1
    assert found.tools["pytest"] == pytest.__version__
    assert len(found.lockfile_sha256) == 64


def test_outside_git_what_is_no_file_is_passed_over(plain: Path) -> None:
    before = tree_id(plain)
    os.mkfifo(plain / "pipe")  # reading it would wait for ever
    assert tree_id(plain) == before
