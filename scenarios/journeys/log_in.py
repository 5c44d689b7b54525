"""A player logs in, each time another one; arrives at its own rate beside the mix."""

from __future__ import annotations

import time

from scenarios.journeys.interface import Journey, Visit
from scenarios.sessions import session_from


def play(visit: Visit) -> None:
    """Log in and stay: the session serves the journeys that need a player."""
    recipe = visit.log_in
    answer = visit.ask(
        recipe.method, recipe.path, expect=(recipe.status,), json=visit.accounts.credentials()
    )
    visit.sessions.add(session_from(recipe, answer.body, time.monotonic()))


JOURNEY = Journey("log_in", 0, play)
