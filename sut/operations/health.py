"""Whether what the service stands on can be reached, asked with a bound on the time."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from time import monotonic
from typing import TYPE_CHECKING

from asyncpg import InterfaceError, PostgresError
from redis.exceptions import RedisError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from sut.operations.schemas import Dependencies, State

if TYPE_CHECKING:
    from sut.platform import Platform

PATIENCE_S = 2.0
SHARED_S = 0.5
# All that a server which is missing, starting, full or not ours can make of the question (asyncpg's
# own where SQLAlchemy was still connecting). A fault of the question is none of these: it must not
# pass for a server that is down.
_DOWN = (SQLAlchemyError, PostgresError, InterfaceError, RedisError, OSError, TimeoutError)


class Health:
    """What a worker stands on, found by one look for all who ask within `SHARED_S`.

    Anybody may ask, without a limit, and each look takes a connection from the pool.
    """

    def __init__(self) -> None:
        self._look: asyncio.Task[Dependencies] | None = None
        self._holds_until = 0.0

    async def dependencies(self, platform: Platform) -> Dependencies:
        """What was found last, if that is fresh, else what the look that is under way finds."""
        look = self._look
        if look is None or (look.done() and monotonic() >= self._holds_until):
            look = self._look = asyncio.create_task(_dependencies(platform), name="health")
            look.add_done_callback(self._looked)
        await asyncio.wait((look,))  # who stops waiting leaves it to the others
        return look.result()

    def _looked(self, look: asyncio.Task[Dependencies]) -> None:
        self._holds_until = monotonic() + SHARED_S


async def _dependencies(platform: Platform) -> Dependencies:
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
