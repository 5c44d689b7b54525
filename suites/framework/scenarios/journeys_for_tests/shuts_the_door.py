"""Ends Python where people log in before the load."""

from __future__ import annotations

import sys

from scenarios.journeys.interface import Journey, Visit


def _enter(visit: Visit) -> None:
    sys.exit("closed")


def _play(visit: Visit) -> None:
    visit.ask("GET", "/ok")


MIX = (Journey("shuts_the_door", 1, _play),)
LOG_IN = Journey("log_in", 0, _enter)
