"""Whether what the service stands on can be reached, asked with a bound on the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from sqlalchemy import select

from sut.operations.schemas import Dependencies, State
from sut.platform import Platform

PATIENCE_S = 2.0


async def dependencies(platform: Platform) -> Dependencies:
    """Ask Postgres and Redis at the same time."""
    postgres, redis = await asyncio.gather(
        _state(_ask_postgres(platform)), _state(_ask_redis(platform))
    )
    return Dependencies(postgres=postgres, redis=redis)


async def _state(question: Awaitable[object]) -> State:
    try:
        async with asyncio.timeout(PATIENCE_S):
            await question
    except Exception:
        return "down"
    return "up"


async def _ask_postgres(platform: Platform) -> object:
    async with platform.database.reading() as session:
        return await session.execute(select(1))


async def _ask_redis(platform: Platform) -> object:
    return await platform.redis.get("health")
