"""What the reference journeys do with answers that a seeded service seldom gives."""

from __future__ import annotations

import random
from collections.abc import Collection, Mapping
from typing import Any

import pytest

from scenarios.journeys import browse, leaderboard, predict
from scenarios.journeys.interface import Answer, Visit
from scenarios.sessions import Session, Sessions
from scenarios.targets import LogIn

TAKEN = {"type": "/problems/already-predicted"}
BEGUN = {"type": "/problems/prediction-closed"}
MATCHES = {"items": [{"id": 7}]}


class Told(Visit):
    """A visit of a service that gives the answers that it was told, one after the other."""

    def __init__(self, *answers: Answer) -> None:
        self._answers = iter(answers)
        self.sessions = Sessions()
        self.sessions.add(Session("access", "refresh", float("inf")))
        self.asked: list[tuple[str, str]] = []
        self.headers: Mapping[str, str] = {}

    @property
    def chance(self) -> random.Random:
        return random.Random(1)  # noqa: S311 - chance, not a secret

    @property
    def log_in(self) -> LogIn:
        raise LookupError("nobody logs in here")

    def ask(
        self,
        method: str,
        path: str,
        *,
        route: str | None = None,
        expect: Collection[int] = (200,),
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        session: Session | None = None,
        reads_json: bool = True,
    ) -> Answer:
        answer = next(self._answers)
        assert answer.status in expect
        self.asked.append((method, path.partition("?")[0]))
        self.headers = headers or {}
        return answer

    def think(self) -> None:
        return None


def ok(body: Any, **headers: str) -> Answer:
    return Answer(200, headers, body)


def page(cursor: str | None, *match_ids: int) -> Answer:
    items = [{"id": 10 * number, "match_id": number} for number in match_ids]
    return ok({"items": items, "next_cursor": cursor})


def test_where_no_match_is_open_nothing_is_predicted() -> None:
    visit = Told(ok({"items": []}))
    predict.play(visit)
    assert visit.asked == [("GET", "/api/matches")]


def test_a_match_that_began_meanwhile_is_left_alone() -> None:
    visit = Told(ok(MATCHES), Answer(409, {}, BEGUN))
    predict.play(visit)
    assert visit.asked == [("GET", "/api/matches"), ("POST", "/api/predictions")]


def test_an_earlier_prediction_is_looked_for_on_every_page_and_changed_in_its_version() -> None:
    visit = Told(
        ok(MATCHES), Answer(409, {}, TAKEN), page("next", 1, 2), page(None, 7), ok({}, ETag='"3"'),
        ok({}),
    )  # fmt: skip
    predict.play(visit)
    own = "/api/predictions"
    assert visit.asked[2:] == [
        ("GET", own),
        ("GET", own),
        ("GET", f"{own}/70"),
        ("PUT", f"{own}/70"),
    ]
    assert visit.headers == {"If-Match": '"3"'}


def test_an_earlier_prediction_that_is_on_no_page_is_not_changed() -> None:
    visit = Told(ok(MATCHES), Answer(409, {}, TAKEN), page("next", 1), page(None))
    predict.play(visit)
    assert [method for method, _ in visit.asked] == ["GET", "POST", "GET", "GET"]


@pytest.mark.parametrize(
    ("matches", "asked"),
    [([], ["/api/matches", "/api/teams", "/api/standings"]),
     ([{"id": 7}], ["/api/matches", "/api/matches/7", "/api/teams", "/api/standings"])],
)  # fmt: skip
def test_who_browses_looks_at_a_match_where_there_is_one(
    matches: list[dict[str, int]], asked: list[str]
) -> None:
    visit = Told(ok({"items": matches}), *(ok({}) for _ in range(3)))
    browse.play(visit)
    assert [path for _, path in visit.asked] == asked


@pytest.mark.parametrize(("cursor", "pages"), [(None, 1), ("next", 2)])
def test_the_leaderboard_is_paged_where_there_is_a_second_page(
    cursor: str | None, pages: int
) -> None:
    visit = Told(page(cursor), page(None))
    leaderboard.play(visit)
    assert visit.asked == [("GET", "/api/leaderboard")] * pages
