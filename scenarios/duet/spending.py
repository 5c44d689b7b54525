"""The CPU time that a service's processes have spent, fine enough for a slice of milliseconds."""

from __future__ import annotations

import ctypes
import math
import time
from dataclasses import dataclass, field

import psutil

LOOK_EVERY_S = 1.0
_LIBC = ctypes.CDLL(None)


@dataclass
class Spending:
    """Adds up the CPU seconds of a process and all below it.

    The family is looked up by `refresh`, between slices, since that takes longer than a slice may.
    """

    pid: int
    _clocks: dict[int, int | None] = field(default_factory=dict)
    _looked_at: float = -math.inf

    def refresh(self) -> None:
        """See which processes there are now, once a second at most.

        Raises ProcessLookupError when the first is gone.
        """
        if time.monotonic() < self._looked_at + LOOK_EVERY_S and self.total_s() is not None:
            return
        self._looked_at = time.monotonic()
        try:
            root = psutil.Process(self.pid)
            family = [root, *root.children(recursive=True)]
        except psutil.NoSuchProcess:
            raise ProcessLookupError(f"there is no process {self.pid}") from None
        self._clocks = {process.pid: _clock_of(process.pid) for process in family}

    def total_s(self) -> float | None:
        """Seconds spent so far by all of them; None when one has ended since `refresh`."""
        try:
            return sum(_spent_s(pid, clock) for pid, clock in self._clocks.items())
        except (OSError, psutil.Error):
            return None


def _clock_of(pid: int) -> int | None:
    """The id of a process's CPU clock, by POSIX clock_getcpuclockid; None where there is none.

    It counts nanoseconds, while what psutil reads advances in hundredths of a second.
    """
    ask = getattr(_LIBC, "clock_getcpuclockid", None)
    if ask is None:
        return None
    clock = ctypes.c_int()
    return clock.value if ask(pid, ctypes.byref(clock)) == 0 else None


def _spent_s(pid: int, clock: int | None) -> float:
    if clock is not None:
        return time.clock_gettime(clock)
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def machine_s() -> tuple[float, float]:
    """Seconds that all cores were busy with anything, and that passed for all of them."""
    times = psutil.cpu_times()
    passed = float(sum(times[:8]))  # guest time, further on, is counted in user time already
    idle = float(times.idle + getattr(times, "iowait", 0.0))
    return passed - idle, passed
