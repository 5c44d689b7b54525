"""Refresh tokens and the end of sessions, against two worker processes."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Mapping
from itertools import count
from typing import Any

import pytest
from httpx import AsyncClient, Limits, Response

from fixtures import clients
from fixtures.live import LiveService

pytestmark = pytest.mark.objective("sec-tokens")

Tokens = Mapping[str, Any]
_NUMBERS = count(100)
# Fresh connections are spread over the workers: that all of these meet the same one is out of the
# question (2 ** -13), and each of these tests asks several times.
CONNECTIONS = 14
RACERS = 8


@pytest.fixture
async def visitor(live_service: LiveService) -> AsyncIterator[AsyncClient]:
    """Each request comes over a connection of its own, so that any worker may answer."""
    alone = Limits(max_keepalive_connections=0)
    async with AsyncClient(base_url=live_service.url, limits=alone, timeout=30) as client:
        yield client


@pytest.fixture
def email(worker_id: str) -> str:
    """A seeded player whom no other test of this process uses."""
    return clients.player_address(next(_NUMBERS))


async def whoami(visitor: AsyncClient, tokens: Tokens) -> Response:
    bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
    return await visitor.get("/api/me", headers=bearer)


async def refresh(visitor: AsyncClient, tokens: Tokens) -> Response:
    return await visitor.post(
        "/api/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}
    )


async def statuses_everywhere(visitor: AsyncClient, tokens: Tokens) -> set[int]:
    """What the workers, all of them, answer to an access token."""
    answers = await asyncio.gather(*(whoami(visitor, tokens) for _ in range(CONNECTIONS)))
    return {answer.status_code for answer in answers}


async def test_a_refresh_token_gives_new_tokens_once(visitor: AsyncClient, email: str) -> None:
    first = await clients.log_in(visitor, email)
    answer = await refresh(visitor, first)
    assert answer.status_code == 200
    second = answer.json()
    assert second["refresh_token"] != first["refresh_token"]
    assert second["session_id"] == first["session_id"]
    assert (await whoami(visitor, second)).status_code == 200


async def test_reuse_of_a_refresh_token_ends_the_whole_family(
    visitor: AsyncClient, email: str
) -> None:
    first = await clients.log_in(visitor, email)
    another_session = await clients.log_in(visitor, email)
    second = (await refresh(visitor, first)).json()
    third = (await refresh(visitor, second)).json()
    assert await statuses_everywhere(visitor, third) == {200}
    assert (await refresh(visitor, first)).status_code == 401
    for tokens in (first, second, third):
        assert await statuses_everywhere(visitor, tokens) == {401}
        assert (await refresh(visitor, tokens)).status_code == 401
    assert (await refresh(visitor, another_session)).status_code == 200


async def test_of_many_uses_at_once_one_wins_at_the_most_and_then_all_are_dead(
    visitor: AsyncClient, email: str
) -> None:
    first = await clients.log_in(visitor, email)
    answers = await asyncio.gather(*(refresh(visitor, first) for _ in range(RACERS)))
    outcomes = Counter(answer.status_code for answer in answers)
    assert outcomes[200] <= 1
    assert outcomes[200] + outcomes[401] == RACERS
    for answer in answers:
        if answer.status_code == 200:
            assert await statuses_everywhere(visitor, answer.json()) == {401}
            assert (await refresh(visitor, answer.json())).status_code == 401
    assert await statuses_everywhere(visitor, first) == {401}


@pytest.mark.parametrize(
    "change", [lambda t: t[:-1], lambda t: t + "x", lambda t: t.upper(), lambda t: ""]
)
async def test_a_changed_refresh_token_is_refused_and_harms_nobody(
    visitor: AsyncClient, email: str, change: Any
) -> None:
    tokens = await clients.log_in(visitor, email)
    changed = dict(tokens) | {"refresh_token": change(tokens["refresh_token"])}
    assert (await refresh(visitor, changed)).status_code in {401, 422}
    assert (await refresh(visitor, tokens)).status_code == 200


async def test_an_access_token_refreshes_nothing(visitor: AsyncClient, email: str) -> None:
    tokens = await clients.log_in(visitor, email)
    swapped = {"refresh_token": tokens["access_token"]}
    assert (await visitor.post("/api/sessions/refresh", json=swapped)).status_code in {401, 422}
    assert (await refresh(visitor, tokens)).status_code == 200


async def test_log_out_everywhere_ends_every_session_in_every_worker(
    visitor: AsyncClient, email: str
) -> None:
    sessions = [await clients.log_in(visitor, email) for _ in range(2)]
    bystander = await clients.log_in(visitor, clients.player_address(next(_NUMBERS)))
    for tokens in sessions:
        assert await statuses_everywhere(visitor, tokens) == {200}
    bearer = {"Authorization": f"Bearer {sessions[0]['access_token']}"}
    assert (await visitor.delete("/api/sessions", headers=bearer)).status_code == 204
    for tokens in sessions:
        assert await statuses_everywhere(visitor, tokens) == {401}
        assert (await refresh(visitor, tokens)).status_code == 401
    assert await statuses_everywhere(visitor, bystander) == {200}


async def test_a_changed_password_ends_every_session_in_every_worker(
    visitor: AsyncClient, email: str
) -> None:
    sessions = [await clients.log_in(visitor, email) for _ in range(2)]
    for tokens in sessions:
        assert await statuses_everywhere(visitor, tokens) == {200}
    changed = await visitor.put(
        "/api/me/password",
        json={"current_password": clients.PASSWORD, "new_password": "another horse battery"},
        headers={"Authorization": f"Bearer {sessions[0]['access_token']}"},
    )
    assert changed.status_code == 204
    for tokens in sessions:
        assert await statuses_everywhere(visitor, tokens) == {401}
        assert (await refresh(visitor, tokens)).status_code == 401
    with pytest.raises(clients.LogInRefusedError):
        await clients.log_in(visitor, email)
    anew = await clients.log_in(visitor, email, "another horse battery")
    assert await statuses_everywhere(visitor, anew) == {200}


async def test_a_wrong_current_password_changes_nothing(visitor: AsyncClient, email: str) -> None:
    tokens = await clients.log_in(visitor, email)
    refused = await visitor.put(
        "/api/me/password",
        json={"current_password": "not the horse battery", "new_password": "another horse battery"},
        headers={"Authorization": f"Bearer {tokens['access_token']}"},
    )
    assert refused.status_code == 403
    assert (await whoami(visitor, tokens)).status_code == 200
    assert await clients.log_in(visitor, email)


async def test_a_log_in_makes_a_session_of_its_own_whatever_the_client_sends(
    visitor: AsyncClient, email: str
) -> None:
    known = await clients.log_in(visitor, email)
    credentials = {"email": email, "password": clients.PASSWORD}
    fixed = await visitor.post(
        "/api/sessions", json={**credentials, "session_id": known["session_id"]}
    )
    assert fixed.status_code == 422
    carried = await visitor.post(
        "/api/sessions",
        json=credentials,
        headers={"Authorization": f"Bearer {known['access_token']}"},
    )
    assert carried.json()["session_id"] != known["session_id"]
