"""The ASGI application: resources, routers, refusals and the outermost layer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from fastapi import Depends, FastAPI
from fastapi.middleware.asyncexitstack import AsyncExitStackMiddleware
from fastapi.telemetry import TelemetryConfig
from starlette.middleware.exceptions import ExceptionMiddleware
from starlette.types import ASGIApp

import sut.accounts.routes
import sut.forecasts.routes
import sut.leaderboard.routes
import sut.matches.routes
import sut.operations.routes
import sut.predictions.routes
import sut.web.routes
from sut import garbage, openapi, refusals
from sut.dependencies import refuse_unknown_parameters
from sut.edge import Edge
from sut.operations.sweeper import Sweeper
from sut.platform import Platform
from sut.settings import Settings

# In the order of how often they are asked for what no short way answers: each is tried in turn.
ROUTERS = (
    sut.predictions.routes.router,
    sut.accounts.routes.router,
    sut.matches.routes.router,
    sut.leaderboard.routes.router,
    sut.forecasts.routes.router,
    sut.operations.routes.router,
)


# FastAPI asks for each request whether anybody listens to telemetry of its own, which takes longer
# than our metrics do. Nobody does: the edge counts and times every answer.
_NO_TELEMETRY: TelemetryConfig = {"tracing": False, "metrics": False, "logs": False}


class Service(FastAPI):
    """FastAPI with our own description of itself, and our own layers."""

    def __init__(self, settings: Settings, **said: Any) -> None:
        super().__init__(**said, telemetry=_NO_TELEMETRY)
        self.settings = settings

    def openapi(self) -> dict[str, Any]:
        """The OpenAPI document."""
        if self.openapi_schema is None:
            self.openapi_schema = openapi.describe(self)
        return self.openapi_schema

    def build_middleware_stack(self) -> ASGIApp:
        """Our edge, the refusals, the router, and nothing else that every request would pay for.

        What FastAPI would put around them answers errors that nobody knew, and limits bodies: the
        edge does both.
        """
        handlers: dict[Any, Any] = dict(self.exception_handlers)
        refusing = ExceptionMiddleware(AsyncExitStackMiddleware(self.router), handlers)
        return Edge(refusing, self.settings)


def create_app(settings: Settings) -> Service:
    """The application for one worker. Its resources live as long as its lifespan runs."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        platform = Platform.start(settings)
        app.state.platform = platform
        sweeper = Sweeper(platform)
        try:
            await sweeper.start()
            yield
        finally:
            await sweeper.stop()
            await platform.stop()

    app = Service(
        settings, title=openapi.TITLE, version=openapi.VERSION, description=openapi.DESCRIPTION,
        lifespan=lifespan, docs_url=None, redoc_url=None, redirect_slashes=False,
    )  # fmt: skip
    refusals.install(app)
    for router in ROUTERS:
        app.include_router(router, dependencies=[Depends(refuse_unknown_parameters)])
    app.include_router(sut.web.routes.router, include_in_schema=False)
    return app


def worker_app() -> Service:
    """What each worker process of `python -m sut serve` runs: settings from the environment."""
    from sut.logs import configure

    settings = Settings()
    configure(settings)
    app = create_app(settings)
    garbage.begin()
    return app
