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
    sides = _sides(results, {team: place for place, team in enumerate(teams)})
    centre, precision = _prior(len(teams))
    found = _climb(sides, centre, precision)
    attack, defence = found[2 : 2 + len(teams)], found[2 + len(teams) :]
    return Strengths(
        base=float(found[0]),
        home=float(found[1]),
        attack=dict(zip(teams, attack.tolist(), strict=True)),
        defence=dict(zip(teams, defence.tolist(), strict=True)),
        fitted_on=len(results),
    )


@dataclass(frozen=True)
class _Sides:
    """Both sides of every result: the four parameters in each one's log rate, and their signs.

    Kept as indices: as a matrix product this would be left to BLAS, whose threads, on a machine
    with something else to do, wait for each other far longer than the sums take.
    """

    parameters: NDArray[np.intp]
    signs: Floats
    goals: Floats
    weights: Floats

    def log_rates(self, found: Floats) -> Floats:
        rates: Floats = (found[self.parameters] * self.signs).sum(axis=1)
        return rates

    def gather(self, values: Floats, size: int) -> Floats:
        """The transposed design times `values`."""
        spread = self.signs * values[:, None]
        return _sum_at(self.parameters, spread, size)

    def gather_pairs(self, values: Floats, size: int) -> Floats:
        """The transposed design times diagonal `values` times the design."""
        places = self.parameters[:, :, None] * size + self.parameters[:, None, :]
        spread = self.signs[:, :, None] * self.signs[:, None, :] * values[:, None, None]
        return _sum_at(places, spread, size * size).reshape(size, size)


def _sum_at(places: NDArray[np.intp], values: Floats, size: int) -> Floats:
    sums = np.bincount(places.ravel(), values.ravel(), minlength=size)
    return sums.astype(np.float64, copy=False)


def _teams(results: Iterable[Result]) -> set[int]:
    return {team for row in results for team in (row.home_team_id, row.away_team_id)}


def _weights(results: Sequence[Result]) -> Floats:
    """Each result's weight: one for the latest, halved with every half-life before it."""
    seconds = np.array([row.kick_off.timestamp() for row in results], dtype=np.float64)
    if not len(seconds):
        return seconds
    weights: Floats = 0.5 ** ((seconds.max() - seconds) / (HALF_LIFE_DAYS * 86_400))
    return weights


def _sides(results: Sequence[Result], place: Mapping[int, int]) -> _Sides:
    """All home sides, then all away sides."""
    teams = len(place)
    home = np.array([place[row.home_team_id] for row in results], dtype=np.intp)
    away = np.array([place[row.away_team_id] for row in results], dtype=np.intp)
    base, at_home = np.zeros_like(home), np.ones_like(home)
    columns = [
        np.stack([base, at_home, 2 + attacker, 2 + teams + defender], axis=1)
        for attacker, defender in ((home, away), (away, home))
    ]
    signs = np.tile([1.0, 1.0, 1.0, -1.0], (2 * len(results), 1))
    signs[len(results) :, 1] = 0.0
    scored = [row.home_goals for row in results] + [row.away_goals for row in results]
    return _Sides(
        parameters=np.concatenate(columns),
        signs=signs,
        goals=np.array(scored, dtype=np.float64),
        weights=np.tile(_weights(results), 2),
    )


def _prior(teams: int) -> tuple[Floats, Floats]:
    centre = np.zeros(2 + 2 * teams)
    spread = np.full(2 + 2 * teams, STRENGTH_PRIOR_SD)
    (centre[0], spread[0]), (centre[1], spread[1]) = BASE_PRIOR, HOME_PRIOR
    return centre, spread**-2


def _climb(sides: _Sides, centre: Floats, precision: Floats) -> Floats:
    """Newton's method from the prior's centre; long steps are cut, so that rates stay finite."""
    found, size = centre.copy(), len(centre)
    for _ in range(_STEPS_MAX):
        rates = np.exp(sides.log_rates(found))
        slope = sides.gather(sides.weights * (sides.goals - rates), size)
        slope -= precision * (found - centre)
        curvature = sides.gather_pairs(sides.weights * rates, size) + np.diag(precision)
        step = np.linalg.solve(curvature, slope)
        longest = float(np.abs(step).max())
        found += step * min(1.0, _STEP_LARGE / max(longest, _STEP_SMALL))
        if longest < _STEP_SMALL:
            break
    return found
