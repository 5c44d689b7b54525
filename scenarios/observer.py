"""What the service did meanwhile: its processes and its own metrics, on one clock with the load."""

from __future__ import annotations

import http.client
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

import psutil
from prometheus_client.parser import text_string_to_metric_families

from scenarios.stores import Postgres, Statement
from scenarios.tracks import Reading, Store, StoreError, Tracks

LOOK_TIMEOUT_S = 2.0
END_TIMEOUT_S = 10.0  # the first and the last look are what counts are taken between
LabelSet = frozenset[tuple[str, str]]
_CONNECTIONS: Mapping[str, type[http.client.HTTPConnection]] = {
    "http": http.client.HTTPConnection,
    "https": http.client.HTTPSConnection,
}


@dataclass(frozen=True)
class Scrape:
    """One reading of a service's Prometheus metrics."""

    values: Mapping[tuple[str, LabelSet], float]

    def total(self, name: str, **labels: str) -> float:
        """The sum of a metric's samples that carry all of `labels`; 0 where there is none."""
        return sum(value for _, value in self.select(name, **labels))

    def has(self, name: str) -> bool:
        """Whether the metric is there at all."""
        return any(found == name for found, _ in self.values)

    def select(self, name: str, **labels: str) -> Iterator[tuple[Mapping[str, str], float]]:
        """A metric's samples that carry all of `labels`."""
        wanted = frozenset(labels.items())
        for (found, carried), value in self.values.items():
            if found == name and wanted <= carried:
                yield dict(carried), value


def scrape(url: str, within_s: float = LOOK_TIMEOUT_S) -> Scrape:
    """Read metrics. Raises OSError when they cannot be had, ValueError when they are none."""
    text = _get(url, within_s)
    values = {
        (sample.name, frozenset(sample.labels.items())): float(sample.value)
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }
    return Scrape(values)


def _get(url: str, within_s: float) -> str:
    """The text at an address; it is asked for over HTTP, whatever else an address could mean."""
    parts = urlsplit(url)
    if parts.scheme not in _CONNECTIONS or not parts.hostname:
        raise ValueError(f"expected an address like http://127.0.0.1:9000/metrics, found {url!r}")
    place = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
    connection = _CONNECTIONS[parts.scheme](parts.hostname, parts.port, timeout=within_s)
    try:
        connection.request("GET", place, headers={"Accept": "text/plain"})
        answer = connection.getresponse()
        text = answer.read().decode()
    except http.client.HTTPException as error:
        raise OSError(f"{url}: {error!r}") from None
    finally:
        connection.close()
    if answer.status != http.client.OK:
        raise OSError(f"{url}: answers {answer.status} {answer.reason}")
    return text


@dataclass
class Observations:
    """All that was seen. Points are (seconds since the start, value).

    `cpu_seconds` are those of the service's processes. `cache_reads` holds (hits, reads) of each
    look. `tracks` are of everything that has no field of its own. `events` say what befell the
    service's processes, at the look that saw it.
    """

    cpu_share: list[tuple[float, float]] = field(default_factory=list)
    machine_cpu_share: list[tuple[float, float]] = field(default_factory=list)
    memory_mb: list[tuple[float, float]] = field(default_factory=list)
    pool_connections: list[tuple[float, float]] = field(default_factory=list)
    pool_allowed: float = 0.0
    cpu_seconds: float = 0.0
    cache_reads: list[tuple[float, float]] = field(default_factory=list)
    events: list[tuple[float, str]] = field(default_factory=list)
    before: Scrape | None = None
    after: Scrape | None = None
    scrapes: int = 0
    scrapes_failed: list[str] = field(default_factory=list)
    tracks: Tracks = field(default_factory=Tracks)
    store_looks: int = 0
    store_looks_failed: list[str] = field(default_factory=list)
    statements: tuple[Statement, ...] = ()
    without_statements: str = ""


class _Seen(NamedTuple):
    """What one process of the service has used: seconds, bytes, and what it holds open."""

    process: psutil.Process
    spent_s: float
    memory: int
    descriptors: int
    threads: int


