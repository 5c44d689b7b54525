"""Statements run by the driver itself, for the requests that come by the thousand.

SQLAlchemy's asynchronous execution costs about six times what asyncpg needs for the same statement:
a greenlet, an execution context, a cursor and a result for each. Here a statement is written in
SQLAlchemy's words as everywhere, compiled once, and from then on handed to asyncpg with its values.
It must name columns, not entities, and take what varies as bound parameters.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from time import perf_counter
from typing import Any
from weakref import WeakKeyDictionary

import asyncpg
from sqlalchemy import ClauseElement, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.sql.compiler import SQLCompiler

Watcher = Callable[[str, float], None]
"""Is told of each statement that was run, and of its seconds."""


class Line(asyncpg.Record):  # type: ignore[misc] # asyncpg says nothing of its types
    """A row whose columns are read by name."""

    def __getattr__(self, name: str) -> Any:
        try:
            return self[name]
        except KeyError:
            raise AttributeError(name) from None


class Lines(list[Any]):
    """What a statement answered, with the questions that SQLAlchemy's results can be asked."""

    def all(self) -> Sequence[Any]:
        """Every row."""
        return self

    def one_or_none(self) -> Any:
        """The only row, or None."""
        assert len(self) < 2, "at most one row was expected"
        return self[0] if self else None

    def one(self) -> Any:
        """The only row."""
        (row,) = self
        return row

    def scalar_one_or_none(self) -> Any:
        """The first column of the only row, or None."""
        row = self.one_or_none()
        return None if row is None else row[0]


class Compiler:
    """Statements as the driver takes them, each compiled when it is first met."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Executable, _Ready] = WeakKeyDictionary()

    def ready(self, statement: Executable) -> _Ready:
        """The text of a statement, and how its values are put in order."""
        known = self._known.get(statement)
        if known is None:
            known = self._known[statement] = _Ready(statement, self._dialect)
        return known


class _Ready:
    """One statement: its text with $1, $2, ... and the values that stand for them."""

    __slots__ = ("_slots", "text")

    def __init__(self, statement: Executable, dialect: Dialect) -> None:
        assert isinstance(statement, ClauseElement)
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.text = compiled.string
        fixed = compiled.params
        self._slots = [
            (name, fixed.get(name), _bound(compiled, name, dialect))
            for name in compiled.positiontup or ()
        ]

    def values(self, given: Mapping[str, object]) -> list[Any]:
        """The values in their order."""
        found = []
        for name, fixed, prepare in self._slots:
            value = given.get(name, fixed)
            found.append(value if prepare is None else prepare(value))
        return found


def _bound(compiled: SQLCompiler, name: str, dialect: Dialect) -> Callable[[Any], Any] | None:
    """What SQLAlchemy does to a value of this parameter before the driver sees it."""
    kind = compiled.binds[name].type
    return kind.dialect_impl(dialect).bind_processor(dialect)


class Direct:
    """A connection of the pool, without a session: `execute` and little else.

    Outside a transaction each statement stands alone.
    """

    def __init__(
        self, driver: asyncpg.Connection[Line], compiler: Compiler, watchers: Sequence[Watcher]
    ) -> None:
        self.driver = driver
        self._compiler = compiler
        self._watchers = watchers

    async def execute(
        self, statement: Executable, values: Mapping[str, object] | None = None
    ) -> Lines:
        """Run one statement. Raises what asyncpg does, and ConnectionError when it is gone."""
        ready = self._compiler.ready(statement)
        began = perf_counter()
        try:
            rows = await self.driver.fetch(ready.text, *ready.values(values or {}))
        except asyncpg.InterfaceError as error:
            self._tell_if_gone(error)
            raise
        finally:
            seconds = perf_counter() - began
            for watcher in self._watchers:
                watcher(ready.text, seconds)
        return Lines(rows)

    async def command(self, words: str) -> None:
        """Have the driver begin or commit. Raises what asyncpg does, and ConnectionError."""
        try:
            await self.driver.execute(words)
        except asyncpg.InterfaceError as error:
            self._tell_if_gone(error)
            raise

    def _tell_if_gone(self, error: asyncpg.InterfaceError) -> None:
        if self.driver.is_closed():
            raise ConnectionError("Postgres ended the connection") from error

    async def flush(self) -> None:
        """Nothing is held back here, as it may be in a session."""


Runs = AsyncSession | Direct
"""What runs a statement: a session, or a connection without one."""
