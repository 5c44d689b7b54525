"""Limits while nobody can be asked what was counted: stricter than ever, and never gone."""

from __future__ import annotations

import socket
from collections import Counter
from collections.abc import Iterator

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.application import SettingsFactory
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-rate-limit")

VISITORS = 20
LOG_INS = 8
WORKERS = 2


@pytest.fixture
def refusing_port() -> Iterator[int]:
    """A port that is held and not listened on, so that connecting fails at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        yield held.getsockname()[1]


@pytest.fixture
def settings(settings_with: SettingsFactory, refusing_port: int) -> Settings:
    return settings_with(
        redis_url=f"redis://127.0.0.1:{refusing_port}/0",
        visitor_limit_per_minute=VISITORS,
        login_limit_per_minute=LOG_INS,
        workers=WORKERS,
    )


async def test_without_redis_a_visitor_is_limited_all_the_same(client: AsyncClient) -> None:
    answers = [await client.get("/api/teams") for _ in range(2 * VISITORS)]
    seen = Counter(answer.status_code for answer in answers)
    assert seen.keys() == {200, 429}
    # All workers together may let through no more than the limit, whatever each can see.
    assert 1 <= seen[200] * WORKERS <= VISITORS
    assert all(1 <= int(one.headers["Retry-After"]) <= 60 for one in answers[seen[200] :])


async def test_without_redis_passwords_cannot_be_guessed_faster(client: AsyncClient) -> None:
    guess = {"email": clients.player_address(1), "password": "not the horse battery"}
    seen = Counter(
        [(await client.post("/api/sessions", json=guess)).status_code for _ in range(LOG_INS)]
    )
    assert seen.keys() == {401, 429}
    assert 1 <= seen[401] * WORKERS <= LOG_INS
