"""The tree's Python files: what every tool of this layer must have looked at."""

from __future__ import annotations

import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def python_files(root: Path = ROOT) -> tuple[str, ...]:
    """Every Python file that Git tracks or would track, relative to `root`, in order.

    Raises CalledProcessError where `root` is not a Git checkout: what exists is then not known,
    so nothing could be said to have been looked at whole.
    """
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\n")
    return tuple(sorted(name for name in set(listed) if name and (root / name).is_file()))
