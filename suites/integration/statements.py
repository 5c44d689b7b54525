"""How many statements the service sends for one request."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy import event

from sut.app import Service


@contextmanager
def counted(app: Service) -> Iterator[list[str]]:
    """The statements that a worker sends inside the block, in their order."""
    sent: list[str] = []
    engine = app.state.platform.database.engine.sync_engine

    def note(connection: Any, cursor: Any, statement: str, *_: Any) -> None:
        sent.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        yield sent
    finally:
        event.remove(engine, "before_cursor_execute", note)
