"""People and things in the service under test, made ahead of a request that is about them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any

from httpx import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from fixtures import clients
from fixtures.builders import Builders
from suites.contract.access import Role

_NAMES = count(1)


@dataclass(frozen=True)
class Person:
    """Someone with an account who is logged in."""

    id: int
    role: Role
    email: str
    display_name: str
    tokens: Mapping[str, Any]

    @property
    def headers(self) -> dict[str, str]:
        """What shows who is asking."""
        return {"Authorization": f"Bearer {self.tokens['access_token']}"}


@dataclass(frozen=True)
class Effect:
    """What a request changes: a query that answers true once it has happened."""

    sql: str
    parameters: Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """A request that the one whom it is about may make, with success.

    `marker` is text that the answer holds only if the request was let through.
    """

    path: Mapping[str, Any] | None = None
    query: Mapping[str, Any] | None = None
    headers: Mapping[str, str] | None = None
    body: Mapping[str, Any] | None = None
    marker: str = ""
    effect: Effect | None = None


@dataclass(frozen=True)
class Surface:
    """Where each operation lives, by its id: method and path template of the served document."""

    places: Mapping[str, tuple[str, str]]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Surface:
        """The operations of an OpenAPI document."""
        return cls(
            {
                operation["operationId"]: (method.upper(), path)
                for path, item in document["paths"].items()
                for method, operation in item.items()
                if isinstance(operation, Mapping) and "operationId" in operation
            }
        )


class World:
    """Makes people and rows through the database, and sends requests through the service.

    `observers` see the operation and the answer of every request.
    """

    def __init__(self, engine: AsyncEngine, client: AsyncClient, surface: Surface) -> None:
        self._engine, self.client, self._surface = engine, client, surface
        self.build = Builders(engine)
        self.observers: list[Callable[[str, Response], None]] = []

    @property
    def operations(self) -> frozenset[str]:
        """The ids of all operations."""
        return frozenset(self._surface.places)

    async def person(self, role: Role = "player", tier: Any = "free") -> Person:
        """A new account that has logged in; a visitor has none."""
        assert role != "visitor", "a visitor is nobody"
        number = next(_NAMES)
        email, name = f"{role}-{number}@world.example.org", f"World {role} {number}"
        if role == "admin":
            made = await self.build.admin(email=email)
        else:
            made = await self.build.player(email=email, display_name=name, tier=tier)
        tokens = await clients.log_in(self.client, email)
        return Person(made.id, role, email, made.display_name, tokens)

    async def send(self, operation: str, request: Request, who: Person | None) -> Response:
        """Send `request` as `who`, or as a visitor."""
        method, template = self._surface.places[operation]
        headers = {**(request.headers or {}), **(who.headers if who else {})}
        answer = await self.client.request(
            method,
            template.format(**(request.path or {})),
            params=request.query,
            headers=headers,
            json=request.body,
        )
        for observer in self.observers:
            observer(operation, answer)
        return answer

    async def has_happened(self, effect: Effect | None) -> bool | None:
        """Whether an effect shows in the database; None where there is none to look for."""
        if effect is None:
            return None
        return bool(await self.value(effect.sql, **effect.parameters))

    async def value(self, sql: str, **parameters: Any) -> Any:
        """The first column of the first row that a query answers."""
        async with self._engine.connect() as connection:
            return (await connection.execute(text(sql), parameters)).scalar()


@asynccontextmanager
async def world_of(
    database_url: str, client: AsyncClient, document: Mapping[str, Any]
) -> AsyncIterator[World]:
    """A world on a service's database, behind its client."""
    engine = create_async_engine(database_url)
    try:
        yield World(engine, client, Surface.of(document))
    finally:
        await engine.dispose()
