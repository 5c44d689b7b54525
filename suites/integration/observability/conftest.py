"""A worker that also answers on an internal port."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from fixtures.application import SettingsFactory
from suites.integration.observability.scrape import INTERNAL_PORT, internal
from sut.settings import Settings


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    """With an internal port, so that the worker can tell it from the public one."""
    return settings_with(internal_port=INTERNAL_PORT)


@pytest.fixture
def prometheus(client: AsyncClient) -> AsyncClient:
    """A client that asks the internal port, as Prometheus does."""
    return internal(client)
