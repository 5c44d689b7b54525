"""A moving window in Redis: exact to one request, shared by all workers."""

from __future__ import annotations

import asyncio
from itertools import cycle
from typing import cast

import pytest
from redis.asyncio import Redis

from sut.limits import Limit, Limiter

pytestmark = pytest.mark.objective("sec-rate-limit")

SEVEN = Limit("visitor", 7)
WINDOW_US = 60_000_000
NAME = "limit:visitor:k"


async def age(redis: Redis, by_us: int, places: int) -> None:
    """Make the oldest places older, as if that time had passed."""
    for member in cast("list[bytes]", await redis.zrange(NAME, 0, places - 1)):
        await redis.zincrby(NAME, -by_us, member)


async def taken(limiter: Limiter, tries: int) -> int:
    return sum([(await limiter.take(SEVEN, "k")).allowed for _ in range(tries)])


async def test_exactly_the_limit_is_let_through(ours: Limiter) -> None:
    assert await taken(ours, 20) == 7


async def test_two_workers_share_the_places(ours: Limiter, theirs: Limiter) -> None:
    assert [await taken(ours, 4), await taken(theirs, 20), await taken(ours, 20)] == [4, 3, 0]


async def test_the_last_place_is_given_once_however_many_ask_at_once(
    ours: Limiter, theirs: Limiter
) -> None:
    asked = [limiter.take(SEVEN, "k") for limiter, _ in zip(cycle([ours, theirs]), range(60))]
    decisions = await asyncio.gather(*asked)
    assert sum(decision.allowed for decision in decisions) == 7


async def test_the_window_moves_place_by_place(ours: Limiter, redis: Redis) -> None:
    assert await taken(ours, 7) == 7
    await age(redis, WINDOW_US, places=3)
    assert await taken(ours, 20) == 3


async def test_a_place_is_not_free_before_its_minute_is_over(ours: Limiter, redis: Redis) -> None:
    assert await taken(ours, 7) == 7
    await age(redis, WINDOW_US - 10_000_000, places=7)
    assert await taken(ours, 20) == 0


async def test_a_burst_across_a_minutes_border_does_not_double_the_limit(
    ours: Limiter, redis: Redis
) -> None:
    assert await taken(ours, 7) == 7
    await age(redis, WINDOW_US // 2, places=7)
    assert await taken(ours, 7) == 0


async def test_a_refused_request_uses_no_place(ours: Limiter, redis: Redis) -> None:
    await taken(ours, 20)
    assert await redis.zcard(NAME) == 7


async def test_remaining_counts_down_to_nothing(ours: Limiter) -> None:
    left = [(await ours.take(SEVEN, "k")).remaining for _ in range(9)]
    assert left == [6, 5, 4, 3, 2, 1, 0, 0, 0]


async def test_a_refusal_says_when_the_oldest_place_is_free_again(
    ours: Limiter, redis: Redis
) -> None:
    await taken(ours, 7)
    await age(redis, 20_000_000, places=1)
    refused = await ours.take(SEVEN, "k")
    assert 35 <= int(refused.headers()["retry-after"]) <= 40


async def test_one_limit_does_not_use_the_places_of_another(ours: Limiter) -> None:
    assert await taken(ours, 7) == 7
    assert (await ours.take(Limit("player", 7), "k")).allowed
    assert (await ours.take(SEVEN, "another")).allowed


async def test_a_window_that_nobody_uses_leaves_nothing_behind(ours: Limiter, redis: Redis) -> None:
    await taken(ours, 1)
    assert 0 < await redis.ttl(NAME) <= 61


async def test_a_redis_that_forgot_its_scripts_is_told_again(ours: Limiter, redis: Redis) -> None:
    await ours.take(SEVEN, "k")
    await redis.script_flush()
    assert (await ours.take(SEVEN, "k")).remaining == 5
