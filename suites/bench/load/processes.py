"""Generators and services of these benchmarks as processes, kept to cores of their own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from reports.evidence import AnyRecord, Instrument, Measurement, decode
from scenarios.words import EVIDENCE

ROOT = Path(__file__).parents[3]
URGENT = -10  # asked for where it may be had: neighbours are not what is measured
ENDS_WITHIN_S = 180.0
LOOK_S = 0.05


def cores() -> tuple[set[int], set[int]]:
    """A core for the generator and another for the service; no choice where there is but one."""
    allowed = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else [0]
    return {allowed[0]}, {allowed[-1]}


def settle(where: set[int]) -> None:
    """In the new process: stay on these cores, before others if that is allowed."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, where)
    with suppress(PermissionError):
        os.setpriority(os.PRIO_PROCESS, 0, URGENT)


class Address(str):
    """Where a service is, and the process that answers there."""

    __slots__ = ("pid",)
    pid: int


@contextmanager
def serving(*words: float) -> Iterator[Address]:
    """The address of a `plain_service`, on the service's core."""
    command = [sys.executable, "-m", "suites.bench.load.plain_service", *map(str, words)]
    _, where = cores()
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        preexec_fn=lambda: settle(where),
    ) as process:  # fmt: skip
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            address = Address(process.stdout.readline().strip())
            address.pid = process.pid
            yield address
        finally:
            process.stdin.close()
            process.wait(ENDS_WITHIN_S)


def started(*words: str, module: str = "scenarios") -> subprocess.Popen[str]:
    """A generator on its core, under way."""
    where, _ = cores()
    return subprocess.Popen(
        [sys.executable, "-m", module, *words], cwd=ROOT, stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        preexec_fn=lambda: settle(where),
    )  # fmt: skip


def settle_generator(command: subprocess.Popen[str]) -> None:
    """Leave the core to the process that generates; the conductor goes to the service's.

    It adds up once a second what it is told, for some milliseconds, and is nothing that a generator
    has to have on its machine.
    """
    alone, beside = cores()
    conductor = psutil.Process(command.pid)
    ends_at = time.monotonic() + ENDS_WITHIN_S
    while command.poll() is None and time.monotonic() < ends_at:
        for child in conductor.children(recursive=True):
            with suppress(psutil.NoSuchProcess):
                if "scenarios.worker" in child.cmdline():
                    _keep_to(child, alone)
                    _keep_to(conductor, beside)
                    return
        time.sleep(LOOK_S)


def _keep_to(process: psutil.Process, where: set[int]) -> None:
    for thread in process.threads():
        with suppress(AttributeError, ProcessLookupError):
            os.sched_setaffinity(thread.id, where)


@dataclass(frozen=True)
class Played:
    """What a load command recorded."""

    said: str
    records: tuple[AnyRecord, ...]

    def value(self, metric: str) -> float:
        """A measurement of the whole mix. Raises ValueError where there is not exactly one."""
        (found,) = (
            item.value
            for item in self.records
            if isinstance(item, Measurement)
            and item.metric == metric
            and item.dimensions.get("scenario", "mix") == "mix"
            and item.dimensions.get("endpoint", "*all*") == "*all*"
        )
        return found

    def instrument(self, name: str) -> Instrument:
        """An instrument by its name. Raises ValueError where there is not exactly one."""
        (found,) = (
            item for item in self.records if isinstance(item, Instrument) and item.name == name
        )
        return found


def played(process: subprocess.Popen[str], out: Path) -> Played:
    """Wait for a load command and read what it recorded. Raises AssertionError where it failed."""
    said, _ = process.communicate(timeout=ENDS_WITHIN_S)
    assert (out / EVIDENCE).exists(), said
    lines = (out / EVIDENCE).read_text(encoding="utf-8").splitlines()
    return Played(said, tuple(decode(line) for line in lines))


def locust_alone(url: str, *words: object) -> Mapping[str, Any]:
    """What Locust by itself does on the generator's core; see `locust_alone`."""
    process = started(url, *map(str, words), module="suites.bench.load.locust_alone")
    said, _ = process.communicate(timeout=ENDS_WITHIN_S)
    assert process.returncode == 0, said
    found: Mapping[str, Any] = json.loads(said.splitlines()[-1])
    assert not found["failures"], said
    return found


def idle_lateness_ms(seconds: float, *by: str) -> float:
    """How late an idle process wakes on the generator's core, at p99; `by` as `idle` takes it."""
    said, _ = started(str(seconds), *by, module="suites.bench.load.idle").communicate(
        timeout=ENDS_WITHIN_S
    )
    return float(said)


def highest(rates: Sequence[float], holds: Any) -> float:
    """The highest of some rising rates that holds, by halving; 0 where none does."""
    low, high = -1, len(rates)
    while high - low > 1:
        middle = (low + high) // 2
        if holds(rates[middle]):
            low = middle
        else:
            high = middle
    return rates[low] if low >= 0 else 0.0
