"""Workers of one service inside the test's process, as many as a test wants."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager

from httpx import ASGITransport, AsyncClient

from fixtures.application import BASE_URL, make_app
from sut.settings import Settings


@asynccontextmanager
async def workers(settings: Settings, count: int = 2) -> AsyncIterator[list[AsyncClient]]:
    """A visitor's client of each of `count` workers that share a database and a Redis."""
    async with AsyncExitStack() as stack:
        clients = []
        for _ in range(count):
            app = make_app(settings)
            await stack.enter_async_context(app.router.lifespan_context(app))
            transport = ASGITransport(app=app, raise_app_exceptions=False)
            client = AsyncClient(transport=transport, base_url=BASE_URL)
            clients.append(await stack.enter_async_context(client))
        yield clients
