"""Both builds on one core, so that no difference of cores passes for one of builds.

Left to itself the scheduler keeps either build on a core of its own for seconds, and two cores of a
virtual machine are seldom equally fast. Requests come one after the other, so one core is enough.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import psutil


@contextmanager
def on_one_core(pids: Iterable[int]) -> Iterator[int | None]:
    """Keep these processes, and all below them, on one core until the block is left.

    Yields the core; None where there is no choice, or the machine cannot be asked for it. What they
    start meanwhile inherits the core, and keeps it.
    """
    pids = tuple(pids)
    allowed = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else set()
    if not pids or len(allowed) < 2:
        yield None
        return
    core = max(allowed)
    before: dict[int, set[int]] = {}
    for thread in _threads(pids):
        with suppress(OSError):  # it ended, or is not ours to move
            before[thread] = os.sched_getaffinity(thread)
            os.sched_setaffinity(thread, {core})
    try:
        yield core
    finally:
        for thread, cores in before.items():
            with suppress(OSError):
                os.sched_setaffinity(thread, cores)


def _threads(pids: Iterable[int]) -> Iterator[int]:
    for pid in pids:
        with suppress(psutil.Error):
            root = psutil.Process(pid)
            for process in (root, *root.children(recursive=True)):
                with suppress(psutil.Error):
                    yield from (thread.id for thread in process.threads())
