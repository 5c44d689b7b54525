"""The route table finds what the app's own router finds, without running anything."""

from __future__ import annotations

from typing import Any

import pytest
from httpx import ASGITransport, AsyncClient
from starlette.types import Receive, Scope, Send

from sut.app import Service, create_app
from sut.routing import RouteTable
from sut.settings import Settings

pytestmark = pytest.mark.objective("obs-metrics")

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "XYZ")
PATHS = (
    "/", "/api", "/api/teams", "/api/teams/", "/api/teams/3", "/api/teams/x/y", "/api/matches/7",
    "/api/matches/7/result", "/api/matches/7/predictions", "/api/predictions", "/api/me/erase",
    "/api/sessions", "/api/sessions/refresh", "/api/sessions/11111111-1111-1111-1111-111111111111",
    "/api/accounts/7/tier", "/static/a.css", "/static/a/b", "/predictions/7", "/account/erase",
    "/leaderboard", "/metrics", "/health/live", "/none", "/api/matches/7?x=/api/teams",
)  # fmt: skip


@pytest.fixture(scope="module")
def app() -> Service:
    return create_app(Settings(environment="development"))


async def routed(app: Service, method: str, path: str) -> Any:
    """What the router itself takes. There are no servers, so most of them then fail: no matter."""
    seen: list[Scope] = []

    async def alone(scope: Scope, receive: Receive, send: Send) -> None:
        scope["state"] = {"request_id": "x", "internal": False}
        seen.append(scope)
        await app.router(scope, receive, send)

    transport = ASGITransport(app=alone, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://testserver") as client:
        await client.request(method, path)
    return getattr(seen[0].get("route"), "path_format", None)


def _scope(method: str, path: str) -> Scope:
    return {"type": "http", "method": method, "path": path.partition("?")[0]}


@pytest.mark.parametrize("method", METHODS)
async def test_it_finds_what_the_router_takes(app: Service, method: str) -> None:
    table = RouteTable(app.routes)
    found = {
        path: getattr(table.route_of(_scope(method, path)), "path_format", None) for path in PATHS
    }
    assert found == {path: await routed(app, method, path) for path in PATHS}
    assert sum(template is not None for template in found.values()) >= 15


def test_a_route_that_is_none_of_fastapis_own_is_in_it_too(app: Service) -> None:
    found = RouteTable(app.routes).route_of(_scope("GET", "/openapi.json"))
    assert getattr(found, "path_format", None) == "/openapi.json"
