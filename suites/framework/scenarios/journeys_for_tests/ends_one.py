"""Ends the one generator that comes first to a file, as a crash would."""

from __future__ import annotations

import os
from pathlib import Path

from scenarios.journeys.interface import Journey, Visit

FILE = "TOUCHLINE_TEST_FIRST_COME"


def _play(visit: Visit) -> None:
    try:
        Path(os.environ[FILE]).touch(exist_ok=False)
    except FileExistsError:
        visit.ask("GET", "/ok")
    else:
        os._exit(7)


MIX = (Journey("ends_one", 1, _play),)
