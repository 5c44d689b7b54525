"""The leaderboard's operation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import Response

from sut import answers, etags
from sut.dependencies import PlatformDep
from sut.leaderboard import service
from sut.leaderboard.schemas import Leaderboard
from sut.paging import PageFilter
from sut.problems import INVALID_CURSOR, documented

router = APIRouter(tags=["leaderboard"])


@router.get(
    "/api/leaderboard",
    operation_id="get_leaderboard",
    summary="Read a page of the leaderboard",
    response_model=Leaderboard,
    responses={**etags.NOT_MODIFIED, **documented(INVALID_CURSOR)},
)
async def get_leaderboard(
    request: Request, platform: PlatformDep, wanted: Annotated[PageFilter, Query()]
) -> Response:
    """By points, then exact hits, then earlier registration, then account id.

    The pages that follow one first page show the points as they stood then, so nobody appears
    twice or not at all. A cursor is good for 23 hours.
    """
    entry = service.get_page(platform, wanted.cursor, wanted.limit)
    return await answers.public(request, platform, entry)
