from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from httpx import ASGITransport, AsyncClient

from fixtures.application import BASE_URL
from fixtures.builders import Builders
from suites.integration.web.browsing import HEADERS, Visit, address_of, log_in
from sut.app import Service


@pytest.fixture
async def browser(app: Service) -> AsyncIterator[AsyncClient]:
    """What a browser without a session sends, cookies kept and redirects not followed."""
    transport = ASGITransport(app=app)
    async with AsyncClient(transport=transport, base_url=BASE_URL, headers=HEADERS) as made:
        yield made


@pytest.fixture
async def visit(browser: AsyncClient, build: Builders) -> Visit:
    """A free player who has logged in through the page."""
    player = await build.player(display_name="Ada")
    await log_in(browser, address_of(player))
    return Visit(browser, player)
