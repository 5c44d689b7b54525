"""Predictions on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import ConfigDict, Field

from sut.wire import Answer, Body, Id, Whole

if TYPE_CHECKING:
    from sut.tables import AnyRow

GOALS_MAX = 20
Goals = Annotated[int, Field(ge=0, le=GOALS_MAX), Whole]

PREDICTION: dict[str, Any] = {
    "id": 9001,
    "match_id": 214,
    "home_goals": 2,
    "away_goals": 1,
    "points": None,
    "version": 1,
    "created_at": "2026-12-04T18:21:07.123456Z",
    "updated_at": "2026-12-04T18:21:07.123456Z",
}
PLAYERS_PREDICTION: dict[str, Any] = {
    "id": 9001, "account_id": 42, "display_name": "Ada Egede 42", "home_goals": 2,
    "away_goals": 1, "points": 5,
}  # fmt: skip


def _examples(*values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(values)})


class NewPrediction(Body):
    """A guess of a match's goals."""

    model_config = _examples({"match_id": 214, "home_goals": 2, "away_goals": 1})

    match_id: Id
    home_goals: Goals
    away_goals: Goals


class PredictionChange(Body):
    """Other goals."""

    model_config = _examples({"home_goals": 2, "away_goals": 2})

    home_goals: Goals
    away_goals: Goals


class PredictionView(Answer):
    """One's own prediction; `points` is null until its match has a result."""

    model_config = _examples(PREDICTION, PREDICTION | {"points": 5, "version": 2})

    id: int
    match_id: int
    home_goals: int
    away_goals: int
    points: int | None
    version: int
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        """The view of a row of `sut.predictions.repository`."""
        return cls(
            id=row.id,
            match_id=row.match_id,
            home_goals=row.home_goals,
            away_goals=row.away_goals,
            points=row.points,
            version=row.version,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return etag(self.id, self.version)


def etag(prediction_id: int, version: int) -> str:
    """The strong entity tag of a version of a prediction."""
    return f'"prediction-{prediction_id}-v{version}"'


class PredictionPage(Answer):
    """One's own predictions, the latest first; `next_cursor` is null on the last page."""

    model_config = _examples({"items": [PREDICTION], "next_cursor": None})

    items: list[PredictionView]
    next_cursor: str | None


class PlayersPrediction(Answer):
    """A player's prediction of a match that has kicked off."""

    model_config = _examples(PLAYERS_PREDICTION)

    id: int
    account_id: int
    display_name: str
    home_goals: int
    away_goals: int
    points: int | None


class MatchPredictions(Answer):
    """Everyone's predictions of a match, the earliest first; the last page has no cursor."""

    model_config = _examples({"items": [PLAYERS_PREDICTION], "next_cursor": None})

    items: list[PlayersPrediction]
    next_cursor: str | None
