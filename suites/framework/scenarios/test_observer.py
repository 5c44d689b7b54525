from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from fixtures.services.waiting import NotYetError, wait_until
from scenarios.observer import Observer, Scrape, scrape
from suites.framework.scenarios.loopback import serving

BUSY = "import time\nprint('on', flush=True)\nwhile True: pass"


def test_metrics_are_read_and_summed_over_their_labels() -> None:
    with serving() as server:
        found = scrape(f"{server.url}/metrics")
    assert found.total("db_pool_connections") == 5
    assert found.total("db_pool_connections", state="idle") == 2
    assert found.has("cache_reads_total")
    assert not found.has("db_statement_seconds_bucket")


def seen_busy(observer: Observer) -> None:
    observer.look(len(observer.seen.cpu_share) + 1.0)
    if observer.seen.cpu_share[-1][1] == 0:
        raise NotYetError("no CPU time seen")


def test_a_busy_process_shows_and_one_that_ended_does_not_disturb() -> None:
    process = subprocess.Popen([sys.executable, "-c", BUSY], stdout=subprocess.PIPE)
    try:
        assert process.stdout is not None
        process.stdout.readline()
        observer = Observer(pids=(process.pid,))
        observer.begin(0.0)
        wait_until(
            lambda: seen_busy(observer),
            what="CPU time of a busy process",
            within_s=30,
            advice="Is the machine stalled?",
        )
        assert observer.seen.memory_mb[-1][1] > 1
    finally:
        process.kill()
        process.wait()
    looks = len(observer.seen.cpu_share)
    observer.end(1_000.0)
    assert len(observer.seen.cpu_share) == looks
    assert observer.seen.events == [(1_000.0, "a process of the service ended")]


def test_a_process_that_a_service_starts_under_load_is_noted() -> None:
    command = f"import subprocess, sys; input(); subprocess.run([sys.executable, '-c', {BUSY!r}])"
    parent = subprocess.Popen(
        [sys.executable, "-c", command], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    try:
        assert parent.stdin is not None
        assert parent.stdout is not None
        observer = Observer(pids=(parent.pid,))
        observer.begin(0.0)
        observer.look(1.0)
        assert observer.seen.events == []
        parent.stdin.write(b"\n")
        parent.stdin.flush()
        parent.stdout.readline()
        observer.look(2.0)
        assert observer.seen.events == [(2.0, "a process of the service began")]
    finally:
        for child in psutil.Process(parent.pid).children():
            child.kill()
        parent.kill()
        parent.wait()


def test_metrics_that_cannot_be_had_are_counted_not_raised() -> None:
    def fails(url: str, within_s: float) -> Scrape:
        raise OSError(f"{url} is gone")

    observer = Observer(metrics_url="http://127.0.0.1:1/metrics", read=fails)
    observer.begin(0.0)
    observer.end(1.0)
    assert observer.seen.scrapes == 2
    assert observer.seen.scrapes_failed[0] == "0 s: http://127.0.0.1:1/metrics is gone"
    assert observer.seen.before is None


@pytest.mark.parametrize("page", ["moved", "broken"])
def test_only_an_answer_that_succeeds_is_read(page: str) -> None:
    with serving() as server, pytest.raises(OSError, match=f"/{page}: answers [35]0"):
        scrape(f"{server.url}/{page}")


def test_only_addresses_of_http_are_opened(tmp_path: Path) -> None:
    metrics = tmp_path / "metrics"
    metrics.write_text("# TYPE planted gauge\nplanted 1\n")
    for address in (metrics.as_uri(), "http:///metrics", "metrics"):
        with pytest.raises(ValueError, match="expected an address like http://"):
            scrape(address)


def test_an_answer_that_is_no_metrics_is_refused() -> None:
    with serving() as server, pytest.raises(ValueError, match="<html>"):
        scrape(f"{server.url}/page")


POOL = {("db_pool_connections", frozenset({("state", "idle")})): 2.0,
        ("db_pool_connections_max", frozenset[tuple[str, str]]()): 20.0}  # fmt: skip


def counted(statements: float, hits: float, misses: float) -> Scrape:
    """What a service says that it has done so far."""
    reads = {(("outcome", "hit"),): hits, (("outcome", "miss"),): misses}
    return Scrape(
        {("db_statement_seconds_count", frozenset()): statements}
        | {("cache_reads_total", frozenset(labels)): value for labels, value in reads.items()}
    )


def observed(*scrapes: tuple[float, Scrape]) -> Observer:
    """Observed at each moment, the service said so."""
    told = iter(scrape for _, scrape in scrapes)
    observer = Observer(metrics_url="told", read=lambda url, within_s: next(told))
    (first, _), *later, (last, _) = scrapes
    observer.begin(first)
    for at_s, _ in later:
        observer.look(at_s)
    observer.end(last)
    return observer


def test_what_a_service_did_is_counted_between_two_looks_by_the_time_between_them() -> None:
    seen = observed((0, counted(10, 0, 0)), (2, counted(50, 3, 1)), (3, counted(50, 3, 1))).seen
    assert seen.tracks.values("db_statements_per_s") == [20, 0]
    assert seen.cache_reads == [(3, 4), (0, 0)]
    assert seen.tracks.values("cache_hit_ratio") == [0.75]  # where nothing was read there is none


def test_a_service_that_was_started_anew_did_not_do_less_than_nothing() -> None:
    seen = observed((0, counted(100, 9, 9)), (1, counted(5, 0, 0))).seen
    assert seen.tracks.values("db_statements_per_s") == [0]
    assert seen.cache_reads == [(0, 0)]


def test_two_looks_at_the_same_moment_give_no_rate() -> None:
    seen = observed((1, counted(1, 0, 0)), (1, counted(2, 0, 0))).seen
    assert seen.tracks.values("db_statements_per_s") == []
    assert seen.scrapes == 2


def test_a_service_that_counts_neither_statements_nor_reads_is_not_said_to_do_none() -> None:
    seen = observed((0, Scrape(POOL)), (1, Scrape({}))).seen
    assert (seen.tracks, seen.cache_reads) == ({}, [])
    assert seen.pool_connections == [(0, 2.0)]
    assert seen.pool_allowed == 20


def test_a_process_that_was_never_there_is_not_looked_at() -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    observer = Observer(pids=(ended.pid,))
    observer.begin(0.0)
    observer.look(1.0)
    observer.end(2.0)
    assert observer.seen.cpu_share == []
    assert observer.seen.cpu_seconds == 0
