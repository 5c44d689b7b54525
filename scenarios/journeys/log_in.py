"""A player logs in, each time another one; arrives at its own rate beside the mix."""

from __future__ import annotations

import time

from scenarios.journeys.interface import Journey, Visit
from scenarios.sessions import session_from


def play(visit: Visit) -> None:
    """Log in and stay: the session serves the journeys that need a player."""
    recipe = visit.log_in
    fields = visit.accounts.credentials()
    json, form = (None, fields) if recipe.form else (fields, None)
    answer = visit.ask(recipe.method, recipe.path, expect=(recipe.status,), json=json, form=form)
    visit.sessions.add(session_from(recipe, answer.body, time.monotonic()))


JOURNEY = Journey("log_in", 0, play)
