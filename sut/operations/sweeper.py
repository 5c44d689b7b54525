"""Makes good the cache invalidations that are still owed, and clears up after a rush."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Coroutine
from datetime import timedelta
from itertools import count
from typing import Any

import structlog
from sqlalchemy import delete, func, select

from sut.accounts.models import Session
from sut.operations.models import StaleTag
from sut.platform import Platform

_log = structlog.get_logger(__name__)
INTERVAL_S = 0.5
FIRST_S = 2.0
"""How long a worker's start waits for its first sweep."""
LOOK_ROUNDS = 2
"""Rounds between two looks for what another worker could not settle."""
OWED_FOR = timedelta(seconds=1)
PURGE_ROUNDS = 1200
SESSIONS_KEPT = timedelta(days=1)
BATCH = 500
_OVERDUE = select(StaleTag).where(func.clock_timestamp() - StaleTag.owed_since > OWED_FOR)


class Sweeper:
    """A worker's background task. Whatever it meets, it goes on at the next interval."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._task: asyncio.Task[None] | None = None
        self._ending = False

    async def start(self) -> None:
        """Begin with a sweep, for which requests wait a while.

        What was owed before this worker began, and what Redis has forgotten by then, nobody here
        knows.
        """
        self._platform.cache.doubt()
        await self._try(self._first())
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        """End, and wait for the end."""
        self._ending = True
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        for number in count(1):
            await asyncio.sleep(INTERVAL_S)
            await self._try(self._round(number))
            if self._ending:  # a library in between can keep a cancellation to itself
                return

    async def _try(self, part: Coroutine[Any, Any, None]) -> None:
        try:
            await part
        except Exception as error:
            _log.warning("sweep_failed", error=type(error).__name__)

    async def _first(self) -> None:
        async with asyncio.timeout(FIRST_S):
            await self.sweep()

    async def _round(self, number: int) -> None:
        await self._platform.database.trim()
        if self._platform.cache.must_sweep or number % LOOK_ROUNDS == 0:
            await self.sweep()
        if number % PURGE_ROUNDS == 1:
            await self.purge()

    async def sweep(self) -> None:
        """Settle what is owed: all of it when Redis has been away, else what was left lying.

        One that may have forgotten what it was told before has everything made stale.
        """
        cache = self._platform.cache
        if cache.away:
            return
        if not cache.must_sweep:
            if await self._left_lying():
                await self._settle(everything=False)
            return
        doubts = cache.doubts  # one that comes while this is settled stays
        if not await self._settle(everything=True):
            return
        if not cache.may_have_forgotten or await cache.forget():
            cache.swept(doubts)

    async def _left_lying(self) -> bool:
        async with self._platform.database.connection() as connection:
            return (await connection.execute(select(_OVERDUE.exists()))).scalar_one() is True

    async def purge(self) -> None:
        """Remove sessions that expired a day ago; until then they can be looked into."""
        async with self._platform.database.unit_of_work() as work:
            long_ago = func.clock_timestamp() - SESSIONS_KEPT
            await work.session.execute(delete(Session).where(Session.expires_at < long_ago))

    async def _settle(self, *, everything: bool) -> bool:
        """True when nothing is owed any more that was committed before the call."""
        database, cache = self._platform.database, self._platform.cache
        wanted = select(StaleTag) if everything else _OVERDUE.with_for_update(skip_locked=True)
        statement = wanted.order_by(StaleTag.id).limit(BATCH)
        while True:
            async with database.unit_of_work() as work:
                owed = {row.id: row.tag for row in await work.session.scalars(statement)}
                if not owed:
                    return True
                if not await cache.invalidate(*sorted(set(owed.values()))):
                    return False
                await work.session.execute(delete(StaleTag).where(StaleTag.id.in_(list(owed))))
            if len(owed) < BATCH:
                return True
