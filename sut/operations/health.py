"""Whether what the service stands on can be reached, asked with a bound on the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable

from asyncpg import InterfaceError, PostgresError
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from sut.operations.schemas import Dependencies, State
from sut.platform import Platform

PATIENCE_S = 2.0
# All that a server which is missing, starting, full or not ours can make of the question (asyncpg's
# own where SQLAlchemy was still connecting). A fault of the question is none of these: it must not
# pass for a server that is down.
_DOWN = (SQLAlchemyError, PostgresError, InterfaceError, RedisError, OSError, TimeoutError)


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
    except _DOWN:
        return "down"
    return "up"


async def _ask_postgres(platform: Platform) -> object:
    async with platform.database.reading() as session:
        return await session.execute(select(1))


async def _ask_redis(platform: Platform) -> object:
    return await platform.redis.get("health")
