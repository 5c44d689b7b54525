"""Prometheus metrics of a worker, gathered over all workers by the one that is asked.

With `multiprocess_dir` each worker keeps its values in files there, and PROMETHEUS_MULTIPROC_DIR
must have been set before this module was first imported: prometheus_client decides then.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from time import perf_counter
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine

from sut.processes import ProcessesCollector

REQUEST_BUCKETS_S = (
    0.001, 0.0025, 0.005, 0.0075, 0.01, 0.015, 0.02, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2,
    0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0, 5.0, 10.0,
)  # fmt: skip
STATEMENT_BUCKETS_S = (
    0.00025, 0.0005, 0.00075, 0.001, 0.00125, 0.0015, 0.002, 0.0025, 0.003, 0.004, 0.005, 0.006,
    0.008, 0.01, 0.0125, 0.015, 0.02, 0.025, 0.03, 0.04, 0.05, 0.075, 0.1, 0.15, 0.2, 0.3, 0.5,
    1.0, 2.0, 5.0,
)  # fmt: skip
_process = os.getpid()


def _this_process() -> int:
    """Which process this is, without asking the kernel: each number that is counted wants to know.

    A fork is told of below.
    """
    return _process


def _forked() -> None:
    global _process
    _process = os.getpid()


os.register_at_fork(after_in_child=_forked)
if getattr(values.ValueClass, "_multiprocess", False):
    values.ValueClass = values.MultiProcessValue(_this_process)  # type: ignore[no-untyped-call]
_OPERATIONS = frozenset({"select", "insert", "update", "delete"})


class _Workers(MultiProcessCollector):
    """What all workers counted, read from their files."""

    def collect(self) -> Any:
        """The sums. A worker that is starting opens its files first and fills them then: an empty
        one holds no value yet, and is no reason to tell nothing of the others.
        """
        files = [str(path) for path in Path(self._path).glob("*.db") if _bytes_of(path)]
        return self.merge(files, accumulate=True)  # type: ignore[no-untyped-call]


def _bytes_of(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:  # of a worker that has just ended
        return 0


class Metrics:
    """Every metric of the service. Labels are few: route templates, never paths."""

    def __init__(self, multiprocess_dir: str = "") -> None:
        self._dir = multiprocess_dir
        self.registry = CollectorRegistry()
        new: dict[str, Any] = {"registry": self.registry}
        self.requests = Counter(
            "http_requests", "Requests answered", ("method", "route", "status"), **new
        )
        self.request_seconds = Histogram(
            "http_request_seconds", "Time to answer a request", ("method", "route"),
            buckets=REQUEST_BUCKETS_S, **new,
        )  # fmt: skip
        self.statement_seconds = Histogram(
            "db_statement_seconds", "Time of a statement, waiting included", ("operation",),
            buckets=STATEMENT_BUCKETS_S, **new,
        )  # fmt: skip
        self.pool = Gauge(
            "db_pool_connections", "Connections to Postgres", ("state",),
            multiprocess_mode="livesum", **new,
        )  # fmt: skip
        self.pool_max = Gauge(
            "db_pool_connections_max", "Connections that may be opened",
            multiprocess_mode="livesum", **new,
        )  # fmt: skip
        self.cache_reads = Counter("cache_reads", "Reads of the cache", ("outcome", "area"), **new)
        self.rate_limited = Counter(
            "rate_limited", "Requests refused by a limit", ("limit",), **new
        )
        self.logins = Counter("logins", "Log-ins", ("outcome",), **new)
        self.predictions = Counter("predictions", "Predictions sent", ("outcome",), **new)
        self.results = Counter("results", "Results entered or corrected", **new)
        self.forecasts = Counter("forecasts", "Forecasts shown", ("tier",), **new)
        self._routes: dict[tuple[str, str], Histogram] = {}
        self._statements: dict[str, Histogram] = {}
        self._reads: dict[tuple[str, str], Counter] = {}
        self._answers: dict[tuple[str, str, int], Counter] = {}

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one answer. `route` is the template that matched, or `unmatched`."""
        histogram = self._routes.get((method, route))
        if histogram is None:
            histogram = self._routes[method, route] = self.request_seconds.labels(method, route)
        histogram.observe(seconds)
        counter = self._answers.get((method, route, status))
        if counter is None:
            counter = self._answers[method, route, status] = self.requests.labels(
                method, route, str(status)
            )
        counter.inc()

    def cache_read(self, area: str, outcome: str) -> None:
        """Count one read of the cache (the cache's observer)."""
        counter = self._reads.get((outcome, area))
        if counter is None:
            counter = self._reads[outcome, area] = self.cache_reads.labels(outcome, area)
        counter.inc()

    def stated(self, statement: str, seconds: float) -> None:
        """Count one statement and its time."""
        word = statement[:6].lower()
        operation = word if word in _OPERATIONS else "other"
        histogram = self._statements.get(operation)
        if histogram is None:
            histogram = self._statements[operation] = self.statement_seconds.labels(operation)
        histogram.observe(seconds)

    def watch(self, engine: AsyncEngine, connections_max: int) -> None:
        """Time every statement of an engine, and follow its pool."""
        self.pool_max.set(connections_max)
        core = engine.sync_engine

        def before(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any,
                   many: bool) -> None:  # fmt: skip
            context.touchline_began = perf_counter()

        def after(connection: Any, cursor: Any, statement: str, parameters: Any, context: Any,
                  many: bool) -> None:  # fmt: skip
            self.stated(statement, perf_counter() - context.touchline_began)

        event.listen(core, "before_cursor_execute", before)
        event.listen(core, "after_cursor_execute", after)
        self._watch_pool(core)

    def _watch_pool(self, core: Any) -> None:
        """Follow each connection: while one is being given back, the pool counts it as in use."""
        in_use, idle = self.pool.labels("in_use"), self.pool.labels("idle")
        opened: set[int] = set()
        taken: set[int] = set()

        def follow(moment: str, change: Callable[[int], None]) -> None:
            def happened(connection: Any, record: Any, *_: Any) -> None:
                change(id(record))
                in_use.set(len(taken))
                idle.set(len(opened - taken))

            event.listen(core, moment, happened)

        in_use.set(0)
        idle.set(0)
        follow("connect", opened.add)
        follow("close", opened.discard)
        follow("checkout", taken.add)
        follow("checkin", taken.discard)

    def text(self) -> bytes:
        """What Prometheus reads: this worker and, with a directory, every other."""
        registry = self.registry
        if self._dir:
            registry = CollectorRegistry()
            _Workers(registry, path=self._dir)  # type: ignore[no-untyped-call]
        processes = CollectorRegistry()
        processes.register(ProcessesCollector(self._pids()))
        return generate_latest(registry) + generate_latest(processes)

    def _pids(self) -> tuple[int, ...]:
        if not self._dir:
            return (os.getpid(),)
        names = Path(self._dir).glob("gauge_livesum_*.db")
        return tuple(sorted(int(name.stem.rpartition("_")[2]) for name in names))
