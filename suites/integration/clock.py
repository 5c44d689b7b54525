"""The database's clock, stopped: for rules about one exact moment.

A schema that the search path names before pg_catalog holds a function of the clock's name, so the
service's own statements, unchanged, read the moment that a test has set.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from suites.integration.sql import Sql

MOMENT = datetime(2026, 8, 15, 14, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)


class StoppedClock:
    """The clock of a test's database. Connections made before it was stopped do not see it."""

    def __init__(self, sql: Sql) -> None:
        self._sql = sql

    async def stop(self, database: str) -> None:
        """Stop at MOMENT, for every connection made from now on."""
        for statement in (
            "create schema stopped",
            "create table stopped.at (moment timestamptz not null)",
            "grant usage on schema stopped to public",
            "create function stopped.clock_timestamp() returns timestamptz language sql volatile "
            "as 'select moment from stopped.at'",
            f'alter database "{database}" set search_path = stopped, pg_catalog, public',
        ):
            await self._sql.run(statement)
        await self._sql.run("insert into stopped.at values (%s)", MOMENT)

    async def move(self, by: timedelta) -> None:
        """Let so much time pass."""
        await self._sql.run("update stopped.at set moment = moment + %s", by)
