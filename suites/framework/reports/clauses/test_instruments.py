from __future__ import annotations

from typing import Any

import pytest

from reports.clauses.instruments import read_instruments
from reports.evidence import Instrument
from reports.objectives import InstrumentClause
from reports.verdicts import Reading, State
from suites.framework.reports.runs import CONTEXT, PARSED, instrument, layer, weighed


def read(*records: Instrument, deselected: int = 0, **clause: Any) -> tuple[Reading, ...]:
    asked = InstrumentClause.model_validate({**PARSED, "kind": "instrument", **clause},
                                            context=CONTEXT)  # fmt: skip
    return read_instruments(asked, weighed(layer("security", *records, deselected=deselected)))


@pytest.mark.parametrize(
    ("record", "state", "told"),
    [
        (instrument(61, 61), "met", "61 of 61, 100 %"),
        (instrument(60, 61, missing=("a.py",)), "invalid", "left out: a.py"),
        (instrument(10**9 - 1, 10**9), "invalid", "99.9999999 %"),
        (instrument(61, 61, missing=("a.py",)), "invalid", "yet it names what it left out"),
        (instrument(0, 0), "no evidence", "nothing to see"),
        (instrument(5), "no evidence", "no total"),
        (instrument(62, 61), "no evidence", "which cannot be"),
        (instrument(-1, 61), "no evidence", "which cannot be"),
        (instrument(float("nan"), 61), "no evidence", "not a number"),
    ],
)
def test_a_share_is_whole_or_the_objective_is_not_judged(
    record: Instrument, state: State, told: str
) -> None:
    (reading,) = read(record)
    assert (reading.state, told in reading.why) == (state, True), reading.why


@pytest.mark.parametrize(("unit", "state"), [("s", "met"), ("visits/s", "met"),
                                             ("files", "no evidence")])  # fmt: skip
def test_a_time_or_a_rate_may_exceed_its_plan(unit: str, state: State) -> None:
    (reading,) = read(instrument(30.001, 30, unit=unit), limit=0.95)
    assert reading.state == state


def test_what_was_left_out_is_listed() -> None:
    (reading,) = read(instrument(59, 61, missing=("a.py", "b.py")))
    assert reading.missing == ("a.py", "b.py")


@pytest.mark.parametrize(("value", "state"), [(0.79, "met"), (0.8, "met"), (0.81, "invalid")])
def test_a_reading_is_held_against_its_bound(value: float, state: State) -> None:
    bound: dict[str, Any] = {"of": "value", "op": "<=", "limit": 0.8, "unit": "ratio"}
    (reading,) = read(instrument(value, unit="ratio"), **bound)
    assert reading.state == state


def test_a_reading_that_cannot_be_is_no_evidence() -> None:
    (reading,) = read(instrument(-4, unit="ms"), of="value", op="<=", limit=20, unit="ms")
    assert (reading.state, "no instrument can read" in reading.why) == ("no evidence", True)


def test_data_that_is_too_old_is_no_evidence_where_the_clause_says_so() -> None:
    bound: dict[str, Any] = {"of": "value", "op": "<=", "limit": 7, "unit": "days"}
    for age_days, state in ((7.0, "met"), (7.1, "no evidence"), (777.0, "no evidence")):
        (reading,) = read(instrument(age_days, unit="days"), **bound, beyond="no evidence")
        assert (reading.state, reading.value) == (state, age_days)


def test_a_reading_in_another_unit_is_no_evidence() -> None:
    (reading,) = read(instrument(80, unit="%"), of="value", op="<=", limit=0.8, unit="ratio")
    assert reading.state == "no evidence"


def test_an_instrument_that_was_not_read_is_no_evidence() -> None:
    (reading,) = read()
    assert (reading.state, "0 readings" in reading.why) == ("no evidence", True)


def test_an_instrument_read_twice_is_not_known() -> None:
    assert {r.state for r in read(instrument(61, 61), instrument(61, 61))} == {"no evidence"}


def test_each_role_is_an_instrument_of_its_own() -> None:
    readings = read(
        instrument(13, 13, dimensions={"role": "player"}),
        instrument(9, 13, dimensions={"role": "admin"}, missing=("DELETE /x",)),
        minimum_matches=3,
    )
    assert [reading.state for reading in readings] == ["met", "invalid", "no evidence"]


def test_a_lower_bound_may_leave_things_out() -> None:
    (reading,) = read(instrument(60, 61, missing=("a.py",)), limit=0.9)
    assert reading.state == "met"


def test_a_partial_layer_acquits_nothing_and_an_invalid_one_stays_so() -> None:
    assert read(instrument(61, 61), deselected=1)[0].state == "no evidence"
    assert read(instrument(60, 61), deselected=1)[0].state == "invalid"


def test_one_lost_of_a_million_is_seen() -> None:
    (reading,) = read(instrument(1_199_999, 1_200_000))
    assert "1,199,999 of 1,200,000, 99.9999 %" in reading.why
    (reading,) = read(instrument(1_200_001, 1_200_000))
    assert "1,200,001 of 1,200,000, which cannot be" in reading.why


def test_a_hair_too_much_is_not_said_to_be_the_whole() -> None:
    (reading,) = read(instrument(30.0000001, 30))
    assert "30.0000001 of 30, which cannot be" in reading.why
