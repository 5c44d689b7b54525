"""Asks for a whole address, as a `Location` may hold one, on a host that nobody named."""

from __future__ import annotations

import os

from scenarios.journeys.interface import Journey, Visit

ELSEWHERE = "TOUCHLINE_TEST_ELSEWHERE"


def _play(visit: Visit) -> None:
    visit.ask("GET", f"{os.environ[ELSEWHERE]}/ok")


MIX = (Journey("strays", 1, _play),)
