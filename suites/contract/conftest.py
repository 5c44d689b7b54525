"""The document of the contract layer, and the world around the service that serves it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures.database import Database
from suites.contract.documents import served_document
from suites.contract.world import World, world_of


@pytest.fixture(scope="session")
def served() -> dict[str, Any]:
    """The document that the service serves, without starting it."""
    return served_document()


@pytest.fixture
async def world(
    client: AsyncClient, database: Database, served: dict[str, Any]
) -> AsyncIterator[World]:
    """Everything that a request may need, around the service in this process."""
    async with world_of(database.url, client, served) as made:
        yield made
