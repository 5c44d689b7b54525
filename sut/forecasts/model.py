"""Attack and defence strengths of teams, fitted to results.

The goals of a side are Poisson (Maher 1982): its log rate is the league's base, plus the home
advantage at home, plus its own attack, minus the opponent's defence. Results weigh less with age
(Dixon and Coles 1997), and strengths are drawn towards the average by a normal prior, so that a
team with few results, or none, stays near it and the fit always has one answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

HALF_LIFE_DAYS = 240.0
STRENGTH_PRIOR_SD = 0.3
BASE_PRIOR = (float(np.log(1.25)), 0.5)
HOME_PRIOR = (0.2, 0.3)
_STEPS_MAX = 30
_STEP_SMALL = 1e-9
_STEP_LARGE = 1.0


@dataclass(frozen=True)
class Result:
    """A finished match, as the fit sees it."""

    home_team_id: int
    away_team_id: int
    home_goals: int
    away_goals: int
    kick_off: datetime


@dataclass(frozen=True)
class Strengths:
    """A fitted league: log rates that add up. `fitted_on` counts the results behind it."""

    base: float
    home: float
    attack: Mapping[int, float]
    defence: Mapping[int, float]
    fitted_on: int

    def rates(self, home_team_id: int, away_team_id: int) -> tuple[float, float]:
        """Expected goals of the home and the away side; an unknown team counts as average."""
        home = self.attack.get(home_team_id, 0.0) - self.defence.get(away_team_id, 0.0)
        away = self.attack.get(away_team_id, 0.0) - self.defence.get(home_team_id, 0.0)
        return float(np.exp(self.base + self.home + home)), float(np.exp(self.base + away))


def fit(results: Sequence[Result]) -> Strengths:
    """The most probable strengths given `results`, by Newton's method on a concave function."""
    teams = sorted(_teams(results))
    design, goals = _design(results, {team: place for place, team in enumerate(teams)})
    weights = np.repeat(_weights(results), 2)
    centre, precision = _prior(len(teams))
    found = _climb(design, goals, weights, centre, precision)
    attack, defence = found[2 : 2 + len(teams)], found[2 + len(teams) :]
    return Strengths(
        base=float(found[0]),
        home=float(found[1]),
        attack=dict(zip(teams, attack.tolist(), strict=True)),
        defence=dict(zip(teams, defence.tolist(), strict=True)),
        fitted_on=len(results),
    )


def _teams(results: Iterable[Result]) -> set[int]:
    return {team for row in results for team in (row.home_team_id, row.away_team_id)}


def _weights(results: Sequence[Result]) -> Floats:
    """Each result's weight: one for the latest, halved with every half-life before it."""
    seconds = np.array([row.kick_off.timestamp() for row in results], dtype=np.float64)
    if not len(seconds):
        return seconds
    weights: Floats = 0.5 ** ((seconds.max() - seconds) / (HALF_LIFE_DAYS * 86_400))
    return weights


def _design(results: Sequence[Result], place: Mapping[int, int]) -> tuple[Floats, Floats]:
    """Two rows a result, the home side's and the away side's; one column a parameter."""
    count, teams = len(results), len(place)
    design = np.zeros((2 * count, 2 + 2 * teams))
    home = np.array([place[row.home_team_id] for row in results], dtype=np.intp)
    away = np.array([place[row.away_team_id] for row in results], dtype=np.intp)
    at_home, away_from_home = 2 * np.arange(count), 2 * np.arange(count) + 1
    design[:, 0] = 1.0
    design[at_home, 1] = 1.0
    design[at_home, 2 + home] = 1.0
    design[at_home, 2 + teams + away] = -1.0
    design[away_from_home, 2 + away] = 1.0
    design[away_from_home, 2 + teams + home] = -1.0
    goals = np.array([(row.home_goals, row.away_goals) for row in results], dtype=np.float64)
    return design, goals.reshape(-1)


def _prior(teams: int) -> tuple[Floats, Floats]:
    centre = np.zeros(2 + 2 * teams)
    spread = np.full(2 + 2 * teams, STRENGTH_PRIOR_SD)
    (centre[0], spread[0]), (centre[1], spread[1]) = BASE_PRIOR, HOME_PRIOR
    return centre, spread**-2


def _climb(
    design: Floats, goals: Floats, weights: Floats, centre: Floats, precision: Floats
) -> Floats:
    """Newton's method from the prior's centre; long steps are cut, so that rates stay finite."""
    found = centre.copy()
    for _ in range(_STEPS_MAX):
        rates = np.exp(design @ found)
        slope = design.T @ (weights * (goals - rates)) - precision * (found - centre)
        curvature = (design.T * (weights * rates)) @ design
        curvature[np.diag_indices_from(curvature)] += precision
        step = np.linalg.solve(curvature, slope)
        longest = float(np.abs(step).max())
        found += step * min(1.0, _STEP_LARGE / max(longest, _STEP_SMALL))
        if longest < _STEP_SMALL:
            break
    return found
