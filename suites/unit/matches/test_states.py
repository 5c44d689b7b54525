from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args

import pytest

from sut.matches.states import (
    MOVES,
    Status,
    may_move,
    may_move_kick_off,
    may_take_result,
    shows_predictions,
    takes_predictions,
)

NOW = datetime(2026, 3, 1, 15, 0, tzinfo=UTC)
INSTANT = timedelta(microseconds=1)
STATUSES: tuple[Status, ...] = get_args(Status)
ALLOWED = {
    ("scheduled", "live"),
    ("scheduled", "postponed"),
    ("scheduled", "cancelled"),
    ("live", "cancelled"),
    ("postponed", "scheduled"),
    ("postponed", "cancelled"),
}


@pytest.mark.parametrize("status", STATUSES)
@pytest.mark.parametrize("target", STATUSES)
def test_only_the_moves_of_the_table_are_allowed(status: Status, target: Status) -> None:
    allowed = may_move(status, target, kick_off=NOW, now=NOW)
    assert allowed == ((status, target) in ALLOWED)


def test_every_status_has_its_moves() -> None:
    assert set(MOVES) == set(STATUSES)


def test_a_match_cannot_go_live_before_its_kick_off() -> None:
    assert not may_move("scheduled", "live", kick_off=NOW + INSTANT, now=NOW)
    assert may_move("scheduled", "live", kick_off=NOW, now=NOW)


@pytest.mark.parametrize("status", STATUSES)
def test_a_result_needs_a_match_that_has_kicked_off(status: Status) -> None:
    begun = may_take_result(status, kick_off=NOW, now=NOW)
    ahead = may_take_result(status, kick_off=NOW + INSTANT, now=NOW)
    assert begun == (status in ("scheduled", "live", "finished"))
    assert ahead == (status in ("live", "finished"))


@pytest.mark.parametrize("status", STATUSES)
def test_predictions_are_taken_strictly_before_the_kick_off_of_a_scheduled_match(
    status: Status,
) -> None:
    assert takes_predictions(status, kick_off=NOW + INSTANT, now=NOW) == (status == "scheduled")
    assert not takes_predictions(status, kick_off=NOW, now=NOW)
    assert not takes_predictions(status, kick_off=NOW - INSTANT, now=NOW)


@pytest.mark.parametrize("status", STATUSES)
def test_predictions_are_in_the_open_only_when_none_can_be_made(status: Status) -> None:
    for kick_off in (NOW - INSTANT, NOW, NOW + INSTANT):
        taken = takes_predictions(status, kick_off=kick_off, now=NOW)
        shown = shows_predictions(status, kick_off=kick_off, now=NOW)
        assert not (taken and shown)


def test_a_kick_off_that_has_passed_cannot_be_moved_without_postponing() -> None:
    assert may_move_kick_off("scheduled", kick_off=NOW + INSTANT, now=NOW)
    assert not may_move_kick_off("scheduled", kick_off=NOW, now=NOW)
    assert may_move_kick_off("postponed", kick_off=NOW - INSTANT, now=NOW)


@pytest.mark.parametrize("status", ["live", "finished", "cancelled"])
def test_the_kick_off_of_a_match_under_way_or_over_cannot_be_moved(status: Status) -> None:
    assert not may_move_kick_off(status, kick_off=NOW + INSTANT, now=NOW)
