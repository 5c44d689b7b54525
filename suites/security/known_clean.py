"""What a scanner looked at whole, and found nothing in, need not be scanned again.

Kept are digests alone, never a finding: a file in which something was found is scanned each time.
A digest covers the scanner's release, the code that runs it, Python's release, and the name and
every byte of what was scanned, so whatever could change the answer changes the digest. In CI
everything is scanned: what a cache holds there may come from somebody else's run.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from tempfile import NamedTemporaryFile

from suites.security import tree

FOLDER = tree.ROOT / "out" / ".cache" / "scans"


class KnownClean:
    """Digests of what was clean, kept in a file between runs; written by `save` alone."""

    def __init__(self, file: Path | None, scanner: Iterable[str | bytes]) -> None:
        self._file = file
        self._scanner = tuple(scanner)
        self._before = _read(file) if file else frozenset[str]()
        self._now: set[str] = set()

    @property
    def used(self) -> int:
        """How much was known from earlier runs, and not scanned again."""
        return len(self._now & self._before)

    def digest(self, *parts: str | bytes) -> str:
        """What stands for something to be scanned by this very scanner."""
        made = hashlib.sha256()
        for part in (*self._scanner, *parts):
            raw = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            made.update(len(raw).to_bytes(8, "big") + raw)
        return made.hexdigest()

    def knows(self, digest: str) -> bool:
        """Whether it was clean in an earlier run; then it is kept for the next one."""
        if digest not in self._before:
            return False
        self._now.add(digest)
        return True

    def note(self, digest: str) -> None:
        """It was looked at whole, and nothing was found."""
        self._now.add(digest)

    def save(self) -> None:
        """Keep what this run knew or noted, and nothing else, for the next one."""
        if self._file is None:
            return
        self._file.parent.mkdir(parents=True, exist_ok=True)
        with NamedTemporaryFile("w", dir=self._file.parent, delete=False) as new:
            new.write("\n".join(sorted(self._now)))
        Path(new.name).replace(self._file)


def memory_of(tool: str, *code: str, folder: Path = FOLDER) -> KnownClean:
    """What `tool` found clean before, run by the modules `code` as they are now."""
    sources = (Path(str(sys.modules[name].__file__)).read_bytes() for name in (*code, __name__))
    file = None if os.environ.get("CI") else folder / f"{tool}.txt"
    return KnownClean(file, (tool, _release(tool), sys.version, *sources))


def _release(tool: str) -> str:
    try:
        return version(tool)
    except PackageNotFoundError:
        return ""  # one of ours, which its code alone tells apart


NOTHING = KnownClean(None, ())


def _read(file: Path) -> frozenset[str]:
    try:
        return frozenset(file.read_text("ascii").split())
    except (OSError, UnicodeDecodeError):
        return frozenset()
