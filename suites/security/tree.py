"""Which files the checkout holds: what a scanner must have looked at, whatever it says it did."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parents[2]
# Generated or foreign: rebuilt from what is scanned. What Git knows is scanned wherever it lies.
NOT_OURS = frozenset(
    {
        ".git", ".venv", ".nox", "out", "__pycache__", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", ".hypothesis", ".benchmarks", ".import_linter_cache", "node_modules",
    }
)  # fmt: skip


def python_files(root: Path) -> tuple[Path, ...]:
    """Every Python file under `root`, known to Git or not, and scripts whose first line says so."""
    every = sorted({*_walk(root), *all_files(root)})
    return tuple(path for path in every if path.suffix == ".py" or _is_script(path))


def _is_script(path: Path) -> bool:
    if path.suffix:
        return False
    with path.open("rb") as file:
        first = file.readline(100)
    return first.startswith(b"#!") and b"python" in first


def all_files(root: Path) -> tuple[Path, ...]:
    """Every file: tracked or at least not ignored; without Git, all that is not generated."""
    listed = git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard")
    if listed is None:
        return tuple(sorted(_walk(root)))
    names = {os.fsdecode(name) for name in listed.split(b"\0") if name}
    return tuple(sorted(path for name in names for path in _there(root / name)))


def _there(path: Path) -> Iterator[Path]:
    """The file; all files of a folder, which Git lists where it is a repository of its own.

    A file may be deleted and still be in the index; what is gone cannot hold a secret today.
    """
    if path.is_dir() and not path.is_symlink():
        yield from _walk(path)
    elif path.is_file():
        yield path


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root, onerror=_refused):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder, name) for name in files if Path(folder, name).is_file())


def _refused(error: OSError) -> NoReturn:
    """A folder that cannot be listed holds nobody knows what: no list of files is without it."""
    raise error


def git(root: Path, *arguments: str) -> bytes | None:
    """What `git` prints; None where there is no Git, or `root` is not the top of a repository."""
    try:
        done = subprocess.run(
            # what was replaced by a ref of refs/replace is looked at as it was committed
            ["git", "--no-replace-objects", "-C", str(root), *arguments],
            capture_output=True, check=False, timeout=120,
        )  # fmt: skip
    except FileNotFoundError:
        return None
    if done.returncode != 0 or not (root / ".git").exists():
        return None
    return done.stdout
