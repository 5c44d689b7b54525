"""Makes good the cache invalidations that are still owed, and clears up after a rush."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta
from itertools import count

import structlog
from sqlalchemy import delete, func, select

from sut.accounts.models import Session
from sut.operations.models import StaleTag
from sut.platform import Platform

_log = structlog.get_logger(__name__)
INTERVAL_S = 0.5
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

    def start(self) -> None:
        """Begin."""
        self._task = asyncio.create_task(self._run(), name="sweeper")

    async def stop(self) -> None:
        """End, and wait for the end."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _run(self) -> None:
        for number in count(1):
            await asyncio.sleep(INTERVAL_S)
            try:
                await self._platform.database.trim()
                if self._platform.cache.must_sweep or number % LOOK_ROUNDS == 0:
                    await self.sweep()
                if number % PURGE_ROUNDS == 1:
                    await self.purge()
            except Exception as error:
                _log.warning("sweep_failed", error=type(error).__name__)

    async def sweep(self) -> None:
        """Settle what is owed: all of it when Redis has been away, else what was left lying."""
        cache = self._platform.cache
        if cache.away:
            return
        if not cache.must_sweep:
            if await self._left_lying():
                await self._settle(everything=False)
        elif await self._settle(everything=True):
            cache.swept()

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
