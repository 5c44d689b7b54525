"""What the database does for a query of the service: its plan, and the time that it took."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncSession

Query = Callable[[AsyncSession], Awaitable[object]]


@dataclass(frozen=True)
class Statement:
    """What was sent to the database, with its parameters."""

    words: str
    parameters: tuple[Any, ...]


@dataclass(frozen=True)
class Explained:
    """A plan as JSON text, and the milliseconds that the server took to execute it."""

    plan: str
    ms: float


async def statement_of(session: AsyncSession, query: Query) -> Statement:
    """The one statement that a query of a repository sends."""
    with _listening(await session.connection()) as sent:
        await query(session)
    assert len(sent) == 1, f"expected one statement, found {len(sent)}"
    return sent[0]


@contextmanager
def _listening(connection: AsyncConnection) -> Iterator[list[Statement]]:
    sent: list[Statement] = []

    def listen(
        _connection: Any, _cursor: Any, words: str, parameters: Any, _context: Any, _many: bool
    ) -> None:
        sent.append(Statement(words, tuple(parameters)))

    core = connection.sync_connection
    assert core is not None
    event.listen(core, "before_cursor_execute", listen)
    try:
        yield sent
    finally:
        event.remove(core, "before_cursor_execute", listen)


async def explain(connection: AsyncConnection, statement: Statement) -> Explained:
    """Run a statement and have the server say how, and in what time."""
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    assert driver is not None
    words = "explain (analyze, timing off, buffers off, format json) " + statement.words
    answer = await driver.fetchval(words, *statement.parameters)
    found = answer[0]  # SQLAlchemy has taught the connection to read JSON
    return Explained(json.dumps(found["Plan"]), float(found["Execution Time"]))


async def explain_all(
    connection: AsyncConnection, statements: Sequence[Statement]
) -> list[Explained]:
    """Each statement's second run: by then what it reads is in memory, with an index or without."""
    for statement in statements:
        await explain(connection, statement)
    return [await explain(connection, statement) for statement in statements]
