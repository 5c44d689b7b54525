from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from sut.matches.schemas import MatchChange, MatchFilter, NewMatch, ResultEntry

MATCH = {"home_team_id": 1, "away_team_id": 2, "kick_off": "2026-08-15T16:00:00+02:00", "round": 1}
RESULT = {"home_goals": 2, "away_goals": 1}


def test_a_kick_off_with_an_offset_is_held_in_utc() -> None:
    assert NewMatch.model_validate(MATCH).kick_off == datetime(2026, 8, 15, 14, tzinfo=UTC)
    assert NewMatch.model_validate(MATCH).kick_off.tzinfo is UTC


@pytest.mark.parametrize(
    "kick_off",
    ["2026-08-15T16:00:00", "2026-08-15", 1_786_795_200, "1786795200", "2026-02-30T00:00:00Z",
     "2026-08-15T25:00:00Z", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "", None],
)  # fmt: skip
def test_a_kick_off_that_is_no_instant_is_refused(kick_off: object) -> None:
    with pytest.raises(ValidationError):
        NewMatch.model_validate(MATCH | {"kick_off": kick_off})
    with pytest.raises(ValidationError):
        MatchChange.model_validate({"kick_off": kick_off})


@pytest.mark.parametrize(
    "fault",
    [{"round": 0}, {"round": 2**15}, {"home_team_id": 2**63}, {"home_team_id": "1"},
     {"home_team_id": True}, {"status": "live"}, {"id": 5}],
)  # fmt: skip
def test_a_match_with_a_fault_is_refused(fault: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        NewMatch.model_validate(MATCH | fault)


@pytest.mark.parametrize(
    "change", [{}, {"status": None}, {"kick_off": None}, {"status": "over"}, {"home_goals": 1}]
)
def test_a_change_of_nothing_known_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        MatchChange.model_validate(change)


@pytest.mark.parametrize("goals", [-1, 21, 1.5, "1", True, None, 2**70])
def test_goals_are_whole_numbers_up_to_twenty(goals: object) -> None:
    with pytest.raises(ValidationError):
        ResultEntry.model_validate(RESULT | {"home_goals": goals})


@pytest.mark.parametrize("goals", ["2", "2.0", "2e0"])
def test_a_whole_number_may_be_written_in_any_way_that_json_knows(goals: str) -> None:
    entry = ResultEntry.model_validate(json.loads(f'{{"home_goals": {goals}, "away_goals": 0}}'))
    assert entry.home_goals == 2
    assert type(entry.home_goals) is int


def test_the_document_says_the_limits_that_are_enforced() -> None:
    goals = ResultEntry.model_json_schema()["properties"]["home_goals"]
    assert (goals["minimum"], goals["maximum"]) == (0, 20)
    number = NewMatch.model_json_schema()["properties"]["round"]
    assert (number["minimum"], number["maximum"]) == (1, 99)


def test_each_filter_has_a_cache_key_of_its_own() -> None:
    queries = [
        {}, {"status": "live"}, {"status": "finished"}, {"team_id": 1}, {"team_id": 11},
        {"limit": 1}, {"limit": 11}, {"from": "2026-01-01T00:00:00Z"},
        {"to": "2026-01-01T00:00:00Z"}, {"from": "2026-01-01T00:00:00.000001Z"},
        {"cursor": "live"}, {"team_id": 1, "limit": 1},
    ]  # fmt: skip
    keys = {MatchFilter.model_validate(query).key for query in queries}
    assert len(keys) == len(queries)


def test_one_moment_has_one_key_however_it_is_written() -> None:
    here = MatchFilter.model_validate({"from": "2026-01-01T00:00:00Z"})
    there = MatchFilter.model_validate({"from": "2026-01-01T02:00:00+02:00"})
    assert here.key == there.key
