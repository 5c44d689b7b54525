"""The rules of predictions: who may make, change and see them, and until when.

Locks are taken in one order everywhere: account, idempotency key, match, prediction, audit trail.
A match is held (shared) before the clock is read, so a kick-off that is moved in the same moment is
either seen or waits for us.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Any

import orjson

from sut import answers, cursors, etags, paging
from sut.accounts.access import keep_from_erasure
from sut.database import Database, QuickWork
from sut.matches import states
from sut.operations import audit
from sut.paging import PageFilter
from sut.predictions import repository
from sut.predictions.schemas import (
    MatchPredictions,
    NewPrediction,
    PlayersPrediction,
    PredictionChange,
    PredictionPage,
    PredictionView,
    etag,
)
from sut.problems import (
    ALREADY_PREDICTED,
    IDEMPOTENCY_KEY_REUSED,
    MATCH_NOT_STARTED,
    NOT_FOUND,
    PREDICTION_CLOSED,
    Problem,
)

OWN, OF_MATCH = "own-predictions", "match-predict"


@dataclass(frozen=True)
class Created:
    """A prediction as the first request for it was answered; `replayed` for every later one."""

    body: bytes
    id: int
    version: int
    replayed: bool

    @property
    def etag(self) -> str:
        """The entity tag of the version in `body`."""
        return etag(self.id, self.version)


async def create(work: QuickWork, account_id: int, new: NewPrediction, key: str | None) -> Created:
    """Make a prediction, or answer as before when `key` was used for the same one.

    Raises Problem (not-found), (prediction-closed), (already-predicted), (idempotency-key-reused).
    A refusal frees the key: asking again is judged anew.
    """
    await keep_from_erasure(work.session, account_id)
    if key is None:
        return _created(answers.encode(await _create(work, account_id, new)), replayed=False)
    request_hash = _hash(new)
    earlier = await repository.claim_key(work.session, account_id, key, request_hash)
    if earlier is not None:
        if earlier.request_hash != request_hash:
            raise Problem(IDEMPOTENCY_KEY_REUSED)
        return _created(earlier.answer, replayed=True)
    body = answers.encode(await _create(work, account_id, new))
    await repository.keep_answer(work.session, account_id, key, body)
    return _created(body, replayed=False)


def _hash(new: NewPrediction) -> bytes:
    return hashlib.sha256(orjson.dumps(new.model_dump(), option=orjson.OPT_SORT_KEYS)).digest()


def _created(body: bytes, *, replayed: bool) -> Created:
    said = orjson.loads(body)
    return Created(body, said["id"], said["version"], replayed)


async def _create(work: QuickWork, account_id: int, new: NewPrediction) -> PredictionView:
    session, goals = work.session, (new.home_goals, new.away_goals)
    if not await repository.hold_fixture(session, new.match_id):
        raise Problem(NOT_FOUND)
    row = await repository.add(session, account_id, new.match_id, goals)
    if row is None:
        fixture = await repository.fixture(session, new.match_id)
        open_still = fixture is not None and states.takes_predictions(
            fixture.status, kick_off=fixture.kick_off, now=fixture.now
        )
        raise Problem(ALREADY_PREDICTED if open_still else PREDICTION_CLOSED)
    if not row.in_time:
        raise Problem(PREDICTION_CLOSED)
    view = PredictionView.of(row)
    await audit.record_first(
        work, "prediction.created", at=view.created_at, **_said_of(view, account_id)
    )
    return view


async def change(
    work: QuickWork,
    account_id: int,
    prediction_id: int,
    wanted: PredictionChange,
    if_match: str | None,
) -> PredictionView:
    """Change one's own prediction, if `if_match` names its current version.

    Raises Problem (not-found) also for someone else's, (precondition-required),
    (precondition-failed), (prediction-closed).
    """
    session = work.session
    await keep_from_erasure(session, account_id)
    seen = await repository.own(session, account_id, prediction_id)
    if seen is None:
        raise Problem(NOT_FOUND)
    await repository.hold_fixture(session, seen.match_id)
    version = await repository.lock(session, prediction_id)
    if version is None:
        raise Problem(NOT_FOUND)
    etags.demand(if_match, etag(prediction_id, version))
    row = await repository.change(session, prediction_id, (wanted.home_goals, wanted.away_goals))
    if row is None:
        raise Problem(PREDICTION_CLOSED)
    view = PredictionView.of(row)
    await audit.record(work, "prediction.changed", **_said_of(view, account_id))
    return view


async def get(database: Database, account_id: int, prediction_id: int) -> PredictionView:
    """One's own prediction; raises Problem (not-found) also for someone else's."""
    async with database.direct() as session:
        row = await repository.own(session, account_id, prediction_id)
    if row is None:
        raise Problem(NOT_FOUND)
    return PredictionView.of(row)


async def list_own(database: Database, account_id: int, wanted: PageFilter) -> PredictionPage:
    """A page of one's own predictions; raises Problem (invalid-cursor)."""
    before_id = cursors.decode(OWN, wanted.cursor, 1)[0] if wanted.cursor is not None else None
    async with database.direct() as session:
        rows = await repository.page_of_account(
            session, account_id, before_id=before_id, limit=wanted.limit + 1
        )
    page, following = paging.cut(rows, wanted.limit, lambda last: cursors.encode(OWN, last.id))
    return PredictionPage(items=[PredictionView.of(row) for row in page], next_cursor=following)


async def list_of_match(database: Database, match_id: int, wanted: PageFilter) -> MatchPredictions:
    """A page of everyone's predictions of a match.

    Raises Problem (not-found), (invalid-cursor), and (match-not-started) before kick-off.
    """
    after_id = cursors.decode(OF_MATCH, wanted.cursor, 1)[0] if wanted.cursor is not None else 0
    async with database.direct() as session:
        fixture = await repository.fixture(session, match_id)
        if fixture is None:
            raise Problem(NOT_FOUND)
        if not states.shows_predictions(fixture.status, kick_off=fixture.kick_off, now=fixture.now):
            raise Problem(MATCH_NOT_STARTED)
        rows = await repository.page_of_match(
            session, match_id, after_id=after_id, limit=wanted.limit + 1
        )
    page, following = paging.cut(rows, wanted.limit, lambda last: cursors.encode(OF_MATCH, last.id))
    items = [
        PlayersPrediction(
            id=row.id,
            account_id=row.account_id,
            display_name=row.display_name,
            home_goals=row.home_goals,
            away_goals=row.away_goals,
            points=row.points,
        )
        for row in page
    ]
    return MatchPredictions(items=items, next_cursor=following)


def _said_of(view: PredictionView, account_id: int) -> dict[str, Any]:
    """What the audit trail says of a prediction.

    Not the goals: an admin reads the trail before kick-off, and sees no prediction by then.
    """
    return {
        "subject_kind": "prediction",
        "subject_id": view.id,
        "actor_id": account_id,
        "details": {"match_id": view.match_id, "version": view.version},
    }
