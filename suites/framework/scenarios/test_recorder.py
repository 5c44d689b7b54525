from __future__ import annotations

import math
import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from reports.evidence import AnyRecord, Finding, Instrument, Measurement, Series, decode
from scenarios import recorder, shapes
from scenarios.histograms import Endpoint, Tally
from scenarios.observer import Observations, Scrape
from scenarios.plan import Plan
from scenarios.runs import Run
from scenarios.stores import Statement
from scenarios.tracks import Reading
from scenarios.wire import Health, Result

SECONDS = 20
TEAMS, TABLE = Endpoint("browse", "GET /api/teams"), Endpoint("browse", "GET /api/standings")
BOARD = Endpoint("leaderboard", "GET /api/leaderboard")
PLAN = Plan(
    url="http://127.0.0.1:1",
    profile=shapes.profile("commit").overridden(duration_s=SECONDS),
    paths=("/a",),
)


def measured(endpoint: Endpoint, count: int, failed: int = 0) -> tuple[Tally, list[float]]:
    chance = random.Random(str(endpoint))  # noqa: S311 - samples, not secrets
    tally, raw = Tally(), []
    for number in range(count):
        taken = chance.lognormvariate(-4, 0.5)
        raw.append(taken)
        tally.add(number * SECONDS / count, taken, taken / 2, ok=number >= failed)
    return tally, raw


def a_run(*results: Result, observed: Observations | None = None, generators: int = 0) -> Run:
    return Run(
        plan=PLAN,
        started="2026-01-01T00:00:00+00:00",
        generators=generators or len(results),
        results=results,
        observed=observed or Observations(),
    )


def health(**changed: float | bool | dict[str, int]) -> Health:
    return Health(**{"measured_s": float(SECONDS), "scheduled": 10, "begun": 10, **changed})  # type: ignore[arg-type]


def values(
    records: Iterator[AnyRecord] | list[AnyRecord], metric: str, **where: str
) -> Measurement:
    (found,) = (
        record
        for record in records
        if isinstance(record, Measurement)
        and record.metric == metric
        and dict(record.dimensions) == where
    )
    return found


def instruments(run: Run) -> dict[str, Instrument]:
    return {item.name: item for item in recorder.records(run) if isinstance(item, Instrument)}


def test_percentiles_of_all_of_an_endpoint_and_of_a_journey_match_the_sorted_values() -> None:
    (teams, raw_teams), (board, raw_board) = measured(TEAMS, 3_000), measured(BOARD, 1_000)
    run = a_run(Result(tallies={TEAMS: teams, BOARD: board}, health=health()))
    records = list(recorder.records(run))
    for raw, scenario, endpoint in (
        (raw_teams + raw_board, "mix", "*all*"),
        (raw_teams, "mix", TEAMS.operation),
        (raw_board, "leaderboard", "*all*"),
    ):
        ordered = sorted(raw)
        for percent in (50, 95, 99):
            metric = f"http_latency_p{percent}_ms"
            found = values(records, metric, scenario=scenario, endpoint=endpoint)
            exact = ordered[round(percent / 100 * len(ordered)) - 1] * 1000
            assert found.value == pytest.approx(exact, rel=1e-3)
            assert found.samples == len(raw)
            assert found.low is not None
            assert found.high is not None
            assert found.low <= found.value <= found.high
            half = values(
                records, f"http_latency_uncorrected_p{percent}_ms",
                scenario=scenario, endpoint=endpoint,
            )  # fmt: skip
            assert half.value == pytest.approx(exact / 2, rel=2e-3)


def test_latency_stands_by_percentile_as_far_as_there_are_requests_beyond() -> None:
    tally, raw = measured(TEAMS, 1_000)
    run = a_run(Result(tallies={TEAMS: tally}, health=health()))
    found = {
        item.dimensions["latency"]: item
        for item in recorder.records(run)
        if isinstance(item, Series) and item.is_by_percentile
    }
    assert set(found) == {"corrected", "uncorrected"}
    ordered = sorted(raw)
    for percent, value_ms in found["corrected"].points[1:]:
        rank = math.ceil(round(percent / 100 * len(ordered), 6))
        assert value_ms == pytest.approx(ordered[rank - 1] * 1000, rel=2e-3)
    assert [percent for percent, _ in found["corrected"].points][-1] == 99.9
    late, sent = (dict(found[kind].points)[99.0] for kind in ("corrected", "uncorrected"))
    assert sent == pytest.approx(late / 2, rel=2e-3)


