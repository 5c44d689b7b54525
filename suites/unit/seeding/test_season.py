from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pytest

from sut.predictions.scoring import points
from sut.seeding.people import add_up, make_guesses, make_people, predictable
from sut.seeding.season import CLUBS, ROUNDS, Fixture, make_season

NOW = datetime(2026, 3, 1, 15, 0, 30, tzinfo=UTC)
BEFORE = {"finished", "live"}


@pytest.fixture(scope="module")
def season() -> list[Fixture]:
    return make_season(np.random.default_rng(1), NOW)


def test_every_pair_meets_once_at_home_and_once_away(season: list[Fixture]) -> None:
    pairs = Counter((fixture.home_team_id, fixture.away_team_id) for fixture in season)
    teams = range(1, len(CLUBS) + 1)
    assert pairs == Counter((home, away) for home in teams for away in teams if home != away)


def test_every_team_plays_once_a_round(season: list[Fixture]) -> None:
    for number in range(1, ROUNDS + 1):
        of_round = [fixture for fixture in season if fixture.round == number]
        teams = [team for f in of_round for team in (f.home_team_id, f.away_team_id)]
        assert sorted(teams) == list(range(1, len(CLUBS) + 1))


def test_half_of_the_season_is_over_and_some_of_it_is_on(season: list[Fixture]) -> None:
    states = Counter(fixture.status for fixture in season)
    assert states == {
        "finished": 186, "live": 3, "postponed": 1, "cancelled": 1, "scheduled": 189,
    }  # fmt: skip


def test_what_has_begun_lies_behind_and_what_is_scheduled_ahead(season: list[Fixture]) -> None:
    for fixture in season:
        assert (fixture.kick_off < NOW) == (fixture.status in BEFORE)
        assert (fixture.result is not None) == (fixture.status == "finished")


def test_matches_come_within_hours_and_within_days(season: list[Fixture]) -> None:
    ahead = [f.kick_off - NOW for f in season if f.status == "scheduled"]
    hours = [wait.total_seconds() / 3600 for wait in ahead]
    assert any(wait < 6 for wait in hours)
    assert any(24 < wait < 96 for wait in hours)


def test_the_same_seed_makes_the_same_season(season: list[Fixture]) -> None:
    assert make_season(np.random.default_rng(1), NOW) == season
    assert make_season(np.random.default_rng(2), NOW) != season


def test_predictions_are_one_a_player_and_match_made_before_kick_off(
    season: list[Fixture],
) -> None:
    players = make_people(20, NOW)[1:]
    by_id = {fixture.id: fixture for fixture in season}
    guesses = make_guesses(np.random.default_rng(1), players, predictable(season), 1000, NOW)
    assert len({(guess.account_id, guess.match_id) for guess in guesses}) == 1000
    for guess in guesses:
        fixture = by_id[guess.match_id]
        assert guess.created_at < min(fixture.kick_off, NOW)
        if fixture.result is None:
            assert guess.points is None
        else:
            assert guess.points == points(guess.goals, fixture.result)


def test_scores_are_the_sums_of_their_predictions(season: list[Fixture]) -> None:
    players = make_people(20, NOW)[1:]
    guesses = make_guesses(np.random.default_rng(1), players, predictable(season), 1000, NOW)
    for player, earned, exact in add_up(players, guesses):
        own = [guess.points or 0 for guess in guesses if guess.account_id == player.id]
        assert (earned, exact) == (sum(own), own.count(5))


def test_players_come_in_every_tier_and_some_have_expired() -> None:
    people = make_people(200, NOW)
    tiers = Counter(person.tier for person in people if person.role == "player")
    expired = [p for p in people if p.tier_expires_at is not None and p.tier_expires_at < NOW]
    assert tiers == {"free": 140, "pro": 40, "elite": 20}
    assert len(expired) == 4
    assert [person.email for person in people[:2]] == [
        "admin@example.org",
        "player0001@example.org",
    ]
