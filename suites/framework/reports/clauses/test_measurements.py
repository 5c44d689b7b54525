from __future__ import annotations

import math
from typing import Any

import pytest

from reports.clauses.measurements import read_measurements
from reports.evidence import Measurement
from reports.objectives import MeasurementClause
from reports.verdicts import Reading, State
from suites.framework.reports.runs import CONTEXT, LATENCY, layer, measured, weighed


def read(*records: Measurement, deselected: int = 0, **clause: Any) -> tuple[Reading, ...]:
    asked = MeasurementClause.model_validate({**LATENCY, **clause}, context=CONTEXT)
    return read_measurements(asked, weighed(layer("load", *records, deselected=deselected)))


def only(*records: Measurement, **clause: Any) -> Reading:
    (reading,) = read(*records, **clause)
    return reading


def test_a_verdict_states_value_limit_margin_samples_and_interval() -> None:
    reading = only(measured(182.4, samples=41210, low=178, high=187, confidence=0.99))
    assert reading.state == "met"
    assert (reading.value, reading.limit, reading.op, reading.unit) == (182.4, 200, "<", "ms")
    assert reading.margin == pytest.approx(17.6)
    assert (reading.samples, reading.low, reading.high) == (41210, 178, 187)
    assert reading.confidence == 0.99
    assert (reading.path, reading.sha256) == ("load.ndjson", "ab" * 32)


@pytest.mark.parametrize(
    ("record", "state", "told"),
    [
        (measured(199.99), "met", "199.99 ms (limit < 200 ms)"),
        (measured(200), "missed", "on the wrong side"),
        (measured(190, low=180, high=205), "no evidence", "straddles the limit, so measure longer"),
        (measured(210, low=195, high=220), "no evidence", "measure longer"),
        (measured(0.15, unit="s"), "no evidence", "is in s, the limit in ms"),
        (measured(250, unit="s"), "no evidence", "is in s, the limit in ms"),
        (measured(150, samples=99), "no evidence", "99 samples of at least 100"),
        (measured(250, samples=99), "no evidence", "99 samples of at least 100"),
        (measured(150, low=160, high=170), "no evidence", "outside its own interval"),
        (measured(150, low=140, high=145), "no evidence", "outside its own interval"),
        (measured(150, low=math.nan), "no evidence", "outside its own interval"),
        (measured(-5), "no evidence", "is -5 ms, which cannot be"),
        (measured(150, low=140, high=160, confidence=0), "no evidence", "confidence 0, which"),
        (measured(150, low=140, high=160, confidence=99), "no evidence", "confidence 99, which"),
        (measured(math.nan), "no evidence", "not a number"),
        (measured(math.inf), "no evidence", "not a number"),
    ],
)
def test_a_value_is_judged_or_the_reason_why_not_is_told(
    record: Measurement, state: State, told: str
) -> None:
    enough = 100 if record.samples == 99 else 1
    reading = only(record, minimum_samples=enough)
    assert (reading.state, told in reading.why) == (state, True), reading.why


@pytest.mark.parametrize(
    ("value", "op", "state"),
    [(37.0, ">", "no evidence"), (-0.1, "<", "no evidence"), (1.0, ">", "met"), (0.0, "<", "met")],
)
def test_a_share_is_a_part_of_a_whole_or_not_believed(value: float, op: str, state: State) -> None:
    record = measured(value, metric="hits", unit="ratio")
    asked = {"metric": "hits", "op": op, "limit": 0.8, "unit": "ratio"}
    reading = only(record, share=True, **asked)
    assert (reading.state, "which cannot be" in reading.why) == (state, state == "no evidence")
    assert only(record, **asked).state == "met"


def test_all_reasons_against_a_value_are_told_together() -> None:
    why = only(measured(150, unit="s", samples=3), minimum_samples=10, limit=200.0).why
    assert ("is in s" in why, "3 samples" in why) == (True, True)


def test_a_value_recorded_twice_is_not_known() -> None:
    readings = read(measured(150), measured(150))
    assert [reading.state for reading in readings] == ["no evidence"] * 2
    assert "recorded 2 times" in readings[0].why


def test_the_same_metric_in_other_dimensions_is_no_double() -> None:
    readings = read(measured(150, dimensions={"q": "a"}), measured(160, dimensions={"q": "b"}))
    assert [reading.state for reading in readings] == ["met", "met"]


def test_every_value_that_matches_must_hold() -> None:
    readings = read(measured(150, dimensions={"q": "a"}), measured(260, dimensions={"q": "b"}))
    assert [reading.state for reading in readings] == ["met", "missed"]
    assert readings[1].subject == "latency_ms{q=b}"


def test_only_values_of_the_asked_dimensions_count() -> None:
    where = {"scenario": "mix"}
    readings = read(
        measured(150, dimensions={"scenario": "mix", "endpoint": "a"}),
        measured(999, dimensions={"scenario": "spike"}),
        measured(999),
        where=where,
    )
    assert [reading.value for reading in readings] == [150]


def test_a_value_of_other_dimensions_alone_is_named() -> None:
    reading = only(measured(150, dimensions={"scenario": "spike"}), where={"scenario": "mix"})
    assert reading.state == "no evidence"
    assert (
        "0 values of latency_ms{scenario=mix} (it holds latency_ms{scenario=spike})" in reading.why
    )


def test_fewer_values_than_must_match_are_no_evidence() -> None:
    readings = read(measured(150), minimum_matches=3)
    assert [reading.state for reading in readings] == ["met", "no evidence"]
    assert "1 value of latency_ms, 3 expected" in readings[1].why


def test_a_good_value_of_a_partial_layer_acquits_nothing_and_says_so() -> None:
    (reading,) = read(measured(150), deselected=2)
    assert reading.state == "no evidence"
    assert "would be met" in reading.why
    assert "2 tests of layer load left out" in reading.why


def test_a_bad_value_of_a_partial_layer_is_missed() -> None:
    (reading,) = read(measured(250), deselected=2)
    assert reading.state == "missed"
