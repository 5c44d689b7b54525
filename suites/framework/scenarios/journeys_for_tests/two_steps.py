"""Asks, thinks, asks again."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    visit.ask("GET", "/ok")
    visit.think()
    visit.ask("GET", "/ok?again", route="/ok (again)")


MIX = (Journey("two_steps", 1, _play),)