def test_what_befell_the_services_processes_is_marked() -> None:
    seen = Observations(events=[(3.0, "a process of the service ended"), (4.0, "x"), (5.0, "x")])
    tally, _ = measured(TEAMS, 10)
    run = a_run(Result(tallies={TEAMS: tally}, health=health()), observed=seen)
    marks = [
        item for item in recorder.records(run) if isinstance(item, Series) and item.is_of_marks
    ]
    assert [(one.dimensions["what"], [at for at, _ in one.points]) for one in marks] == [
        ("a process of the service ended", [3.0]), ("x", [4.0, 5.0]),
    ]  # fmt: skip


def test_generators_that_shared_a_run_are_recorded_as_one() -> None:
    whole, _ = measured(TEAMS, 900)
    alone = a_run(Result(tallies={TEAMS: whole}, health=health()))
    parts = [Tally(), Tally()]
    for number, part in enumerate((parts[0], parts[1])):
        again, raw = Tally(), measured(TEAMS, 900)[1]
        for at, taken in enumerate(raw):
            if at % 2 == number:
                part.add(at * SECONDS / 900, taken, taken / 2, ok=True)
        again.merge(part)
    shared = a_run(*(Result(tallies={TEAMS: part}, health=health()) for part in parts))
    for metric in ("http_latency_p95_ms", "http_rate_per_s"):
        where = {"scenario": "mix", "endpoint": "*all*"}
        assert values(list(recorder.records(shared)), metric, **where) == values(
            list(recorder.records(alone)), metric, **where
        )


def test_failed_requests_are_a_ratio_that_knows_bursts_and_a_finding_of_each_kind() -> None:
    tally, _ = measured(TEAMS, 1_000, failed=4)
    result = Result(tallies={TEAMS: tally}, health=health())
    for _ in range(4):
        result.failures.add(TEAMS, "status 500, expected 200", "GET /api/teams, oh no")
    records = list(recorder.records(a_run(result)))
    ratio = values(records, "http_error_ratio", scenario="mix")
    assert (ratio.value, ratio.samples) == (0.004, 1_000)
    assert ratio.low == 0  # all four came at once, which may be once in a run or not at all
    assert ratio.high is not None
    assert ratio.high > 0.01254  # where four independent failures would be by Clopper and Pearson
    (finding,) = (record for record in records if isinstance(record, Finding))
    assert "GET /api/teams (browse): status 500, expected 200, 4 times" in finding.message
    assert "oh no" in finding.message


def test_the_rate_counts_answers_in_the_second_in_which_they_came() -> None:
    tally = Tally()
    for number in range(10 * SECONDS):
        tally.add(number / 10, 5.0 if number < 20 else 0.001, 0.001, ok=True)
    records = list(recorder.records(a_run(Result(tallies={TEAMS: tally}, health=health()))))
    (series,) = (
        record
        for record in records
        if isinstance(record, Series) and record.metric == "http_rate_per_s"
    )
    rates = dict(series.points)
    assert [rates[second] for second in (0, 1, 2, 5, 6, 7)] == [0, 0, 10, 20, 20, 10]


def test_a_second_in_which_no_request_was_due_is_a_gap_and_not_a_quick_one() -> None:
    tally, busy = Tally(), [second for second in range(SECONDS) if second not in (0, 7, 8)]
    for second in busy:
        tally.add(second + 0.5, 0.1, 0.1, ok=True)
    series = [
        record
        for record in recorder.records(a_run(Result(tallies={TEAMS: tally}, health=health())))
        if isinstance(record, Series) and not record.is_by_percentile
    ]
    latencies = [one for one in series if one.metric.startswith("http_latency")]
    assert {one.metric for one in latencies} >= {f"http_latency_p{n}_ms" for n in (50, 95, 99)}
    (ratio,) = (one for one in series if one.metric == "http_error_ratio")
    for one in (*latencies, ratio):
        assert [at for at, _ in one.points] == busy, one
    assert all(
        value == pytest.approx(100, rel=1e-3) for one in latencies for _, value in one.points
    )


