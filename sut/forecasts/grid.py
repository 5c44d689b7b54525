"""From the expected goals of two sides to the chances of every score and outcome."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

GOALS_MAX = 10
RATE_MIN, RATE_MAX = 0.05, 6.0
_GOALS = np.arange(GOALS_MAX + 1)
_LOG_FACTORIALS = np.array([math.lgamma(goals + 1) for goals in _GOALS.tolist()])
_HOME_WINS = _GOALS[:, None] > _GOALS[None, :]
_DRAWN = np.eye(GOALS_MAX + 1, dtype=bool)


@dataclass(frozen=True)
class Chances:
    """Chances of the outcomes, and of each score: `scores[home][away]`. Both sum to 1."""

    home: float
    draw: float
    away: float
    scores: Floats


def chances(home_rate: float, away_rate: float) -> Chances:
    """The chances when both sides score independently at these rates (goals a match).

    Each side's Poisson distribution is cut at `GOALS_MAX` goals and scaled back to 1. A cut one
    still grows with its rate in the likelihood-ratio order, so a stronger side never loses by it.
    """
    scores = np.outer(_distribution(home_rate), _distribution(away_rate))
    home = float(scores[_HOME_WINS].sum())
    draw = float(scores[_DRAWN].sum())
    away = float(scores[_HOME_WINS.T].sum())
    total = home + draw + away
    return Chances(home / total, draw / total, away / total, scores / scores.sum())


def _distribution(rate: float) -> Floats:
    bounded = min(max(rate, RATE_MIN), RATE_MAX)
    weights = np.exp(_GOALS * math.log(bounded) - _LOG_FACTORIALS)
    distribution: Floats = weights / weights.sum()
    return distribution
