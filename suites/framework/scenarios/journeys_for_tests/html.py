"""Expects JSON where there is HTML."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    visit.ask("GET", "/page")


MIX = (Journey("html", 1, _play),)
