"""Which files the checkout holds: what a scanner must have looked at, whatever it says it did."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# Generated or foreign: ignored by Git, and rebuilt from what is scanned.
NOT_OURS = frozenset(
    {
        ".git", ".venv", ".nox", "out", "__pycache__", ".mypy_cache", ".ruff_cache",
        ".pytest_cache", ".hypothesis", ".benchmarks", ".import_linter_cache", "node_modules",
    }
)  # fmt: skip


def python_files(root: Path) -> tuple[Path, ...]:
    """Every Python file under `root`, known to Git or not, and scripts whose first line says so."""
    return tuple(path for path in sorted(_walk(root)) if path.suffix == ".py" or _is_script(path))


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
    names = (os.fsdecode(name) for name in listed.split(b"\0") if name)
    # A file may be deleted and still be in the index; what is gone cannot hold a secret today.
    return tuple(sorted(path for name in set(names) if (path := root / name).is_file()))


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        yield from (Path(folder, name) for name in files if Path(folder, name).is_file())


def git(root: Path, *arguments: str) -> bytes | None:
    """What `git` prints; None where there is no Git, or `root` is not the top of a repository."""
    try:
        done = subprocess.run(
            ["git", "-C", str(root), *arguments], capture_output=True, check=False, timeout=120
        )
    except FileNotFoundError:
        return None
    if done.returncode != 0 or not (root / ".git").exists():
        return None
    return done.stdout
