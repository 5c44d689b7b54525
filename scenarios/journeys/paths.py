"""A first look at any service: plain reads of given paths, no account, no journeys of its own."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def journey(path: str) -> Journey:
    """Reads `path`, and is content with any successful answer, JSON or not."""

    def play(visit: Visit) -> None:
        visit.ask("GET", path, expect=range(200, 300), reads_json=False)

    return Journey(f"GET {path}", 1, play)
