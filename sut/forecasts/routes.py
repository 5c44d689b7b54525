"""The forecasts' operation."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path, Response

from sut import answers
from sut.dependencies import CurrentPrincipal, PlatformDep, RequestId
from sut.forecasts import service
from sut.forecasts.schemas import Forecast
from sut.problems import FORECAST_QUOTA_USED, NO_FORECAST, NOT_FOUND, documented
from sut.wire import Id

router = APIRouter(tags=["forecasts"])
MatchId = Annotated[Id, Path(description="A match's number.", examples=[214])]


@router.get(
    "/api/matches/{match_id}/forecast",
    operation_id="get_forecast",
    summary="Forecast a match",
    response_model=Forecast,
    responses=documented(NOT_FOUND, NO_FORECAST, FORECAST_QUOTA_USED),
)
async def get_forecast(
    platform: PlatformDep, principal: CurrentPrincipal, request_id: RequestId, match_id: MatchId
) -> Response:
    """Free players see three matches a UTC day, pro players all, elite ones with the score grid."""
    body = await service.get_forecast(platform, principal, match_id, request_id)
    return Response(body, headers={"cache-control": answers.PRIVATE}, media_type=answers.JSON)
