from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from reports.clauses.dispatch import read_clause
from reports.evidence import Measurement
from reports.objectives import ComparisonClause
from reports.verdicts import Reading, State
from suites.framework.reports.runs import CONTEXT, layer, weighed

NOT_SLOWER: dict[str, Any] = {
    "kind": "comparison", "layer": "load", "metric": "duet_ratio_p50",
    "op": "not slower than base by more than", "limit": 5.0, "unit": "%",
}  # fmt: skip


def ratio(value: float, low: float | None, high: float | None, **more: Any) -> Measurement:
    body = {"confidence": 0.99, "samples": 1000, "dimensions": {"endpoint": "GET /a"}, **more}
    return Measurement(
        metric="duet_ratio_p50", value=value, unit="ratio", low=low, high=high, **body
    )


def read(*records: Measurement, **clause: Any) -> tuple[Reading, ...]:
    asked = ComparisonClause.model_validate({**NOT_SLOWER, **clause}, context=CONTEXT)
    return read_clause(asked, "perf", {"load": weighed(layer("load", *records))}, ())


@pytest.mark.parametrize(
    ("record", "state", "told"),
    [
        (ratio(1.01, 0.99, 1.03), "met", "not slower than base by more than 5 %: 101 %"),
        (ratio(1.02, 1.01, 1.05), "met", "within the limit"),
        (ratio(0.5, 0.4, 0.6), "met", "within the limit"),
        (ratio(1.02, 0.99, 1.051), "no evidence", "straddles the limit, so measure longer"),
        (ratio(1.2, 1.06, 1.3), "missed", "on the wrong side"),
        (ratio(1.0, None, None), "no evidence", "has no interval of 99% or more"),
        (ratio(1.3, None, None), "no evidence", "a ratio alone tells no difference from chance"),
        (ratio(1.0, None, 1.01), "no evidence", "has no interval"),
        (ratio(1.0, 0.99, 1.01, confidence=0.95), "no evidence", "has no interval of 99%"),
        (ratio(1.0, 0.99, 1.01, confidence=None), "no evidence", "has no interval"),
        (ratio(1.0, 0.99, 1.01, samples=99), "no evidence", "99 samples of at least 100"),
    ],
)
def test_a_ratio_is_judged_by_its_whole_interval_or_not_at_all(
    record: Measurement, state: State, told: str
) -> None:
    (reading,) = read(record, minimum_samples=100)
    assert (reading.state, told in reading.why) == (state, True), reading.why
    assert reading.limit == pytest.approx(1.05)


def test_one_slower_endpoint_is_enough_to_miss() -> None:
    readings = read(ratio(1.0, 0.99, 1.01), ratio(1.2, 1.1, 1.3, dimensions={"endpoint": "GET /b"}))
    assert [reading.state for reading in readings] == ["met", "missed"]


def test_no_ratio_is_no_evidence() -> None:
    (reading,) = read()
    assert reading.state == "no evidence"
    assert "recorded 0 values of duet_ratio_p50" in reading.why


@pytest.mark.parametrize(
    "wrong",
    [{"op": "<="}, {"unit": "ratio"}, {"limit": -1.0}, {"confidence": 1.0}, {"layer": "nowhere"}],
)
def test_a_comparison_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ComparisonClause.model_validate({**NOT_SLOWER, **wrong}, context=CONTEXT)
