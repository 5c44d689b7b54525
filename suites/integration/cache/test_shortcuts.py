"""The short way to answers that everybody gets: the same answers, and as fresh."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.workers import workers
from sut import shortcuts
from sut.app import Service
from sut.security_headers import SECURITY_HEADERS
from sut.settings import Settings
from sut.shortcuts import Shortcut

HOUR = timedelta(hours=1)
PATHS = ("/api/matches", "/api/matches?limit=1", "/api/standings", "/api/leaderboard")
OWN_TO_EACH = {"x-request-id", "ratelimit"}


@pytest.fixture
async def two(settings: Settings) -> AsyncIterator[tuple[AsyncClient, AsyncClient]]:
    """Clients of two workers on one database and one Redis."""
    async with workers(settings, count=2) as (one, other):
        yield one, other


def told(answer: Response) -> tuple[int, dict[str, str], bytes]:
    """What an answer says, without what differs between any two."""
    headers = {k: v for k, v in answer.headers.items() if k not in OWN_TO_EACH}
    return answer.status_code, headers, answer.content


def known(app: Service) -> dict[tuple[str, bytes], Shortcut]:
    """The shortcuts of a worker."""
    found: dict[tuple[str, bytes], Shortcut] = app.state.platform.shortcuts._known
    return found


@pytest.mark.parametrize("path", [*PATHS, "/api/teams", "/api/matches/{id}", "/api/teams/{team}"])
async def test_the_second_and_the_third_answer_are_the_first_to_the_last_header(
    client: AsyncClient, build: Builders, path: str
) -> None:
    team = await build.team()
    match = await build.match(home=team)
    await build.player()
    path = path.format(id=match.id, team=team.id)
    first, second, third = [await client.get(path) for _ in range(3)]
    assert first.status_code == 200
    assert told(first) == told(second) == told(third)
    held = {"if-none-match": first.headers["etag"]}
    assert told(await client.get(path, headers=held))[::2] == (304, b"")
    ids = {answer.headers["x-request-id"] for answer in (first, second, third)}
    assert len(ids) == 3


async def test_by_the_short_way_too_what_has_not_changed_is_said_with_every_header(
    two: tuple[AsyncClient, AsyncClient],
) -> None:
    one, other = two
    for path in PATHS:
        held = {"if-none-match": (await one.get(path)).headers["etag"]}
        long, *short = [await other.get(path, headers=held) for _ in range(3)]
        assert told(long)[0] == 304
        assert [told(answer) for answer in short] == [told(long)] * 2
        for answer in (long, *short):
            assert set(SECURITY_HEADERS) <= set(answer.headers.raw), path


@pytest.mark.parametrize("path", [*PATHS, "/api/matches/{id}"])
async def test_an_answer_kept_in_one_worker_is_stale_at_once_when_another_one_writes(
    two: tuple[AsyncClient, AsyncClient], build: Builders, path: str
) -> None:
    reader, writer = two
    match = await build.match(kick_off=-HOUR)
    await build.prediction(await build.player(), match, 2, 1)
    admin = await clients.as_account(writer, await build.admin())
    path = path.format(id=match.id)
    before = [await reader.get(path) for _ in range(3)]
    for goals in (2, 3, 1):  # five points, two, none
        entered = await admin.put(
            f"/api/matches/{match.id}/result", json={"home_goals": goals, "away_goals": 1}
        )
        assert entered.status_code == 200
        after = [await reader.get(path) for _ in range(3)]
        assert len({answer.content for answer in after}) == 1
        assert after[0].content != before[0].content
        before = after


async def test_an_answer_that_names_people_is_kept_in_redis_alone(
    app: Service, client: AsyncClient, build: Builders
) -> None:
    await build.player()
    for path in ("/api/leaderboard", "/api/teams"):
        for _ in range(3):
            assert (await client.get(path)).status_code == 200
    kept = {path: shortcut.kept is not None for (path, _), shortcut in known(app).items()}
    assert kept == {"/api/leaderboard": False, "/api/teams": True}


async def test_an_answer_is_not_kept_for_longer_than_an_entry_of_the_cache(
    app: Service, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(2):
        await client.get("/api/teams")
    (shortcut,) = known(app).values()
    first = shortcut.kept
    assert first is not None
    monkeypatch.setattr(shortcuts, "monotonic", lambda: first.until + 1)
    assert (await client.get("/api/teams")).status_code == 200
    assert shortcut.kept is not None
    assert shortcut.kept is not first


async def test_what_is_refused_the_long_way_finds_no_short_one(
    app: Service, client: AsyncClient
) -> None:
    for path in ("/api/teams?x=1", "/api/matches?limit=0", "/api/matches/999", "/api/nothing"):
        for _ in range(2):
            assert (await client.get(path)).is_client_error
    assert not known(app)


async def test_a_request_with_a_body_goes_the_long_way(client: AsyncClient) -> None:
    for _ in range(2):
        await client.get("/api/teams")
    large = await client.request("GET", "/api/teams", content=b"x" * 100_000)
    assert large.status_code == 413
    assert (await client.post("/api/teams")).status_code == 405


async def test_the_short_way_counts_against_the_same_limit(
    client: AsyncClient, settings: Settings
) -> None:
    answers = [await client.get("/api/teams") for _ in range(settings.visitor_limit_per_minute + 1)]
    left = [int(one.headers["ratelimit"].partition(";r=")[2].partition(";")[0]) for one in answers]
    assert left[:-1] == list(reversed(range(settings.visitor_limit_per_minute)))
    assert [one.status_code for one in answers[-2:]] == [200, 429]


async def test_the_shortcuts_that_a_worker_knows_are_bounded(
    app: Service, client: AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shortcuts, "KNOWN_MAX", 3)
    for limit in range(1, 9):
        assert (await client.get(f"/api/matches?limit={limit}")).status_code == 200
        assert 1 <= len(known(app)) <= 3
    long = "/api/matches?" + "&".join(["status=scheduled"] * 40)
    assert (await client.get(long)).status_code in (200, 422)
    assert all(len(query) < 300 for _, query in known(app))


async def test_an_answer_by_the_short_way_is_counted_as_a_hit_under_its_route(
    app: Service, client: AsyncClient
) -> None:
    for _ in range(4):
        await client.get("/api/teams")
    registry = app.state.platform.metrics.registry
    hits = registry.get_sample_value("cache_reads_total", {"outcome": "hit", "area": "teams"})
    asked = {"method": "GET", "route": "/api/teams", "status": "200"}
    assert hits == 3
    assert registry.get_sample_value("http_requests_total", asked) == 4
