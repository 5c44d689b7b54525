"""A visitor looks around: the matches, one of them, the teams, the table."""

from __future__ import annotations

from scenarios.journeys.interface import Journey, Visit

LISTS = ("", "?status=scheduled", "?status=finished", "?limit=50")


def play(visit: Visit) -> None:
    """Four reads, the second of a match that the first listed."""
    matches = visit.ask("GET", f"/api/matches{visit.chance.choice(LISTS)}", route="/api/matches")
    visit.think()
    if matches.body["items"]:
        match = visit.chance.choice(matches.body["items"])
        visit.ask("GET", f"/api/matches/{match['id']}", route="/api/matches/{match_id}")
        visit.think()
    visit.ask("GET", "/api/teams")
    visit.think()
    visit.ask("GET", "/api/standings")


JOURNEY = Journey("browse", 74, play)
