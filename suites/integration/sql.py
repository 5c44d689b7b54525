"""A test's own way to its database, beside the service's: plain statements, each committed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import psycopg
from psycopg.rows import DictRow, dict_row
from psycopg.sql import Composed

Statement = str | Composed  # names that are not known beforehand are composed, never pasted in


class Sql:
    """A connection of the databases's owner, of which the service knows nothing."""

    def __init__(self, connection: psycopg.AsyncConnection[DictRow]) -> None:
        self.connection = connection

    @classmethod
    async def connect(cls, dsn: str) -> Sql:
        """Connect to a libpq URL."""
        connection = await psycopg.AsyncConnection.connect(
            dsn, autocommit=True, row_factory=dict_row, options="-c timezone=UTC"
        )
        return cls(connection)

    async def run(self, statement: Statement, *values: object) -> int:
        """Run a statement; the number of rows that it touched."""
        cursor = await self.connection.execute(statement, values or None)
        return cursor.rowcount

    async def rows(self, statement: Statement, *values: object) -> Sequence[dict[str, Any]]:
        """All rows of a query."""
        cursor = await self.connection.execute(statement, values or None)
        return await cursor.fetchall()

    async def row(self, statement: Statement, *values: object) -> dict[str, Any]:
        """The one row of a query. Raises AssertionError when there is another number of them."""
        rows = await self.rows(statement, *values)
        assert len(rows) == 1, f"one row expected, found {len(rows)}: {statement}"
        return rows[0]

    async def value(self, statement: Statement, *values: object) -> Any:
        """The one value of a query's one row."""
        (value,) = (await self.row(statement, *values)).values()
        return value

    async def column(self, statement: Statement, *values: object) -> list[Any]:
        """The first value of each row."""
        return [next(iter(row.values())) for row in await self.rows(statement, *values)]

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[None]:
        """Everything inside is one transaction: it holds its locks until the end."""
        async with self.connection.transaction():
            yield

    async def close(self) -> None:
        """Close the connection."""
        await self.connection.close()
