"""The states of a match and the moves between them.

    from \\ to    scheduled   live        finished       postponed   cancelled
    scheduled    -           kicked off  with a result  yes         yes
    live         -           -           with a result  -           yes
    postponed    yes         -           -              -           yes
    finished     -           -           corrected      -           -
    cancelled    -           -           -              -           -

`finished` is reached by a result alone, and only from kick-off on. The kick-off can be moved while
a match is postponed, or scheduled and not yet begun: once it has begun, other people's predictions
are in the open, so it must be postponed first. Predictions are taken while a match is scheduled and
its kick-off lies ahead; a postponed match takes none until it is scheduled again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal

Status = Literal["scheduled", "live", "finished", "postponed", "cancelled"]

MOVES: Mapping[Status, frozenset[Status]] = {
    "scheduled": frozenset({"live", "postponed", "cancelled"}),
    "live": frozenset({"cancelled"}),
    "postponed": frozenset({"scheduled", "cancelled"}),
    "finished": frozenset(),
    "cancelled": frozenset(),
}


def may_move(status: Status, target: Status, *, kick_off: datetime, now: datetime) -> bool:
    """Whether a match may go from `status` to `target` without a result."""
    if target not in MOVES[status]:
        return False
    return target != "live" or kick_off <= now


def may_take_result(status: Status, *, kick_off: datetime, now: datetime) -> bool:
    """Whether a result may be entered, or corrected."""
    if status == "scheduled":
        return kick_off <= now
    return status in ("live", "finished")


def may_move_kick_off(status: Status, *, kick_off: datetime, now: datetime) -> bool:
    """Whether the kick-off may be moved from `kick_off` to any other moment."""
    return status == "postponed" or (status == "scheduled" and now < kick_off)


def takes_predictions(status: Status, *, kick_off: datetime, now: datetime) -> bool:
    """Whether predictions are accepted: strictly before the kick-off of a scheduled match."""
    return status == "scheduled" and now < kick_off


def shows_predictions(status: Status, *, kick_off: datetime, now: datetime) -> bool:
    """Whether other people's predictions are in the open: from kick-off on."""
    return status != "postponed" and kick_off <= now
