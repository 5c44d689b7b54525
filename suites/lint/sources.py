"""The tree's Python files: what every tool of this layer must have looked at."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[2]
# A line by which a tool passes over all of a file, or judges it by other rules than the tree's.
_EXCUSE = re.compile(r"(?im)^# *(?:mypy *:|(?:ruff|flake8) *[:=] *noqa|type *: *ignore)")


def python_files(root: Path = ROOT) -> tuple[str, ...]:
    """Every Python file that Git tracks or would track, relative to `root`, in order.

    Raises CalledProcessError where `root` is not a Git checkout: what exists is then not known,
    so nothing could be said to have been looked at whole.
    """
    listed = subprocess.run(
        # without -z, Git escapes names that are not ASCII, and no file is called like that
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard", "*.py"],
        cwd=root,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    return tuple(sorted(name for name in set(listed) if name and (root / name).is_file()))


def excused(files: Iterable[str], root: Path = ROOT) -> tuple[str, ...]:
    """Those of `files` that excuse themselves as a whole: a tool is not seen to look at them."""
    return tuple(
        name for name in files if _EXCUSE.search((root / name).read_text("utf-8", "replace"))
    )
