"""Visits without a request."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    """Look, and go."""


MIX = (Journey("asks_nothing", 1, _play),)
