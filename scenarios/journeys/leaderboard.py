"""A visitor looks who leads, and turns a page."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit


def play(visit: Visit) -> None:
    """The first page, then the one after it."""
    page = visit.ask("GET", "/api/leaderboard?limit=50", route="/api/leaderboard")
    cursor = page.body["next_cursor"]
    if cursor is not None:
        visit.think()
        path = f"/api/leaderboard?limit=50&cursor={cursor}"
        visit.ask("GET", path, route="/api/leaderboard (next page)")


JOURNEY = Journey("leaderboard", 15, play)