def test_every_record_is_evidence_that_can_be_read_again(tmp_path: Path) -> None:
    tally, _ = measured(TABLE, 500, failed=1)
    result = Result(tallies={TABLE: tally}, health=health(errors={"oh": 1}))
    result.failures.add(TABLE, "status 500", "x")
    observed = Observations(cpu_share=[(1.0, 0.5)], memory_mb=[(1.0, 99.0)], store_looks=2)
    observed.statements = (Statement("SELECT 1", 3, 0.5),)
    observed.tracks.add(1.0, Reading("postgres_waits", "sessions", 2.0, "Lock"))
    path = tmp_path / "run.ndjson"
    recorder.write(a_run(result, observed=observed), path)
    read = [decode(line) for line in path.read_text().splitlines()]
    assert {record.kind for record in read} == {"measurement", "instrument", "series", "finding"}


def test_a_lost_generator_a_late_arrival_and_an_unreached_journey_show() -> None:
    tally, _ = measured(Endpoint("GET /a", "GET /a"), 10, failed=10)
    result = Result(
        tallies={Endpoint("GET /a", "GET /a"): tally},
        health=health(on_time=7, lost=2, errors={"journey a: KeyError": 3}, measured_s=12.0),
    )
    found = instruments(a_run(result, generators=2))
    assert (found["generators_finished"].value, found["generators_finished"].total) == (1, 2)
    assert (found["arrivals_on_time"].value, found["arrivals_on_time"].total) == (7, 10)
    assert (found["arrivals_served"].value, found["arrivals_served"].total) == (8, 10)
    assert (found["load_seconds"].value, found["load_seconds"].total) == (12, SECONDS)
    assert found["journeys_reached"].missing == ("GET /a",)
    assert "3 times journey a: KeyError" in found["generator_errors"].detail


def test_a_run_without_any_answer_records_no_percentile() -> None:
    records = list(recorder.records(a_run(Result(health=health(measured_s=0.4)))))
    assert not any(isinstance(record, Measurement) for record in records)
    assert instruments(a_run(generators=1))["generators_finished"].value == 0


def test_what_neither_service_nor_generator_used_of_the_machine_is_said() -> None:
    observed = Observations(
        machine_cpu_share=[(1.0, 0.8), (2.0, 1.0)],
        cpu_share=[(1.0, 0.25), (2.0, 0.35)],
        memory_mb=[(1.0, 90.0), (2.0, 91.0)],
    )
    run = a_run(Result(health=health(cpu_share=0.2 * (os.cpu_count() or 1))), observed=observed)
    others = instruments(run)["cpu_share_of_others"]
    assert others.value == pytest.approx(0.9 - 0.3 - 0.2)
    assert "90% busy" in others.detail


def scraped(hits: int, misses: int, fast: int, slow: int) -> Scrape:
    def labels(**of: str) -> frozenset[tuple[str, str]]:
        return frozenset(of.items())

    bucket = "db_statement_seconds_bucket"
    return Scrape(
        {
            ("cache_reads_total", labels(outcome="hit", area="matches")): hits,
            ("cache_reads_total", labels(outcome="miss", area="matches")): misses,
            (bucket, labels(operation="select", le="0.001")): fast,
            (bucket, labels(operation="select", le="0.01")): fast + slow,
            (bucket, labels(operation="select", le="+Inf")): fast + slow,
            (bucket, labels(operation="insert", le="0.001")): 0,
            (bucket, labels(operation="insert", le="0.01")): 100,
            (bucket, labels(operation="insert", le="+Inf")): 100,
        }
    )


def test_the_services_own_metrics_count_from_the_start_of_the_load() -> None:
    observed = Observations(
        before=scraped(1_000, 1_000, 500, 500),
        after=scraped(1_900, 1_100, 1_500, 500),
        pool_connections=[(0.0, 4.0), (1.0, 7.0), (2.0, 5.0)],
        pool_allowed=20.0,
        scrapes=3,
    )
    records = list(recorder.records(a_run(Result(health=health()), observed=observed)))
    hits = values(records, "cache_hit_ratio")
    assert (hits.value, hits.samples) == (0.9, 1_000)
    statements = values(records, "db_statement_latency_p95_ms")
    assert statements.samples == 1_000
    assert 0 < statements.value <= 1
    pool = values(records, "db_pool_connections_max")
    assert (pool.low, pool.value, pool.high) == (7, 7, 20)
