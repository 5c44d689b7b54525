"""Makes good the cache invalidations that are still owed."""

from __future__ import annotations

import asyncio
import contextlib
from datetime import timedelta

import structlog
from sqlalchemy import delete, func, select

from sut.operations.models import StaleTag
from sut.platform import Platform

_log = structlog.get_logger(__name__)
INTERVAL_S = 0.5
OWED_FOR = timedelta(seconds=2)
BATCH = 500


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
        while True:
            await asyncio.sleep(INTERVAL_S)
            try:
                await self.sweep()
            except Exception as error:
                _log.warning("sweep_failed", error=type(error).__name__)

    async def sweep(self) -> None:
        """Settle what is owed: all of it when Redis has been away, else what was left lying."""
        cache = self._platform.cache
        if cache.away:
            return
        if not cache.must_sweep:
            await self._settle(everything=False)
        elif await self._settle(everything=True):
            cache.swept()

    async def _settle(self, *, everything: bool) -> bool:
        """True when nothing is owed any more that was committed before the call."""
        database, cache = self._platform.database, self._platform.cache
        statement = select(StaleTag).order_by(StaleTag.id).limit(BATCH)
        if not everything:
            age = func.clock_timestamp() - StaleTag.owed_since
            statement = statement.where(age > OWED_FOR).with_for_update(skip_locked=True)
        while True:
            async with database.unit_of_work() as work:
                owed = {row.id: row.tag for row in await work.session.scalars(statement)}
                if owed and not await cache.invalidate(*sorted(set(owed.values()))):
                    return False
                await work.session.execute(delete(StaleTag).where(StaleTag.id.in_(list(owed))))
            if len(owed) < BATCH:
                return True
