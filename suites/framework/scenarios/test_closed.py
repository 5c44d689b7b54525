"""The closed model: users who wait, and what their numbers may be called."""

from __future__ import annotations

import pytest

from reports.evidence import AnyRecord, Instrument, Measurement, Series
from scenarios import recorder, shapes
from scenarios.histograms import merged
from suites.framework.scenarios.loopback import serving
from suites.framework.scenarios.test_generator import HERE, STALL_S, play

USERS = 4


def test_each_user_waits_for_the_answer_before_asking_again() -> None:
    with serving(stall_after=1, stall_s=STALL_S) as server:
        run = play(server, shapes.constant(1, 2), closed_users=USERS)
    slow = sum(
        count
        for tally in run.tallies.values()
        for counts in tally.by_second.values()
        for value, count in counts.items()
        if value > STALL_S / 2 * 1e6
    )
    # who asked in the stall waits for its end and nobody else is charged for it; at a rate of the
    # open model some hundred would have been due in it
    assert USERS <= slow <= 2 * USERS
    assert merged(run.tallies.values()).count > 2 * USERS


def test_thinking_sets_the_pace() -> None:
    with serving() as server:
        run = play(server, shapes.constant(1, 2), closed_users=USERS, think_s=0.5)
    visits = sum(result.health.begun for result in run.results)
    assert USERS < visits < USERS * 2 / 0.5 * 3
    assert merged(run.tallies.values()).count == pytest.approx(visits, abs=USERS)


def test_users_are_shared_out_among_generators_and_play_the_mix() -> None:
    with serving() as server:
        run = play(
            server, shapes.constant(1, 1), closed_users=3, generators=2, think_s=0.1,
            journeys=f"{HERE}.two_steps",
        )  # fmt: skip
    assert run.lost == 0
    assert all(result.health.begun > 0 for result in run.results)
    assert {at.operation for at in run.tallies} == {"GET /ok", "GET /ok (again)"}


def test_nothing_of_a_closed_run_bears_the_name_of_an_open_one() -> None:
    with serving() as server:
        open_run = play(server, shapes.constant(20, 1))
        closed_run = play(server, shapes.constant(1, 1), closed_users=2, think_s=0.05)
    opened, closed = (list(recorder.records(run)) for run in (open_run, closed_run))

    def names(records: list[AnyRecord]) -> set[str]:
        metrics = {item.metric for item in records if isinstance(item, Measurement | Series)}
        return metrics | {item.name for item in records if isinstance(item, Instrument)}

    assert names(opened) & names(closed) == set()
    assert all(name.startswith("closed_") for name in names(closed))
    assert "http_latency_p95_ms" in names(opened)
    latencies = [
        item for item in closed if isinstance(item, Measurement) and "latency_p95" in item.metric
    ]
    assert not latencies, "a latency that only could be uncorrected is called so"
    uncorrected = [
        item
        for item in closed
        if isinstance(item, Measurement)
        and item.metric == "closed_http_latency_uncorrected_p95_ms"
        and item.dimensions["endpoint"] == "*all*"
    ]
    assert {item.dimensions["scenario"] for item in uncorrected} == {"mix", "GET /ok"}
    assert all(item.dimensions["model"] == "closed" for item in uncorrected)
    assert all(item.low is not None and item.low <= item.value for item in uncorrected)
    (length,) = (item for item in closed if isinstance(item, Instrument)
                 and item.name == "closed_load_seconds")  # fmt: skip
    assert "closed model, 2 users, mean thinking time 0.05 s" in length.detail
    assert "visits/s" not in length.detail
