"""Every page, its static files and the service worker."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sut.problems import NOT_FOUND, Problem
from sut.web import account, entrance, fixtures, leaderboard, predictions
from sut.web.pages import PageRoute
from sut.web.render import assets, service_worker

FOR_GOOD = "public, max-age=31536000, immutable"

router = APIRouter(route_class=PageRoute, include_in_schema=False)
for part in (fixtures, entrance, predictions, leaderboard, account):
    router.include_router(part.router)


@router.get("/static/{name}")
async def static_file(name: str, request: Request) -> Response:
    """A static file. Its address names its bytes, so a browser that has it never asks again."""
    asset = assets().get(name)
    if asset is None:
        raise Problem(NOT_FOUND)
    current = request.query_params.get("v") == asset.digest
    headers = {
        "cache-control": FOR_GOOD if current else "no-cache",
        "vary": "accept-encoding",
    }
    if "gzip" in request.headers.get("accept-encoding", ""):
        headers["content-encoding"] = "gzip"
        return Response(asset.squeezed, headers=headers, media_type=asset.media_type)
    return Response(asset.body, headers=headers, media_type=asset.media_type)


@router.get("/service-worker.js")
async def service_worker_file() -> Response:
    """The service worker, from the root so that it may serve every page."""
    return Response(
        service_worker(),
        headers={"cache-control": "no-cache"},
        media_type="text/javascript; charset=utf-8",
    )
