"""What the kernel knows of each worker process, read when Prometheus asks."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

_TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


class ProcessesCollector(Collector):
    """`process_*` with a `pid` label, from /proc; a process that is gone is left out."""

    def __init__(self, pids: Sequence[int]) -> None:
        self._pids = pids

    def collect(self) -> Iterator[Metric]:
        """The metrics of every process that lives."""
        cpu = CounterMetricFamily(
            "process_cpu_seconds", "User and system time spent", labels=("pid",)
        )
        memory = GaugeMetricFamily(
            "process_resident_memory_bytes", "Resident memory", labels=("pid",)
        )
        files = GaugeMetricFamily("process_open_fds", "Open file descriptors", labels=("pid",))
        threads = GaugeMetricFamily("process_threads", "Threads", labels=("pid",))
        for pid in self._pids:
            home = Path("/proc") / str(pid)
            try:
                fields = (home / "stat").read_text().rpartition(")")[2].split()
                descriptors = len(os.listdir(home / "fd"))  # noqa: PTH208 (counted, not walked)
            except OSError:
                continue
            label = (str(pid),)
            # fields counted from the state, the third of proc(5)
            cpu.add_metric(label, (int(fields[11]) + int(fields[12])) / _TICKS_A_SECOND)
            memory.add_metric(label, int(fields[21]) * _PAGE_BYTES)
            threads.add_metric(label, int(fields[17]))
            files.add_metric(label, descriptors)
        yield from (cpu, memory, files, threads)
