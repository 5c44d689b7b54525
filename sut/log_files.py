"""A log file for all worker processes of an instance, rotated when it is full."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

FILE_BYTES_MAX = 20 * 2**20
FILES_KEPT = 5


class SharedFile:
    """A log file that several processes append to; whoever finds it full renames it.

    A line is one write in append mode, so lines of two workers never mix. The rename happens under
    a lock, and the others notice that the name leads to another file before their next line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = self._open()

    def write(self, line: bytes) -> None:
        """Append one line. Raises OSError where that cannot be done now; the next one may be."""
        self._follow()
        os.write(self._descriptor, line)
        if os.fstat(self._descriptor).st_size > FILE_BYTES_MAX:
            self._rotate()

    def _open(self) -> int:
        return os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o640)

    def _follow(self) -> None:
        try:
            current = self._path.stat().st_ino
        except FileNotFoundError:
            current = -1
        if current != os.fstat(self._descriptor).st_ino:
            followed = self._open()  # first: a number that was given back may be somebody else's
            os.close(self._descriptor)
            self._descriptor = followed

    def _rotate(self) -> None:
        lock = os.open(f"{self._path}.lock", os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self._follow()
            if os.fstat(self._descriptor).st_size <= FILE_BYTES_MAX:
                return
            for number in range(FILES_KEPT - 1, 0, -1):
                older = Path(f"{self._path}.{number}")
                if older.exists():
                    older.rename(f"{self._path}.{number + 1}")
            self._path.rename(f"{self._path}.1")
            self._follow()
        finally:
            os.close(lock)
