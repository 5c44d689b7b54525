"""The service that a state machine drives: synchronous calls into one running event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.lives.model import Goals, Outcome
from suites.integration.refusals import refusal
from suites.integration.workers import workers
from sut.matches.models import Team
from sut.settings import Settings

T = TypeVar("T")
PLAYERS = 2
AHEAD, PAST = timedelta(hours=2), timedelta(hours=-2)


@dataclass
class World:
    """Two workers, an admin on one of them and two players on both."""

    settings: Settings
    build: Builders
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)
    stack: AsyncExitStack = field(default_factory=AsyncExitStack)
    admin: AsyncClient = field(init=False)
    players: list[list[AsyncClient]] = field(init=False)
    accounts: list[int] = field(init=False)
    teams: tuple[Team, Team] = field(init=False)

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run a call in the world's own loop."""
        return self.runner.run(work)

    def open(self) -> World:
        """Start the workers and log everyone in."""
        self.run(self._open())
        return self

    async def _open(self) -> None:
        pair = await self.stack.enter_async_context(workers(self.settings))
        self.admin = await clients.as_account(pair[0], await self.build.admin())
        self.teams = (await self.build.team(), await self.build.team())
        accounts = [await self.build.player() for _ in range(PLAYERS)]
        self.accounts = [account.id for account in accounts]
        self.players = [
            [await clients.as_account(worker, account) for worker in pair] for account in accounts
        ]

    def close(self) -> None:
        """Stop the workers and the loop."""
        self.run(self.stack.aclose())
        self.runner.close()

    def new_match(self) -> int:
        """A match that lies ahead."""
        home, away = self.teams
        return self.run(self.build.match(kick_off=AHEAD, home=home, away=away)).id

    def predict(
        self, player: int, worker: int, match_id: int, goals: Goals, key: str | None
    ) -> Response:
        """Create a prediction."""
        body = {"match_id": match_id, "home_goals": goals[0], "away_goals": goals[1]}
        headers = {} if key is None else {"idempotency-key": key}
        asked = self.players[player][worker].post("/api/predictions", json=body, headers=headers)
        return self.run(asked)

    def change(
        self, player: int, worker: int, prediction_id: int, goals: Goals, etag: str | None
    ) -> Response:
        """Change a prediction."""
        body = {"home_goals": goals[0], "away_goals": goals[1]}
        headers = {} if etag is None else {"if-match": etag}
        path = f"/api/predictions/{prediction_id}"
        return self.run(self.players[player][worker].put(path, json=body, headers=headers))

    def read(self, player: int, worker: int, path: str) -> Response:
        """Read something as a player."""
        return self.run(self.players[player][worker].get(path))

    def move(self, match_id: int, **changes: object) -> Response:
        """Change a match as the admin."""
        return self.run(self.admin.patch(f"/api/matches/{match_id}", json=changes))

    def move_kick_off(self, match_id: int, *, begun: bool) -> Response:
        """Move a kick-off as the admin, two hours from now or two hours ago."""
        moment = datetime.now(UTC) + (PAST if begun else AHEAD)
        return self.move(match_id, kick_off=moment.isoformat())

    def enter(self, match_id: int, goals: Goals) -> Response:
        """Enter a result as the admin."""
        body = {"home_goals": goals[0], "away_goals": goals[1]}
        return self.run(self.admin.put(f"/api/matches/{match_id}/result", json=body))


def outcome(answer: Response) -> Outcome:
    """Status and, of a refusal, its slug."""
    return refusal(answer) if answer.is_error else (answer.status_code, "")
