"""Made-up players and what they predict."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sut.predictions.scoring import EXACT, points
from sut.seeding.season import PRESENT_ROUND, Fixture

# pragma: allowlist nextline secret (made public with the season)
PASSWORD = "correct horse battery"  # noqa: S105 (of made-up people)
ADMIN_ID = 1
ADMIN_EMAIL = "admin@example.org"

_FIRST = ("Ada", "Bela", "Cleo", "Dario", "Elin", "Femi", "Gitta", "Hugo", "Ines", "Joris")
_LAST = ("Abara", "Bruun", "Castel", "Dvorak", "Egede", "Forss", "Gatti", "Holm", "Ivers", "Juhl")
_GOAL_RATES = (1.5, 1.1)
_GOALS_MAX = 20
_HOURS_AHEAD_MAX = 96


@dataclass(frozen=True)
class Person:
    """An account of the season. `number` counts the players from 1 and is 0 for the admin."""

    id: int
    number: int
    email: str
    display_name: str
    role: str
    tier: str
    tier_expires_at: datetime | None
    created_at: datetime


@dataclass(frozen=True)
class Guess:
    """A prediction; `points` is None until its match is finished."""

    account_id: int
    match_id: int
    goals: tuple[int, int]
    points: int | None
    created_at: datetime


def make_people(count: int, now: datetime) -> list[Person]:
    """The admin, then `count` players.

    By the last digit of their number, players 0 are elite, 8 and 9 pro, the others free. Those of
    numbers that end in 50 or 00 were elite until yesterday, and are free now.
    """
    began = now - timedelta(weeks=PRESENT_ROUND + 4)
    admin = Person(ADMIN_ID, 0, ADMIN_EMAIL, "Season admin", "admin", "free", None, began)
    return [admin, *(_player(number, began, now) for number in range(1, count + 1))]


def _player(number: int, began: datetime, now: datetime) -> Person:
    tier = {0: "elite", 8: "pro", 9: "pro"}.get(number % 10, "free")
    left = timedelta(days=-1) if number % 50 == 0 else timedelta(days=300)
    first, last = _FIRST[number % 10], _LAST[number // 10 % 10]
    return Person(
        id=ADMIN_ID + number,
        number=number,
        email=f"player{number:04d}@example.org",
        display_name=f"{first} {last} {number}",
        role="player",
        tier=tier,
        tier_expires_at=None if tier == "free" else now + left,
        created_at=began + timedelta(seconds=number),
    )


def predictable(fixtures: Sequence[Fixture]) -> list[Fixture]:
    """The matches that the seeded players had a reason to predict: up to the next round."""
    return [
        fixture
        for fixture in fixtures
        if fixture.round <= PRESENT_ROUND + 1 and fixture.status not in ("postponed", "cancelled")
    ]


def make_guesses(
    random: np.random.Generator,
    players: Sequence[Person],
    fixtures: Sequence[Fixture],
    count: int,
    now: datetime,
) -> list[Guess]:
    """`count` predictions of different pairs of a player and a match, the oldest first."""
    pairs = random.choice(len(players) * len(fixtures), count, replace=False).tolist()
    home = np.minimum(random.poisson(_GOAL_RATES[0], count), _GOALS_MAX).tolist()
    away = np.minimum(random.poisson(_GOAL_RATES[1], count), _GOALS_MAX).tolist()
    ahead = random.integers(60, _HOURS_AHEAD_MAX * 3600, count).tolist()
    guesses = []
    for pair, goals, seconds in zip(pairs, zip(home, away, strict=True), ahead, strict=True):
        player, fixture = players[pair // len(fixtures)], fixtures[pair % len(fixtures)]
        earned = points(goals, fixture.result) if fixture.result else None
        created_at = min(fixture.kick_off, now) - timedelta(seconds=seconds)
        guesses.append(Guess(player.id, fixture.id, goals, earned, created_at))
    guesses.sort(key=lambda guess: guess.created_at)
    return guesses


def add_up(
    players: Sequence[Person], guesses: Sequence[Guess]
) -> Iterator[tuple[Person, int, int]]:
    """Each player with the points and exact hits of all their predictions."""
    totals = {player.id: [0, 0] for player in players}
    for guess in guesses:
        if guess.points:
            total = totals[guess.account_id]
            total[0] += guess.points
            total[1] += guess.points == EXACT
    for player in players:
        earned, exact = totals[player.id]
        yield player, earned, exact
