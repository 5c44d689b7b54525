"""Is faulty itself."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    visit.ask("GET", "/ok")
    raise RuntimeError("the journey itself is faulty")


MIX = (Journey("raises", 1, _play),)
