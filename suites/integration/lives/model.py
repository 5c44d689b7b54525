"""What ought to happen to a match and its predictions: the rules again, as simply as can be."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from suites.integration.leaderboard.ranking import earned

Goals = tuple[int, int]
Status = Literal["scheduled", "live", "finished", "postponed", "cancelled"]
Outcome = tuple[int, str]
OK: Outcome = (200, "")
CREATED: Outcome = (201, "")
CLOSED: Outcome = (409, "prediction-closed")
NOT_ALLOWED: Outcome = (409, "move-not-allowed")
MOVES: dict[Status, set[Status]] = {
    "scheduled": {"live", "postponed", "cancelled"},
    "live": {"cancelled"},
    "postponed": {"scheduled", "cancelled"},
    "finished": set(),
    "cancelled": set(),
}


@dataclass
class Guess:
    """A prediction, and the tags that it has had; the last one is current."""

    goals: Goals
    points: int | None = None
    version: int = 1
    id: int = 0
    etags: list[str] = field(default_factory=list)


@dataclass
class Match:
    """A match, each player's guess, and what each idempotency key was used for."""

    status: Status = "scheduled"
    begun: bool = False
    result: Goals | None = None
    guesses: dict[int, Guess] = field(default_factory=dict)
    keys: dict[tuple[int, str], Goals] = field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether predictions are taken."""
        return self.status == "scheduled" and not self.begun

    @property
    def shown(self) -> bool:
        """Whether everyone's predictions are in the open."""
        return self.status != "postponed" and self.begun

    def create(self, player: int, goals: Goals, key: str | None) -> Outcome:
        """A player predicts."""
        if key is not None and (player, key) in self.keys:
            same = self.keys[player, key] == goals
            return CREATED if same else (422, "idempotency-key-reused")
        if not self.open:
            return CLOSED
        if player in self.guesses:
            return (409, "already-predicted")
        self.guesses[player] = Guess(goals)
        if key is not None:
            self.keys[player, key] = goals
        return CREATED

    def change(self, player: int, goals: Goals, etag: str | None) -> Outcome:
        """A player changes a guess, naming a version."""
        guess = self.guesses[player]
        if etag is None:
            return (428, "precondition-required")
        if etag != guess.etags[-1]:
            return (412, "precondition-failed")
        if not self.open:
            return CLOSED
        guess.goals, guess.version = goals, guess.version + 1
        return OK

    def move(self, status: Status) -> Outcome:
        """An admin moves the match to another state."""
        if status == self.status:
            return OK
        if status not in MOVES[self.status] or (status == "live" and not self.begun):
            return NOT_ALLOWED
        self.status = status
        return OK

    def move_kick_off(self, *, begun: bool) -> Outcome:
        """An admin moves the kick-off to the past or to the time ahead."""
        if self.status != "postponed" and not self.open:
            return NOT_ALLOWED
        self.begun = begun
        return OK

    def enter(self, result: Goals) -> Outcome:
        """An admin enters or corrects the result."""
        playable = self.status in ("live", "finished")
        if not playable and not (self.status == "scheduled" and self.begun):
            return NOT_ALLOWED
        self.status, self.result = "finished", result
        for guess in self.guesses.values():
            points = earned(guess.goals, result)
            guess.version += points != guess.points
            guess.points = points
        return OK
