"""Teams, matches and the table on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Self

from pydantic import ConfigDict, Field, field_validator, model_validator
from pydantic.json_schema import SkipJsonSchema

from sut import cursors
from sut.matches.states import Status
from sut.paging import PageFilter
from sut.wire import Answer, Body, Id, Instant, Whole

if TYPE_CHECKING:
    from sut.tables import AnyRow

CURSOR = "matches"
GOALS_MAX = 20
Round = Annotated[int, Field(ge=1, le=99), Whole]
Goals = Annotated[int, Field(ge=0, le=GOALS_MAX), Whole]

TEAM: dict[str, Any] = {"id": 3, "name": "Calderwick City", "short_name": "CAL"}
OTHER_TEAM: dict[str, Any] = {"id": 8, "name": "Harrowmere FC", "short_name": "HAR"}
MATCH: dict[str, Any] = {
    "id": 214,
    "round": 22,
    "home_team": TEAM,
    "away_team": OTHER_TEAM,
    "kick_off": "2026-12-05T15:00:00Z",
    "status": "scheduled",
    "home_goals": None,
    "away_goals": None,
    "version": 1,
}
FINISHED = MATCH | {"status": "finished", "home_goals": 2, "away_goals": 1, "version": 2}
STANDING: dict[str, Any] = {
    "position": 1, "team": TEAM, "played": 19, "won": 12, "drawn": 4, "lost": 3,
    "goals_for": 35, "goals_against": 18, "points": 40,
}  # fmt: skip


def _examples(*values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": list(values)})


class TeamView(Answer):
    """A club of the season."""

    model_config = _examples(TEAM)

    id: int
    name: str
    short_name: str


class TeamList(Answer):
    """Every club, by name."""

    model_config = _examples({"items": [TEAM, OTHER_TEAM]})

    items: list[TeamView]


class MatchView(Answer):
    """A match; goals are null until there is a result. `version` grows with every change."""

    model_config = _examples(MATCH, FINISHED)

    id: int
    round: int
    home_team: TeamView
    away_team: TeamView
    kick_off: datetime
    status: Status
    home_goals: int | None
    away_goals: int | None
    version: int

    @classmethod
    def of(cls, row: AnyRow) -> Self:
        """The view of a row of `sut.matches.repository`."""
        return cls(
            id=row.id,
            round=row.round,
            home_team=TeamView(id=row.home_id, name=row.home_name, short_name=row.home_short),
            away_team=TeamView(id=row.away_id, name=row.away_name, short_name=row.away_short),
            kick_off=row.kick_off,
            status=row.status,
            home_goals=row.home_goals,
            away_goals=row.away_goals,
            version=row.version,
        )

    @property
    def etag(self) -> str:
        """The strong entity tag of this version."""
        return f'"match-{self.id}-v{self.version}"'


class MatchPage(Answer):
    """Matches by kick-off; `next_cursor` is null on the last page."""

    model_config = _examples({"items": [MATCH], "next_cursor": None})

    items: list[MatchView]
    next_cursor: str | None


class Standing(Answer):
    """A club's line of the table."""

    model_config = _examples(STANDING)

    position: int
    team: TeamView
    played: int
    won: int
    drawn: int
    lost: int
    goals_for: int
    goals_against: int
    points: int


class Standings(Answer):
    """The table: by points, goal difference, goals scored, then name."""

    model_config = _examples({"items": [STANDING]})

    items: list[Standing]


class MatchFilter(PageFilter):
    """Which matches to list, by kick-off and then number."""

    status: Status | SkipJsonSchema[None] = Field(
        default=None, description="Only matches in this state."
    )
    team_id: Id | SkipJsonSchema[None] = Field(
        default=None, description="Only matches of this team."
    )
    since: Instant | SkipJsonSchema[None] = Field(
        default=None, alias="from", description="Only kick-offs at or after this time."
    )
    until: Instant | SkipJsonSchema[None] = Field(
        default=None, alias="to", description="Only kick-offs before this time."
    )

    @property
    def after(self) -> tuple[datetime, int] | None:
        """The place that the cursor stands for; raises Problem (invalid-cursor)."""
        if self.cursor is None:
            return None
        us, match_id = cursors.decode(CURSOR, self.cursor, 2)
        return cursors.us_to_moment(us), match_id

    @property
    def key(self) -> str:
        """All that the answer depends on."""
        parts = (self.status, self.team_id, self.since, self.until, self.cursor, self.limit)
        return "|".join(str(part) for part in parts)


class NewMatch(Body):
    """A match to be played. The teams must be two."""

    model_config = _examples(
        {"home_team_id": 3, "away_team_id": 8, "kick_off": "2026-12-05T15:00:00Z", "round": 22}
    )

    home_team_id: Id
    away_team_id: Id
    kick_off: Instant
    round: Round


def _without_default(schema: dict[str, Any]) -> None:
    schema.pop("default", None)


class MatchChange(Body):
    """What to change of a match; what is left out stays as it is."""

    model_config = ConfigDict(
        json_schema_extra={
            "minProperties": 1,
            "examples": [{"kick_off": "2026-12-06T17:30:00+01:00"}, {"status": "postponed"}],
        }
    )

    kick_off: Instant | SkipJsonSchema[None] = Field(
        default=None, json_schema_extra=_without_default
    )
    status: Status | SkipJsonSchema[None] = Field(default=None, json_schema_extra=_without_default)

    @field_validator("*", mode="before")
    @classmethod
    def _refuse_null(cls, value: object) -> object:
        if value is None:
            raise ValueError("leave it out rather than send null")
        return value

    @model_validator(mode="after")
    def _refuse_nothing(self) -> Self:
        if not self.model_fields_set:
            raise ValueError("name at least one of kick_off and status")
        return self


class ResultEntry(Body):
    """The goals of a finished match, or their correction."""

    model_config = _examples({"home_goals": 2, "away_goals": 1})

    home_goals: Goals
    away_goals: Goals
