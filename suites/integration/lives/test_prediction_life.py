"""The life of a prediction, in any order of events, against a simple model of the rules."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fixtures.application import SettingsFactory
from fixtures.builders import Builders
from fixtures.database import Database
from suites.integration.lives.model import Guess, Match, Status
from suites.integration.lives.world import PLAYERS, World, outcome

GOALS = st.tuples(st.integers(0, 3), st.integers(0, 3))
PLAYER = st.integers(0, PLAYERS - 1)
WORKER = st.integers(0, 1)
KEY = st.sampled_from([None, "first-key-of-life", "other-key-of-life"])
STATUSES: list[Status] = ["scheduled", "live", "postponed", "cancelled"]


class PredictionLife(RuleBasedStateMachine):
    """Each rule does to the service what it does to the model, and compares the answers."""

    world: ClassVar[World]

    @initialize()
    def a_match_lies_ahead(self) -> None:
        self.match_id = self.world.new_match()
        self.match = Match()

    @rule(player=PLAYER, worker=WORKER, goals=GOALS, key=KEY)
    def predict(self, player: int, worker: int, goals: tuple[int, int], key: str | None) -> None:
        key = key and f"{key}-{self.match_id}"
        known = key is not None and (player, key) in self.match.keys
        expected = self.match.create(player, goals, key)
        answer = self.world.predict(player, worker, self.match_id, goals, key)
        assert outcome(answer) == expected
        if not answer.is_success:
            return
        guess = self.match.guesses[player]
        assert ("idempotency-replayed" in answer.headers) == known
        if known:
            assert answer.json()["id"] == guess.id
            assert answer.headers["etag"] == guess.etags[0]
        else:
            guess.id = answer.json()["id"]
            guess.etags.append(answer.headers["etag"])

    @precondition(lambda self: self.match.guesses)
    @rule(data=st.data(), worker=WORKER, goals=GOALS)
    def change(self, data: st.DataObject, worker: int, goals: tuple[int, int]) -> None:
        player = data.draw(st.sampled_from(sorted(self.match.guesses)))
        guess = self.match.guesses[player]
        etag = data.draw(st.sampled_from([guess.etags[-1], guess.etags[0], '"x"', None]))
        expected = self.match.change(player, goals, etag)
        answer = self.world.change(player, worker, guess.id, goals, etag)
        assert outcome(answer) == expected
        if answer.is_success:
            assert answer.headers["etag"] not in guess.etags
            guess.etags.append(answer.headers["etag"])

    @precondition(lambda self: self.match.guesses)
    @rule(worker=WORKER, goals=GOALS)
    def change_somebody_elses(self, worker: int, goals: tuple[int, int]) -> None:
        owner, guess = next(iter(self.match.guesses.items()))
        other = (owner + 1) % PLAYERS
        answer = self.world.change(other, worker, guess.id, goals, guess.etags[-1])
        assert outcome(answer) == (404, "not-found")

    @rule(status=st.sampled_from(STATUSES))
    def move(self, status: Status) -> None:
        expected = self.match.move(status)
        assert outcome(self.world.move(self.match_id, status=status)) == expected

    @rule(begun=st.booleans())
    def move_kick_off(self, begun: bool) -> None:
        expected = self.match.move_kick_off(begun=begun)
        assert outcome(self.world.move_kick_off(self.match_id, begun=begun)) == expected

    @rule(goals=GOALS)
    def enter_result(self, goals: tuple[int, int]) -> None:
        before = {player: guess.version for player, guess in self.match.guesses.items()}
        expected = self.match.enter(goals)
        assert outcome(self.world.enter(self.match_id, goals)) == expected
        for player, guess in self.match.guesses.items():
            if guess.version > before[player]:
                etag = self.world.read(player, 0, f"/api/predictions/{guess.id}").headers["etag"]
                assert etag not in guess.etags
                guess.etags.append(etag)

    @precondition(lambda self: self.match.guesses)
    @rule(worker=WORKER)
    def read_as_owner_and_as_another(self, worker: int) -> None:
        for owner, guess in self.match.guesses.items():
            path = f"/api/predictions/{guess.id}"
            answer = self.world.read(owner, worker, path)
            assert _seen(answer.json()) == _modelled(guess)
            assert answer.headers["etag"] == guess.etags[-1]
            assert outcome(self.world.read((owner + 1) % PLAYERS, worker, path)) == (
                404,
                "not-found",
            )

    @rule(player=PLAYER, worker=WORKER)
    def read_everyones(self, player: int, worker: int) -> None:
        answer = self.world.read(player, worker, f"/api/matches/{self.match_id}/predictions")
        if not self.match.shown:
            assert outcome(answer) == (409, "match-not-started")
            return
        seen = {one["id"]: (one["home_goals"], one["points"]) for one in answer.json()["items"]}
        assert seen == {
            guess.id: (guess.goals[0], guess.points) for guess in self.match.guesses.values()
        }

    @invariant()
    def both_workers_show_the_match_as_it_is(self) -> None:
        for worker in range(2):
            shown = self.world.read(0, worker, f"/api/matches/{self.match_id}").json()
            result = self.match.result or (None, None)
            assert (shown["status"], shown["home_goals"], shown["away_goals"]) == (
                self.match.status,
                *result,
            )


def _seen(body: dict[str, object]) -> tuple[object, ...]:
    return body["home_goals"], body["away_goals"], body["points"], body["version"]


def _modelled(guess: Guess) -> tuple[object, ...]:
    return *guess.goals, guess.points, guess.version


@pytest.fixture
def world(settings_with: SettingsFactory, database: Database) -> Iterator[World]:
    """Two workers with limits that no course of events reaches."""
    engine = create_async_engine(database.url, poolclass=NullPool)
    opened = World(
        settings_with(player_limit_per_minute=1_000_000, visitor_limit_per_minute=1_000_000),
        Builders(engine),
    ).open()
    yield opened
    opened.close()


def test_any_course_of_events_goes_as_the_model_says(world: World) -> None:
    machine = type("Life", (PredictionLife,), {"world": world})
    run_state_machine_as_test(
        machine,
        settings=settings(
            max_examples=25,
            stateful_step_count=20,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
