"""A made-up season: clubs, fixtures around a given moment, and results from hidden strengths."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from sut.matches.states import Status

CLUBS = (
    ("Alderbrook Athletic", "ALD"),
    ("Brackenmoor Rovers", "BRA"),
    ("Calderwick City", "CAL"),
    ("Dunmere Town", "DUN"),
    ("Eastvale United", "EAS"),
    ("Fernholt Albion", "FER"),
    ("Gorsedale Wanderers", "GOR"),
    ("Harrowmere FC", "HAR"),
    ("Inglethorpe County", "ING"),
    ("Jarrowgate Rangers", "JAR"),
    ("Kestrelford Town", "KES"),
    ("Larkhaven United", "LAR"),
    ("Mossbridge Victoria", "MOS"),
    ("Northwold Harriers", "NOR"),
    ("Oakenshaw Park", "OAK"),
    ("Pennyfield Orient", "PEN"),
    ("Quarrybank Celtic", "QUA"),
    ("Ravensworth City", "RAV"),
    ("Stonecross Albion", "STO"),
    ("Thistledown Rovers", "THI"),
)
ROUNDS = 2 * (len(CLUBS) - 1)
PRESENT_ROUND = ROUNDS // 2
POSTPONED_ROUND, CANCELLED_ROUND = PRESENT_ROUND - 2, PRESENT_ROUND + 6
LIVE_MINUTES = (80, 50, 20)

_BASE, _HOME = float(np.log(1.2)), 0.25
_ATTACK_SD, _DEFENCE_SD = 0.3, 0.25
_GOALS_MAX = 20
_HOURS_OF_A_ROUND = (0, 1, 4, 10, 24, 26, 28, 48, 50, 52)


@dataclass(frozen=True)
class Fixture:
    """A match of the season; the ids of teams and matches count from 1."""

    id: int
    round: int
    home_team_id: int
    away_team_id: int
    kick_off: datetime
    status: Status
    result: tuple[int, int] | None


@dataclass(frozen=True)
class Pairing:
    """Who meets whom in which round, and the goals that would be scored."""

    round: int
    home_team_id: int
    away_team_id: int
    goals: tuple[int, int]


def make_season(random: np.random.Generator, now: datetime) -> list[Fixture]:
    """380 matches in 38 rounds; about half are finished by `now`, three are being played."""
    fixtures = []
    places = [0] * (ROUNDS + 1)
    for number, pairing in enumerate(make_pairings(random), start=1):
        place = places[pairing.round]
        places[pairing.round] += 1
        fixtures.append(_fixture(number, pairing, place, now))
    return fixtures


def make_pairings(random: np.random.Generator) -> list[Pairing]:
    """A double round robin, in the order of its rounds, with goals from hidden strengths."""
    teams = len(CLUBS)
    attack = random.normal(0.0, _ATTACK_SD, teams)
    defence = random.normal(0.0, _DEFENCE_SD, teams)
    order = random.permutation(teams)
    pairings = []
    for number, home, away in _double_round_robin(teams):
        h, a = int(order[home]), int(order[away])
        scored = random.poisson(np.exp(_BASE + _HOME + attack[h] - defence[a]))
        conceded = random.poisson(np.exp(_BASE + attack[a] - defence[h]))
        goals = min(int(scored), _GOALS_MAX), min(int(conceded), _GOALS_MAX)
        pairings.append(Pairing(number, h + 1, a + 1, goals))
    return pairings


def _double_round_robin(teams: int) -> list[tuple[int, int, int]]:
    """(round, home, away) by the circle method: one place stays, the others move on by one."""
    half = teams - 1
    meetings = []
    for turn in range(half):
        ring = [0, *((turn + place) % half + 1 for place in range(half))]
        for left in range(teams // 2):
            home, away = ring[left], ring[-1 - left]
            if (turn if left == 0 else left) % 2:
                home, away = away, home
            meetings.append((turn + 1, home, away))
    return meetings + [(turn + half, away, home) for turn, home, away in meetings]


def _fixture(number: int, pairing: Pairing, place: int, now: datetime) -> Fixture:
    status = _status(pairing.round, place)
    return Fixture(
        id=number,
        round=pairing.round,
        home_team_id=pairing.home_team_id,
        away_team_id=pairing.away_team_id,
        kick_off=_kick_off(pairing.round, place, status, now),
        status=status,
        result=pairing.goals if status == "finished" else None,
    )


def _status(number: int, place: int) -> Status:
    if (number, place) == (POSTPONED_ROUND, 0):
        return "postponed"
    if (number, place) == (CANCELLED_ROUND, 0):
        return "cancelled"
    if number == PRESENT_ROUND and place < len(LIVE_MINUTES):
        return "live"
    return "finished" if number <= PRESENT_ROUND else "scheduled"


def _kick_off(number: int, place: int, status: Status, now: datetime) -> datetime:
    """Weekly rounds: the last past one ended hours ago, the next begins in two hours."""
    minute = now.replace(second=0, microsecond=0)
    if status == "live":
        return minute - timedelta(minutes=LIVE_MINUTES[place])
    hours = timedelta(hours=_HOURS_OF_A_ROUND[place])
    if status == "postponed":
        return minute + timedelta(days=10)
    if number <= PRESENT_ROUND:
        return minute - timedelta(weeks=PRESENT_ROUND - number, hours=3) - hours
    return minute + timedelta(weeks=number - PRESENT_ROUND - 1, hours=2) + hours
