"""A player comes back after a while: the refresh token is traded for new tokens."""

from __future__ import annotations

import time

from scenarios.journeys.interface import Journey, Visit
from scenarios.sessions import session_from


def play(visit: Visit) -> None:
    """Rotate one session's tokens; nobody else may use them meanwhile."""
    with visit.sessions.take_alone() as session:
        answer = visit.ask(
            "POST", "/api/sessions/refresh", json={"refresh_token": session.refresh_token}
        )
        renewed = session_from(visit.log_in, answer.body, time.monotonic())
        session.access_token = renewed.access_token
        session.refresh_token = renewed.refresh_token
        session.expires_at = renewed.expires_at


JOURNEY = Journey("refresh", 1, play)
