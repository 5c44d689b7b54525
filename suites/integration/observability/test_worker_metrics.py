"""What a worker exports, and that its labels stay few."""

from __future__ import annotations

import pytest
from prometheus_client.parser import text_string_to_metric_families

from sut.metrics import Metrics

pytestmark = pytest.mark.objective("obs-metrics")


def samples(metrics: Metrics, name: str) -> dict[tuple[tuple[str, str], ...], float]:
    return {
        tuple(sorted(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(metrics.text().decode())
        for sample in family.samples
        if sample.name == name
    }


def test_an_answer_is_counted_by_method_route_and_status() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/api/matches/{match_id}", 200, 0.01)
    metrics.answered("GET", "/api/matches/{match_id}", 200, 0.01)
    metrics.answered("GET", "/api/matches/{match_id}", 404, 0.01)
    route = ("route", "/api/matches/{match_id}")
    assert samples(metrics, "http_requests_total") == {
        (("method", "GET"), route, ("status", "200")): 2,
        (("method", "GET"), route, ("status", "404")): 1,
    }


def test_an_answers_time_is_counted_in_seconds() -> None:
    metrics = Metrics()
    metrics.answered("GET", "/", 200, 0.25)
    assert list(samples(metrics, "http_request_seconds_sum").values()) == [0.25]


def test_a_read_of_the_cache_is_counted_by_area_and_outcome() -> None:
    metrics = Metrics()
    metrics.cache_read("matches", "hit")
    assert samples(metrics, "cache_reads_total") == {(("area", "matches"), ("outcome", "hit")): 1}


def test_the_workers_own_process_is_exported() -> None:
    metrics = Metrics()
    for name in ("process_cpu_seconds_total", "process_resident_memory_bytes", "process_open_fds"):
        assert all(value > 0 for value in samples(metrics, name).values()), name
        assert len(samples(metrics, name)) == 1, name


def test_two_workers_in_one_process_do_not_share_their_counts() -> None:
    one, two = Metrics(), Metrics()
    one.answered("GET", "/", 200, 0.01)
    assert samples(two, "http_requests_total") == {}
