"""The leaderboard on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from sut.wire import Answer

STANDING: dict[str, Any] = {
    "rank": 1, "account_id": 42, "display_name": "Ada Egede 42", "points": 61, "exact_hits": 5,
}  # fmt: skip


class Standing(Answer):
    """A player's place. Ranks count the rows: no two players share one."""

    model_config = ConfigDict(json_schema_extra={"examples": [STANDING]})

    rank: int
    account_id: int
    display_name: str
    points: int
    exact_hits: int


class Leaderboard(Answer):
    """A page of the leaderboard; `next_cursor` is null on the last one."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"items": [STANDING], "next_cursor": None}]}
    )

    items: list[Standing]
    next_cursor: str | None
