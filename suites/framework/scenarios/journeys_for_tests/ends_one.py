"""Ends the one generator that comes first to a file, as a crash would, after some visits."""

from __future__ import annotations

import os
from itertools import count
from pathlib import Path

from scenarios.journeys.interface import Journey, Visit

FILE = "TOUCHLINE_TEST_FIRST_COME"
AFTER = "TOUCHLINE_TEST_VISITS_BEFORE_THE_END"

_visits = count(1)


def _play(visit: Visit) -> None:
    if next(_visits) > int(os.environ.get(AFTER, "0")):
        try:
            Path(os.environ[FILE]).touch(exist_ok=False)
        except FileExistsError:
            pass
        else:
            os._exit(7)
    visit.ask("GET", "/ok")


MIX = (Journey("ends_one", 1, _play),)