class Observer:
    """Samples a service from outside. What it is not told of it does not see."""

    def __init__(
        self,
        pids: tuple[int, ...] = (),
        metrics_url: str | None = None,
        read: Callable[[str, float], Scrape] = scrape,
        stores: Sequence[Store] = (),
    ) -> None:
        self._pids, self._url, self._read, self._stores = pids, metrics_url, read, stores
        self._readable: list[Store] = []
        self._spent: dict[int, float] = {}
        self._living: set[int] = set()
        self._last_at = self._last_store_at = self._last_scrape_at = 0.0
        self._machine = psutil.cpu_times()
        self._last_scrape: Scrape | None = None
        self.seen = Observations()

    def begin(self, at_s: float) -> None:
        """The first look: what was spent and counted before does not belong to the load."""
        self._spent = {one.process.pid: one.spent_s for one in self._processes()}
        self._living = set(self._spent)
        self._last_at, self._machine = at_s, psutil.cpu_times()
        self.seen.before = self._scrape(at_s, END_TIMEOUT_S)
        self._last_store_at = at_s
        for store in self._stores:
            with self._noting(at_s):
                store.begin()
                self._readable.append(store)

    def look(self, at_s: float) -> None:
        """One sample, at `at_s` seconds since the start."""
        self._look_at_machine(at_s)
        self._look_at_processes(at_s)
        self._scrape(at_s, LOOK_TIMEOUT_S)
        self._look_at_stores(at_s)

    def end(self, at_s: float) -> None:
        """The last look."""
        self._look_at_machine(at_s)
        self._look_at_processes(at_s)
        self.seen.after = self._scrape(at_s, END_TIMEOUT_S)
        self._look_at_stores(at_s)
        for store in self._stores:
            if isinstance(store, Postgres) and store in self._readable:
                with self._noting(at_s):
                    store.finish()
                self.seen.statements = store.statements
                self.seen.without_statements = store.without_statements
            store.close()

    def _look_at_machine(self, at_s: float) -> None:
        """The share of all cores that anything used, whatever it was."""
        before, now = self._machine, psutil.cpu_times()
        passed = sum(now) - sum(before)
        idle = (now.idle - before.idle) + (getattr(now, "iowait", 0) - getattr(before, "iowait", 0))
        if passed > 0:
            self.seen.machine_cpu_share.append((at_s, min(1.0, max(0.0, 1 - idle / passed))))
        self._machine = now

    # --- the service's processes ------------------------------------------------------------------

    def _look_at_processes(self, at_s: float) -> None:
        found = self._processes()
        self._note_lives(at_s, found)
        passed = at_s - self._last_at
        if not found or passed <= 0:
            return
        # a process seen for the first time began after the last look
        spent = sum(one.spent_s - self._spent.get(one.process.pid, 0.0) for one in found)
        self.seen.cpu_seconds += spent
        self.seen.cpu_share.append((at_s, spent / passed / (os.cpu_count() or 1)))
        self.seen.memory_mb.append((at_s, sum(one.memory for one in found) / 1e6))
        for name in ("descriptors", "threads"):
            held = sum(getattr(one, name) for one in found)
            self.seen.tracks.add(at_s, Reading(f"service_{name}", name, held))
        self._spent = {one.process.pid: one.spent_s for one in found}
        self._last_at = at_s

    def _note_lives(self, at_s: float, found: Sequence[_Seen]) -> None:
        """Which processes ended or began since the last look: under load, neither is expected."""
        living = {one.process.pid for one in found}
        for pids, what in ((self._living - living, "ended"), (living - self._living, "began")):
            if pids:
                who = "a process" if len(pids) == 1 else f"{len(pids)} processes"
                self.seen.events.append((at_s, f"{who} of the service {what}"))
        self._living = living

    def _processes(self) -> list[_Seen]:
        found: dict[int, _Seen] = {}
        for pid in self._pids:
            try:
                root = psutil.Process(pid)
                family = [root, *root.children(recursive=True)]
            except psutil.NoSuchProcess:
                continue
            for process in family:
                try:
                    found[process.pid] = _seen(process)
                except psutil.NoSuchProcess:
                    continue
        return list(found.values())

    # --- its metrics ------------------------------------------------------------------------------

    def _scrape(self, at_s: float, within_s: float) -> Scrape | None:
        if self._url is None:
            return None
        self.seen.scrapes += 1
        try:
            read = self._read(self._url, within_s)
        except (OSError, ValueError) as error:
            self.seen.scrapes_failed.append(f"{at_s:.0f} s: {error}")
            return None
        if read.has("db_pool_connections"):
            self.seen.pool_connections.append((at_s, read.total("db_pool_connections")))
            allowed = read.total("db_pool_connections_max")
            self.seen.pool_allowed = max(self.seen.pool_allowed, allowed)
        if self._last_scrape is not None and at_s > self._last_scrape_at:
            self._note_work(at_s, self._last_scrape, read)
        self._last_scrape, self._last_scrape_at = read, at_s
        return read

    def _note_work(self, at_s: float, before: Scrape, now: Scrape) -> None:
        """What the service says that it did since the last look."""

        def grown(name: str, **labels: str) -> float:
            return max(0.0, now.total(name, **labels) - before.total(name, **labels))

        passed = at_s - self._last_scrape_at
        if now.has("db_statement_seconds_count"):
            statements = grown("db_statement_seconds_count")
            self.seen.tracks.add(at_s, Reading("db_statements_per_s", "1/s", statements / passed))
        if now.has("cache_reads_total"):
            reads = grown("cache_reads_total")
            hits = grown("cache_reads_total", outcome="hit")
            self.seen.cache_reads.append((hits, reads))
            if reads > 0:
                self.seen.tracks.add(at_s, Reading("cache_hit_ratio", "ratio", hits / reads))

    # --- databases and caches ---------------------------------------------------------------------

    def _look_at_stores(self, at_s: float) -> None:
        passed = at_s - self._last_store_at
        if passed <= 0:
            return
        for store in self._readable:
            with self._noting(at_s):
                for reading in store.look(passed):
                    self.seen.tracks.add(at_s, reading)
        self._last_store_at = at_s

    @contextmanager
    def _noting(self, at_s: float) -> Iterator[None]:
        """Count a look at a store, and note it where it failed."""
        self.seen.store_looks += 1
        try:
            yield
        except StoreError as error:
            self.seen.store_looks_failed.append(f"{at_s:.0f} s: {error}")


def _seen(process: psutil.Process) -> _Seen:
    """Raises NoSuchProcess when it has ended meanwhile."""
    with process.oneshot():
        times, memory = process.cpu_times(), process.memory_info().rss
        try:
            descriptors = process.num_fds() if hasattr(process, "num_fds") else 0
        except psutil.AccessDenied:
            descriptors = 0
        return _Seen(process, times.user + times.system, memory, descriptors, process.num_threads())
