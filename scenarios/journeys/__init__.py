"""The reference service's journeys, one a file. `MIX` is what arrives, `LOG_IN` who enters."""

from __future__ import annotations

from scenarios.journeys import browse, leaderboard, log_in, predict, refresh
from scenarios.journeys.interface import Journey

MIX: tuple[Journey, ...] = (
    browse.JOURNEY,
    leaderboard.JOURNEY,
    predict.JOURNEY,
    refresh.JOURNEY,
)
LOG_IN: Journey | None = log_in.JOURNEY
