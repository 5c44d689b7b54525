"""A worker that also answers on an internal port."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from fixtures.application import SettingsFactory
from suites.integration.observability.scrape import INTERNAL_PORT
from sut.app import Service, create_app
from sut.settings import Settings


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    """With an internal port, so that the worker can tell it from the public one."""
    return settings_with(internal_port=INTERNAL_PORT)


@pytest.fixture
async def app(settings: Settings) -> AsyncIterator[Service]:
    """That worker."""
    made = create_app(settings)
    async with made.router.lifespan_context(made):
        yield made


@pytest.fixture
async def prometheus(app: Service) -> AsyncIterator[AsyncClient]:
    """A client that asks the internal port, as Prometheus does."""
    transport = ASGITransport(app=app)
    base_url = f"http://testserver:{INTERNAL_PORT}"
    async with AsyncClient(transport=transport, base_url=base_url) as client:
        yield client
