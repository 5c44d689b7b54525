"""A pool that keeps the connections of a rush until the rush is over."""

from __future__ import annotations

from time import monotonic

from sqlalchemy.pool import AsyncAdaptedQueuePool
from sqlalchemy.pool.base import ConnectionPoolEntry
from sqlalchemy.util.queue import Empty

IDLE_SINCE = "idle_since"
LINGER_S = 2.0


class LingeringPool(AsyncAdaptedQueuePool):
    """All connections may stay; `trim` closes those above the number that is to be kept.

    SQLAlchemy closes a connection above `pool_size` as soon as it is given back. Under load that
    is at once: opening one costs this process and Postgres as much as dozens of statements, and
    each new one prepares every statement again. The last one given back is the first one taken, so
    those that a calmer load leaves over lie idle long enough to be told.
    """

    def has_fresh(self, moment: float) -> bool:
        """Whether the next connection was given back after a moment of the clock, and is open."""
        try:
            latest = self._pool.get(block=False)
        except Empty:
            return False
        self._pool.put(latest, block=False)
        connection = latest.dbapi_connection
        fresh = latest.info.get(IDLE_SINCE, 0.0) > moment
        return bool(fresh and connection and not connection.driver_connection.is_closed())

    def trim(self, kept: int, idle_s: float = LINGER_S) -> None:
        """Close what lay idle for `idle_s` and is more than `kept`, the longest idle first."""
        lying: list[ConnectionPoolEntry] = []
        while True:
            try:
                lying.append(self._pool.get(block=False))
            except Empty:
                break
        long_ago = monotonic() - idle_s
        spared = [
            record
            for place, record in enumerate(lying)
            if place < kept or record.info.get(IDLE_SINCE, 0.0) > long_ago
        ]
        for record in reversed(spared):
            self._pool.put(record, block=False)
        for record in lying:
            if record not in spared:
                self._dec_overflow()
                record.close()
