"""Rate limits without Redis are local and stricter; what a client is told of them."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from sut.limits import Decision, Limit, Limiter
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-rate-limit")

VISITOR = Limit("visitor", 100)


@pytest.fixture
async def lonely() -> AsyncIterator[Redis]:
    """A client of a port that is held but not listened on, so that connecting fails at once."""
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        client = Redis(host="127.0.0.1", port=held.getsockname()[1], retry=Retry(NoBackoff(), 0))
        yield client
        await client.aclose()


def limiter(redis: Redis, **values: object) -> Limiter:
    return Limiter(redis, Settings.model_validate({"environment": "development", **values}))


async def allowed(limiter: Limiter, limit: Limit, key: str = "k", *, tries: int = 60) -> int:
    return sum([(await limiter.take(limit, key)).allowed for _ in range(tries)])


@pytest.mark.parametrize(("workers", "expected"), [(1, 20), (2, 10), (4, 5)])
async def test_each_worker_allows_half_of_its_share(
    lonely: Redis, workers: int, expected: int
) -> None:
    local = limiter(lonely, workers=workers, visitor_limit_per_minute=40)
    assert await allowed(local, local.visitor) == expected
    assert expected * workers < local.visitor.amount


async def test_even_a_small_limit_lets_somebody_in(lonely: Redis) -> None:
    local = limiter(lonely, workers=4)
    assert await allowed(local, local.login) == 1


@pytest.mark.parametrize(("workers", "login"), [(2, 2), (5, 5), (64, 5), (64, 64)])
def test_workers_that_would_let_in_as_many_as_the_limit_are_refused(
    workers: int, login: int
) -> None:
    few = {"environment": "development", "login_limit_per_minute": login}
    with pytest.raises(ValueError, match=f"{workers} are too many for login_limit_per_minute"):
        Settings.model_validate({**few, "workers": workers})
    assert Settings.model_validate({**few, "workers": 1}).workers == 1


async def test_keys_do_not_use_up_each_others_places(lonely: Redis) -> None:
    local = limiter(lonely, login_limit_per_minute=4)
    assert await allowed(local, local.login, "a") == 2
    assert await allowed(local, local.login, "b") == 2


async def test_a_local_refusal_says_when_to_come_back(lonely: Redis) -> None:
    local = limiter(lonely, login_limit_per_minute=2)
    await local.take(local.login, "k")
    refused = await local.take(local.login, "k")
    assert not refused.allowed
    assert 1 <= int(refused.headers()["retry-after"]) <= 60


def test_an_allowed_request_is_told_what_is_left() -> None:
    fields = Decision(VISITOR, allowed=True, remaining=7, reset_s=12).headers()
    assert fields == {
        "ratelimit": '"visitor";r=7;t=12',
        "ratelimit-policy": '"visitor";q=100;w=60',
    }


def test_a_refused_request_is_never_told_to_come_back_at_once() -> None:
    fields = Decision(VISITOR, allowed=False, remaining=0, reset_s=0).headers()
    assert fields["retry-after"] == "1"
