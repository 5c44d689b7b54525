"""A player predicts a match, or changes what was predicted before."""

from __future__ import annotations

from typing import Any

from scenarios.journeys.interface import Journey, Visit
from scenarios.sessions import Session

OWN = "/api/predictions"


def play(visit: Visit) -> None:
    """Choose a match that has not begun; predict it, or change the prediction there is.

    Whether there is one, the service says: 409 already-predicted. A match may also have begun, or
    been moved, since it was listed: 409 prediction-closed is a right answer then.
    """
    with visit.sessions.borrow() as session:
        path = "/api/matches?status=scheduled&limit=50"
        matches = visit.ask("GET", path, route="/api/matches", session=session).body["items"]
        if not matches:
            return
        visit.think()
        match_id = visit.chance.choice(matches)["id"]
        made = visit.ask(
            "POST",
            OWN,
            expect=(201, 409),
            json={"match_id": match_id, **_score(visit)},
            headers={"Idempotency-Key": f"{visit.chance.getrandbits(128):032x}"},
            session=session,
        )
        if made.status == 409 and made.body["type"].endswith("already-predicted"):
            _change(visit, session, match_id)


def _change(visit: Visit, session: Session, match_id: object) -> None:
    prediction = _find(visit, session, match_id)
    if prediction is None:
        return
    path, route = f"{OWN}/{prediction['id']}", OWN + "/{prediction_id}"
    current = visit.ask("GET", path, route=route, session=session)
    visit.think()
    visit.ask(
        "PUT",
        path,
        route=route,
        # two visits of one person at once: the one that comes late is told so
        expect=(200, 409, 412) if session.shared else (200, 409),
        json=_score(visit),
        headers={"If-Match": current.headers["ETag"]},
        session=session,
    )


def _find(visit: Visit, session: Session, match_id: object) -> Any:
    path = f"{OWN}?limit=100"
    while True:
        page = visit.ask("GET", path, route=OWN, session=session).body
        for prediction in page["items"]:
            if prediction["match_id"] == match_id:
                return prediction
        if page["next_cursor"] is None:
            return None
        path = f"{OWN}?limit=100&cursor={page['next_cursor']}"


def _score(visit: Visit) -> dict[str, int]:
    return {
        "home_goals": visit.chance.randint(0, 5),
        "away_goals": visit.chance.randint(0, 5),
    }


JOURNEY = Journey("predict", 10, play)
