from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sut.forecasts.grid import chances
from sut.forecasts.model import HALF_LIFE_DAYS, Result, Strengths, fit
from sut.seeding.season import make_pairings

DAY = datetime(2026, 3, 1, tzinfo=UTC)
TEAMS = st.integers(1, 6)
GOALS = st.integers(0, 20)
STRENGTHS = st.floats(-2.0, 2.0)
GAIN = st.floats(0.0, 2.0)
TINY = 1e-9
# 50 in the gate: leagues are many, and each is quickly fitted
MORE = settings(max_examples=settings().max_examples * 5 // 4)


@st.composite
def results(draw: st.DrawFn) -> list[Result]:
    count = draw(st.integers(0, 12))
    rows = []
    for _ in range(count):
        home, away = draw(st.lists(TEAMS, min_size=2, max_size=2, unique=True))
        kick_off = DAY - timedelta(days=draw(st.integers(0, 3000)))
        rows.append(Result(home, away, draw(GOALS), draw(GOALS), kick_off))
    return rows


def season(seed: int) -> list[Result]:
    pairings = make_pairings(np.random.default_rng(seed))
    return [
        Result(p.home_team_id, p.away_team_id, *p.goals, DAY + timedelta(weeks=p.round))
        for p in pairings
    ]


def home_chance(strengths: Strengths) -> float:
    return chances(*strengths.rates(1, 2)).home


@MORE
@given(results())
def test_any_results_give_finite_rates_for_any_pair(rows: list[Result]) -> None:
    found = fit(rows)
    for home in range(1, 7):
        for away in range(1, 7):
            assert all(math.isfinite(rate) and rate > 0 for rate in found.rates(home, away))
    assert found.fitted_on == len(rows)


@MORE
@given(results(), st.randoms(use_true_random=False))
def test_the_order_of_the_results_does_not_matter(rows: list[Result], random: object) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert fit(shuffled).rates(1, 2) == pytest.approx(fit(rows).rates(1, 2), abs=TINY, rel=TINY)


@given(STRENGTHS, STRENGTHS, STRENGTHS, STRENGTHS, GAIN, GAIN)
def test_a_stronger_side_never_gets_a_smaller_chance(
    attack: float,
    defence: float,
    other_attack: float,
    other_defence: float,
    more: float,
    firm: float,
) -> None:
    league = Strengths(
        base=0.2,
        home=0.2,
        attack={1: attack, 2: other_attack},
        defence={1: defence, 2: other_defence},
        fitted_on=0,
    )
    stronger = replace(
        league,
        attack={1: attack + more, 2: other_attack},
        defence={1: defence + firm, 2: other_defence},
    )
    assert home_chance(stronger) >= home_chance(league) - TINY
    weak, strong = chances(*league.rates(2, 1)), chances(*stronger.rates(2, 1))
    assert strong.away >= weak.away - TINY


@MORE
@given(results(), st.integers(0, 19), st.integers(0, 20))
def test_winning_higher_never_makes_a_side_look_weaker(
    rows: list[Result], goals: int, conceded: int
) -> None:
    met = Result(1, 2, goals, conceded, DAY)
    higher = replace(met, home_goals=goals + 1)
    before, after = fit([*rows, met]), fit([*rows, higher])
    assert after.attack[1] >= before.attack[1] - 1e-6
    assert after.defence[2] <= before.defence[2] + 1e-6


def test_without_results_the_home_side_has_a_small_advantage() -> None:
    found = fit([])
    guess = chances(*found.rates(1, 2))
    assert found.fitted_on == 0
    assert guess.away < guess.home < 0.6


def test_an_unknown_team_counts_as_average() -> None:
    found = fit(season(1))
    assert found.rates(98, 99) == pytest.approx(
        (math.exp(found.base + found.home), math.exp(found.base))
    )


def test_a_recent_result_weighs_more_than_an_old_one() -> None:
    half_life = timedelta(days=HALF_LIFE_DAYS)
    anchor = [Result(3, 4, 1, 1, DAY)]
    recent = fit([*anchor, Result(1, 2, 5, 0, DAY)])
    older = fit([*anchor, Result(1, 2, 5, 0, DAY - half_life)])
    oldest = fit([*anchor, Result(1, 2, 5, 0, DAY - 8 * half_life)])
    assert recent.attack[1] > older.attack[1] > oldest.attack[1] > 0


def test_two_results_of_one_half_life_ago_weigh_as_one_of_today() -> None:
    old = DAY - timedelta(days=HALF_LIFE_DAYS)
    anchor = [Result(3, 4, 1, 1, DAY)]
    twice = fit([*anchor, Result(1, 2, 3, 0, old), Result(1, 2, 3, 0, old)])
    once = fit([*anchor, Result(1, 2, 3, 0, DAY)])
    assert twice.rates(1, 2) == pytest.approx(once.rates(1, 2), rel=1e-6)


def test_the_fit_stands_where_the_slope_is_flat() -> None:
    rows = season(7)
    found = fit(rows)
    best = _log_posterior(found, rows)
    for team in (1, 7, 20):
        for change in (-0.01, 0.01):
            attack = {**found.attack, team: found.attack[team] + change}
            defence = {**found.defence, team: found.defence[team] + change}
            assert _log_posterior(replace(found, attack=attack), rows) < best
            assert _log_posterior(replace(found, defence=defence), rows) < best
    assert _log_posterior(replace(found, base=found.base + 0.01), rows) < best
    assert _log_posterior(replace(found, home=found.home - 0.01), rows) < best


def _log_posterior(strengths: Strengths, rows: list[Result]) -> float:
    from sut.forecasts.model import BASE_PRIOR, HOME_PRIOR, STRENGTH_PRIOR_SD

    latest = max(row.kick_off for row in rows)
    total = -((strengths.base - BASE_PRIOR[0]) ** 2) / (2 * BASE_PRIOR[1] ** 2)
    total -= (strengths.home - HOME_PRIOR[0]) ** 2 / (2 * HOME_PRIOR[1] ** 2)
    for value in (*strengths.attack.values(), *strengths.defence.values()):
        total -= value**2 / (2 * STRENGTH_PRIOR_SD**2)
    for row in rows:
        weight = 0.5 ** ((latest - row.kick_off) / timedelta(days=HALF_LIFE_DAYS))
        home, away = strengths.rates(row.home_team_id, row.away_team_id)
        total += weight * (row.home_goals * math.log(home) - home)
        total += weight * (row.away_goals * math.log(away) - away)
    return total
