"""A worker with next to no connections."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from fixtures.application import SettingsFactory
from suites.integration.workers import workers


@pytest.fixture
async def cramped_client(settings_with: SettingsFactory) -> AsyncIterator[AsyncClient]:
    """A visitor's client of a worker that has two connections and waits briefly for one."""
    settings = settings_with(
        database_connections_max=2, database_connections_kept=1, database_wait_s=0.3
    )
    async with workers(settings, count=1) as (client,):
        yield client
