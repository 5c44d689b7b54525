"""Worker processes: replaced when they die, gone when their supervisor is gone."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable

import httpx
import psutil

from fixtures.live import LiveService, LiveServiceFactory
from fixtures.services.waiting import NotYetError, wait_until

WITHIN_S = 90.0
CONNECTIONS_MAX = 20


def told_of(metric: str, service: LiveService) -> list[str]:
    """The lines of the metrics that begin so."""
    text = httpx.get(f"{service.internal_url}/metrics", timeout=30).text
    return [line for line in text.splitlines() if line.startswith(metric)]


def workers(service: LiveService) -> set[int]:
    """The processes that answer requests, as the metrics know them."""
    lines = told_of("process_threads{", service)
    return {int(one.partition('pid="')[2].partition('"')[0]) for one in lines}


def connections_allowed(service: LiveService) -> float:
    """How many connections to Postgres all workers together may open, by the metrics."""
    (line,) = told_of("db_pool_connections_max ", service)
    return float(line.partition(" ")[2])


def until(holds: Callable[[], bool], what: str) -> None:
    def probe() -> None:
        if not holds():
            raise NotYetError(what)

    wait_until(probe, what=what, within_s=WITHIN_S, advice="look at the service's log")


def test_a_worker_that_is_killed_is_replaced_while_the_others_answer_and_all_end_in_order(
    live_service_factory: LiveServiceFactory,
) -> None:
    service = live_service_factory(workers=2, seeded=False)
    until(lambda: len(workers(service)) == 2, "two workers")
    before, allowed = workers(service), connections_allowed(service)
    assert allowed == CONNECTIONS_MAX
    victim = min(before)
    os.kill(victim, signal.SIGKILL)
    assert httpx.get(f"{service.url}/health/live", timeout=30).status_code == 200
    until(lambda: len(workers(service) - {victim}) == 2, "a worker in its place")
    assert workers(service) >= before - {victim}
    until(lambda: connections_allowed(service) == allowed, "the share of the dead one given up")
    an_orderly_end_leaves_nothing_behind(service)


def test_workers_end_with_a_supervisor_that_was_killed(
    live_service_factory: LiveServiceFactory,
) -> None:
    service = live_service_factory(workers=2, seeded=False)
    below = [psutil.Process(pid) for pid in service.pids if pid != service.pid]
    os.kill(service.pid, signal.SIGKILL)
    until(lambda: not any(process.is_running() for process in below), "no process left")


def an_orderly_end_leaves_nothing_behind(service: LiveService) -> None:
    below = [psutil.Process(pid) for pid in service.pids if pid != service.pid]
    assert len(below) >= 2
    assert service.stop() == 0
    until(lambda: not any(process.is_running() for process in below), "no process left")
    assert "Traceback" not in service.log()
