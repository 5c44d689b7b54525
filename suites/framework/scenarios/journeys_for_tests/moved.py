"""Asks for what has moved elsewhere."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    visit.ask("GET", "/moved")


MIX = (Journey("moved", 1, _play),)
