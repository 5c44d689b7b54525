"""Generators on this machine: processes of `worker`, started and ended here."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
END_WITHIN_S = 3.0


class Crew:
    """Some local workers for one master."""

    def __init__(self, count: int, host: str, port: int) -> None:
        self._processes = [self._start(host, port) for _ in range(count)]

    @staticmethod
    def _start(host: str, port: int) -> subprocess.Popen[bytes]:
        command = ["-m", "scenarios.worker", host, str(port), "--parent", str(os.getpid())]
        return subprocess.Popen(  # noqa: S603 - our own module
            [sys.executable, *command], cwd=ROOT, stdin=subprocess.DEVNULL
        )

    def ended(self, pid: int) -> bool:
        """Whether a process of the crew has ended; False for one that does not belong to it."""
        return any(process.pid == pid and process.poll() is not None for process in self._processes)

    @property
    def lost(self) -> int:
        """How many have ended."""
        return sum(process.poll() is not None for process in self._processes)

    def dismiss(self) -> None:
        """Wait for those that were sent home, and end those that stay."""
        for process in self._processes:
            try:
                process.wait(END_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
