"""Bounded waiting for something that another transaction or process is about to do."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable

from suites.integration.sql import Sql

WITHIN_S = 30.0
PAUSE_S = 0.01
_WAITING_FOR_A_LOCK = """
    select count(*) from pg_stat_activity
    where datname = current_database() and wait_event_type = 'Lock'"""


async def until(holds: Callable[[], Awaitable[bool]], what: str) -> None:
    """Ask `holds` again and again. Raises AssertionError naming `what` when time runs out."""
    deadline = time.monotonic() + WITHIN_S
    while time.monotonic() < deadline:
        if await holds():
            return
        await asyncio.sleep(PAUSE_S)
    raise AssertionError(f"not within {WITHIN_S:g} s: {what}")


async def until_locked_out(watcher: Sql, count: int = 1) -> None:
    """Wait until `count` statements in the watcher's database wait for a lock."""

    async def holds() -> bool:
        return int(await watcher.value(_WAITING_FOR_A_LOCK)) >= count

    await until(holds, f"{count} statements that wait for a lock")
