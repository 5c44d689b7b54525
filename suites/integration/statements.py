"""How many statements the service sends for one request."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from sut.app import Service

SWEEPER = "sweeper"


@contextmanager
def counted(app: Service) -> Iterator[list[str]]:
    """The statements that a worker sends inside the block for its callers, in their order."""
    sent: list[str] = []
    database = app.state.platform.database
    engine = database.engine.sync_engine

    def note(statement: str, seconds: float) -> None:
        task = asyncio.current_task()
        if task is None or task.get_name() != SWEEPER:  # which works at times of its own
            sent.append(statement)

    def begun(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        note(statement, 0.0)

    event.listen(engine, "before_cursor_execute", begun)
    database.watchers.append(note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", begun)
        database.watchers.remove(note)
