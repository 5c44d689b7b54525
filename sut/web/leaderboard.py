"""The leaderboard, a page at a time, and where oneself stands."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sut.dependencies import PlatformDep
from sut.leaderboard import service
from sut.leaderboard.schemas import Leaderboard
from sut.web import queries
from sut.web.pages import PageRoute, page
from sut.web.visitors import AnyVisitor

ROWS = 50

router = APIRouter(route_class=PageRoute)


@router.get("/leaderboard")
async def show_leaderboard(
    request: Request, visitor: AnyVisitor, platform: PlatformDep
) -> Response:
    """One page of the leaderboard."""
    cursor = request.query_params.get("cursor")
    body = await platform.cache.get(service.get_page(platform, cursor, ROWS))
    place = None
    if visitor.principal is not None:
        async with platform.database.reading() as session:
            place = await queries.place_of(session, visitor.principal.account_id)
    board = Leaderboard.model_validate_json(body)
    return page(
        request,
        "leaderboard.html",
        visitor,
        items=board.items,
        next_cursor=board.next_cursor,
        first=cursor is None,
        limit=ROWS,
        place=place,
    )
