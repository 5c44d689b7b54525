"""Ends Python in the middle of a visit."""

from __future__ import annotations

import sys

from scenarios.journeys.interface import Journey, Visit


def _play(visit: Visit) -> None:
    sys.exit("enough")


MIX = (Journey("quits", 1, _play),)
