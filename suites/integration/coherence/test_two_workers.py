"""Two workers: what is written through one is read at once through the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from redis.asyncio import Redis

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.statements import counted
from sut.app import Service

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Season:
    """A small season, its people, and where it is read."""

    ahead: int
    begun: int
    home: int
    away: int
    admin: AsyncClient
    player: AsyncClient
    visitor: AsyncClient
    readers: tuple[AsyncClient, AsyncClient]

    @property
    def paths(self) -> list[str]:
        """Everything that is read through the cache."""
        return [
            "/api/matches",
            "/api/matches?limit=1",
            "/api/matches?status=scheduled",
            f"/api/matches?team_id={self.home}",
            f"/api/matches/{self.ahead}",
            f"/api/matches/{self.begun}",
            "/api/teams",
            "/api/standings",
            "/api/leaderboard",
            "/api/leaderboard?limit=1",
            f"/api/matches/{self.ahead}/forecast",
        ]

    async def read(self, reader: AsyncClient) -> dict[str, Any]:
        """What `reader` sees, by path."""
        return {path: _seen(await reader.get(path)) for path in self.paths}


def _seen(answer: Response) -> Any:
    """What an answer says of the season: a cursor also says when it was made."""
    body = answer.json()
    return body.get("items") or {k: v for k, v in body.items() if k != "request_id"}


@pytest.fixture
async def season(client: AsyncClient, other_client: AsyncClient, build: Builders) -> Season:
    """A match ahead, one that has begun and was predicted, and people who read and write."""
    home, away = await build.team(), await build.team()
    ahead = await build.match(home=home, away=away)
    begun = await build.match(home=home, away=away, kick_off=-HOUR)
    player = await build.player(tier="elite")
    second = await build.player()
    await build.prediction(second, begun, 2, 1)
    admin = await build.admin()
    return Season(
        ahead.id,
        begun.id,
        home.id,
        away.id,
        await clients.as_account(client, admin),
        await clients.as_account(client, player),
        client,
        (await clients.as_account(client, player), await clients.as_account(other_client, player)),
    )


Write = Callable[[Season], Awaitable[Response]]


async def _create(season: Season) -> Response:
    return await season.admin.post(
        "/api/matches",
        json={
            "home_team_id": season.home,
            "away_team_id": season.away,
            "kick_off": "2026-01-05T15:00:00Z",
            "round": 9,
        },
    )


async def _move(season: Season) -> Response:
    return await season.admin.patch(
        f"/api/matches/{season.ahead}", json={"kick_off": "2097-01-05T15:00:00Z"}
    )


async def _cancel(season: Season) -> Response:
    return await season.admin.patch(f"/api/matches/{season.ahead}", json={"status": "cancelled"})


async def _finish(season: Season) -> Response:
    return await season.admin.put(
        f"/api/matches/{season.begun}/result", json={"home_goals": 2, "away_goals": 1}
    )


async def _correct(season: Season) -> Response:
    await _finish(season)
    for reader in season.readers:
        await season.read(reader)
    return await season.admin.put(
        f"/api/matches/{season.begun}/result", json={"home_goals": 1, "away_goals": 0}
    )


async def _register(season: Season) -> Response:
    body = {"email": "new@example.org", "password": "twelve chars", "display_name": "New"}
    return await season.visitor.post("/api/accounts", json=body)


async def _rename(season: Season) -> Response:
    return await season.player.patch("/api/me", json={"display_name": "Renamed"})


WRITES: dict[str, tuple[Write, set[str]]] = {
    "create": (_create, {"/api/matches", "/api/matches?limit=1"}),
    "move": (_move, {"/api/matches", "/api/matches?status=scheduled"}),
    "cancel": (_cancel, {"/api/matches", "/api/matches?status=scheduled"}),
    "finish": (_finish, {"/api/matches", "/api/standings", "/api/leaderboard"}),
    "correct": (_correct, {"/api/matches", "/api/standings", "/api/leaderboard"}),
    "register": (_register, {"/api/leaderboard"}),
    "rename": (_rename, {"/api/leaderboard", "/api/leaderboard?limit=1"}),
}


@pytest.mark.parametrize(("write", "changed"), WRITES.values(), ids=WRITES)
async def test_what_is_written_through_one_worker_is_read_at_once_through_both(
    season: Season, redis: Redis, write: Write, changed: set[str]
) -> None:
    before = [await season.read(reader) for reader in season.readers]
    assert before[0] == before[1]
    assert (await write(season)).is_success
    ours, theirs = [await season.read(reader) for reader in reversed(season.readers)]
    await redis.flushdb()
    truth = await season.read(season.readers[0])
    assert theirs == truth
    assert ours == truth
    assert {path for path in season.paths if truth[path] != before[0][path]} >= changed


async def test_these_reads_do_come_from_the_cache(season: Season, other_app: Service) -> None:
    first = await season.read(season.readers[0])
    with counted(other_app) as sent:
        assert await season.read(season.readers[1]) == first
    # who is asking is looked up each time, and the sweeper does its rounds; that is all
    assert [one for one in sent if "sessions" not in one] == []


async def test_a_worker_knows_what_a_client_holds_from_another(season: Season) -> None:
    ours, theirs = season.readers
    for path in ("/api/teams", "/api/standings"):
        held = (await ours.get(path)).headers["etag"]
        # the other worker has never been asked for it
        again = await theirs.get(path, headers={"if-none-match": held})
        assert (again.status_code, again.headers["etag"], again.content) == (304, held, b"")


async def test_a_write_that_is_refused_leaves_what_is_cached(season: Season, redis: Redis) -> None:
    await season.read(season.readers[0])
    tags = {key: await redis.get(key) async for key in redis.scan_iter(match="tag:*")}
    refused = await season.admin.put(
        f"/api/matches/{season.ahead}/result", json={"home_goals": 2, "away_goals": 1}
    )
    assert refused.status_code == 409
    assert tags == {key: await redis.get(key) async for key in redis.scan_iter(match="tag:*")}
