"""Forecasts of the unseen half of a season, against the base rate of the half that was seen."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache

import numpy as np
import pytest

from fixtures.evidence import Evidence
from sut.forecasts.grid import chances
from sut.forecasts.model import Result, fit
from sut.seeding.season import make_pairings

pytestmark = pytest.mark.objective("business-accuracy")

SEASONS = 30
CONFIDENCE = 0.99
STUDENT_T = 2.756  # two-sided 99 %, 29 degrees of freedom; SciPy would take a second to import
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)
Chances = tuple[float, float, float]


def season(seed: int) -> list[Result]:
    return [
        Result(p.home_team_id, p.away_team_id, *p.goals, BEGAN + timedelta(weeks=p.round))
        for p in make_pairings(np.random.default_rng(seed))
    ]


def outcome(result: Result) -> Chances:
    difference = result.home_goals - result.away_goals
    return float(difference > 0), float(difference == 0), float(difference < 0)


def brier(forecast: Chances, happened: Chances) -> float:
    return sum((chance - fact) ** 2 for chance, fact in zip(forecast, happened, strict=True))


@cache
def forecasts(seed: int) -> tuple[tuple[Chances, Chances, Chances], ...]:
    """(forecast, base rate, what happened) of each match of the second half of a season."""
    results = season(seed)
    known, unseen = results[: len(results) // 2], results[len(results) // 2 :]
    seen = [outcome(result) for result in known]
    base: Chances = tuple(sum(column) / len(seen) for column in zip(*seen, strict=True))
    league = fit(known)
    found = []
    for result in unseen:
        guess = chances(*league.rates(result.home_team_id, result.away_team_id))
        found.append(((guess.home, guess.draw, guess.away), base, outcome(result)))
    return tuple(found)


def test_forecasts_beat_the_base_rate_over_many_seasons(evidence: Evidence) -> None:
    gains = [
        statistics.fmean(brier(base, fact) - brier(guess, fact) for guess, base, fact in of_season)
        for of_season in map(forecasts, range(SEASONS))
    ]
    mean = statistics.fmean(gains)
    reach = STUDENT_T * statistics.stdev(gains) / SEASONS**0.5
    evidence.measure(
        "forecast_brier_score_gain", mean, "score", samples=SEASONS,
        low=mean - reach, high=mean + reach, confidence=CONFIDENCE, against="base rate",
    )  # fmt: skip
    assert mean - reach > 0


def pooled() -> Iterator[tuple[float, float]]:
    for seed in range(SEASONS):
        for guess, _, fact in forecasts(seed):
            yield from zip(guess, fact, strict=True)


@pytest.mark.parametrize("low", [0.1, 0.2, 0.3, 0.4, 0.5, 0.6])
def test_what_is_forecast_happens_about_that_often(low: float) -> None:
    inside = [(chance, fact) for chance, fact in pooled() if low <= chance < low + 0.1]
    forecast = statistics.fmean(chance for chance, _ in inside)
    happened = statistics.fmean(fact for _, fact in inside)
    noise = 4 * (forecast * (1 - forecast) / len(inside)) ** 0.5
    assert happened == pytest.approx(forecast, abs=0.03 + noise)
