from __future__ import annotations

import uuid
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import jwt
import numpy as np
import pytest
from pydantic import SecretStr
from pytest_benchmark.fixture import BenchmarkFixture
from scipy import optimize, stats

from fixtures.environment import signing_key
from fixtures.evidence import Evidence
from suites.bench.pairs import compare
from sut.cursors import decode, encode
from sut.forecasts import model
from sut.forecasts.grid import GOALS_MAX, chances
from sut.forecasts.model import Result, fit
from sut.predictions.scoring import points
from sut.seeding.season import make_pairings
from sut.settings import Settings
from sut.tokens import ALGORITHM, AUDIENCE, ISSUER, Tokens

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5)
BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def season() -> list[Result]:
    return [
        Result(p.home_team_id, p.away_team_id, *p.goals, BEGAN + timedelta(weeks=p.round))
        for p in make_pairings(np.random.default_rng(1))
    ]


@pytest.fixture(scope="module")
def tokens() -> Tokens:
    return Tokens(Settings(environment="development", signing_key=SecretStr(signing_key())))


def test_scoring_a_thousand_predictions(benchmark: BenchmarkFixture) -> None:
    random = np.random.default_rng(1)
    guesses: list[Any] = list(map(tuple, random.poisson(1.4, (1000, 2)).tolist()))
    total = benchmark(lambda: sum(points(guess, (2, 1)) for guess in guesses))
    assert total == sum(points(guess, (2, 1)) for guess in guesses)


def test_fitting_a_season_takes_less_than_a_general_optimiser_and_finds_the_same(
    season: list[Result], evidence: Evidence, benchmark: BenchmarkFixture
) -> None:
    found = benchmark(fit, season)
    peer, objective = general_optimiser(season)
    best = peer()
    ours = np.array([found.base, found.home, *found.attack.values(), *found.defence.values()])
    assert objective(ours)[0] <= objective(best)[0] + 1e-6
    assert ours == pytest.approx(best, abs=1e-3)
    comparison = compare(lambda: fit(season), peer)
    comparison.record(evidence, "forecast_fit_380", "scipy L-BFGS-B")
    assert comparison.share.high < 1


def general_optimiser(
    season: list[Result],
) -> tuple[Callable[[], Any], Callable[[Any], tuple[float, Any]]]:
    """The same posterior handed to SciPy: what the model would cost without its own step."""
    teams = sorted(model._teams(season))
    sides = model._sides(season, {team: place for place, team in enumerate(teams)})
    centre, precision = model._prior(len(teams))

    def loss(found: Any) -> tuple[float, Any]:
        log_rates = sides.log_rates(found)
        rates = np.exp(log_rates)
        away = found - centre
        value = (sides.weights * (rates - sides.goals * log_rates)).sum()
        slope = sides.gather(sides.weights * (rates - sides.goals), len(found))
        return float(value + (precision * away**2).sum() / 2), slope + precision * away

    def run() -> Any:
        options = {"ftol": 1e-14, "gtol": 1e-8, "maxiter": 1000}
        minimize: Any = (
            optimize.minimize
        )  # its stubs know no function that answers a tuple of arrays
        return minimize(loss, centre, jac=True, method="L-BFGS-B", options=options).x

    return run, loss


def test_a_score_grid_takes_less_than_from_scipys_distribution(
    evidence: Evidence, benchmark: BenchmarkFixture
) -> None:
    goals = np.arange(GOALS_MAX + 1)

    def peer() -> Any:
        home, away = stats.poisson.pmf(goals, 1.6), stats.poisson.pmf(goals, 1.1)
        return np.outer(home / home.sum(), away / away.sum())

    found = benchmark(chances, 1.6, 1.1)
    assert found.scores == pytest.approx(peer())
    comparison = compare(lambda: chances(1.6, 1.1), peer)
    comparison.record(evidence, "score_grid", "scipy.stats.poisson")
    assert comparison.share.high < 1


def test_reading_a_token_again_takes_less_than_verifying_it_again(
    tokens: Tokens, evidence: Evidence, benchmark: BenchmarkFixture
) -> None:
    token = tokens.issue(42, uuid.uuid4())
    key = signing_key()

    def peer() -> Any:
        return jwt.decode(token, key, algorithms=[ALGORITHM], issuer=ISSUER, audience=AUDIENCE)

    claims = benchmark(tokens.read, token)
    assert claims is not None
    assert str(claims.account_id) == peer()["sub"]
    comparison = compare(lambda: tokens.read(token), peer)
    comparison.record(evidence, "token_check", "jwt.decode")
    assert comparison.share.high < 1


def test_verifying_a_new_token(tokens: Tokens, benchmark: BenchmarkFixture) -> None:
    token = tokens.issue(42, uuid.uuid4())
    settings = Settings(environment="development", signing_key=SecretStr(signing_key()))
    claims = benchmark(lambda: Tokens(settings).read(token))
    assert claims is not None
    assert claims.account_id == 42


def test_a_cursor_there_and_back(benchmark: BenchmarkFixture) -> None:
    numbers = (1, 1_767_225_600_000_000, 20, 61, 5, 1_767_225_600_000_000, 42)
    assert benchmark(lambda: decode("leaderboard", encode("leaderboard", *numbers), 7)) == numbers
