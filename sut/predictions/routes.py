"""Operations of predictions."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Header, Path, Query, Response
from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from sut import answers, etags
from sut.dependencies import CurrentPrincipal, PlatformDep, RequestId
from sut.metrics import Metrics
from sut.paging import PageFilter
from sut.predictions import service
from sut.predictions.schemas import (
    MatchPredictions,
    NewPrediction,
    PredictionChange,
    PredictionPage,
    PredictionView,
)
from sut.problems import (
    ALREADY_PREDICTED,
    IDEMPOTENCY_KEY_REUSED,
    INVALID_CURSOR,
    MATCH_NOT_STARTED,
    NOT_FOUND,
    PRECONDITION_FAILED,
    PRECONDITION_REQUIRED,
    PREDICTION_CLOSED,
    Problem,
    documented,
)
from sut.wire import Id

router = APIRouter(tags=["predictions"])
PredictionId = Annotated[Id, Path(description="A prediction's number.")]
MatchId = Annotated[Id, Path(description="A match's number.", examples=[180])]
IdempotencyKey = Annotated[
    Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")] | SkipJsonSchema[None],
    Header(
        alias="Idempotency-Key",
        description="Sent again within 24 hours with the same body, it is answered the same.",
    ),
]
IfMatch = Annotated[
    str | SkipJsonSchema[None],
    Header(alias="If-Match", description="The ETag of the version to change; not `*`."),
]

_CREATED_HEADERS = {
    **etags.HEADER,
    "Location": {"description": "The prediction.", "schema": {"type": "string"}},
    "Idempotency-Replayed": {
        "description": "`true` when this is the answer to an earlier request with the same key.",
        "schema": {"type": "string", "const": "true"},
    },
}
_CREATED_LINKS: dict[str, Any] = {
    "get_prediction": {
        "operationId": "get_prediction",
        "parameters": {"prediction_id": "$response.body#/id"},
    },
    "change_prediction": {
        "operationId": "change_prediction",
        "parameters": {
            "path.prediction_id": "$response.body#/id",
            "header.If-Match": "$response.header.ETag",
        },
    },
}


@router.post(
    "/api/predictions",
    operation_id="create_prediction",
    summary="Predict a match",
    status_code=201,
    response_model=PredictionView,
    responses={
        201: {"headers": _CREATED_HEADERS, "links": _CREATED_LINKS},
        **documented(NOT_FOUND, PREDICTION_CLOSED, ALREADY_PREDICTED, IDEMPOTENCY_KEY_REUSED),
    },
)
async def create_prediction(
    platform: PlatformDep,
    principal: CurrentPrincipal,
    request_id: RequestId,
    body: NewPrediction,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """One a player and match, strictly before kick-off by the service's clock."""
    try:
        async with platform.database.quick_work(request_id) as work:
            made = await service.create(work, principal.account_id, body, idempotency_key)
    except Problem as problem:
        _count(platform.metrics, problem.type.slug)
        raise
    _count(platform.metrics, "replayed" if made.replayed else "created")
    headers = {
        "cache-control": answers.PRIVATE,
        "location": f"/api/predictions/{made.id}",
        "etag": made.etag,
    }
    if made.replayed:
        headers["idempotency-replayed"] = "true"
    return Response(made.body, 201, headers, media_type=answers.JSON)


def _count(metrics: Metrics, outcome: str) -> None:
    metrics.predictions.labels(outcome).inc()


@router.get(
    "/api/predictions",
    operation_id="list_predictions",
    summary="List own predictions",
    response_model=PredictionPage,
    responses={
        200: {
            "links": {
                "get_prediction": {
                    "operationId": "get_prediction",
                    "parameters": {"prediction_id": "$response.body#/items/0/id"},
                }
            }
        },
        **documented(INVALID_CURSOR),
    },
)
async def list_predictions(
    platform: PlatformDep, principal: CurrentPrincipal, wanted: Annotated[PageFilter, Query()]
) -> Response:
    """The latest first."""
    page = await service.list_own(platform.database, principal.account_id, wanted)
    return answers.private(page)


@router.get(
    "/api/predictions/{prediction_id}",
    operation_id="get_prediction",
    summary="Show an own prediction",
    response_model=PredictionView,
    responses={
        200: {
            "headers": etags.HEADER,
            "links": {
                "change_prediction": {
                    "operationId": "change_prediction",
                    "parameters": {
                        "path.prediction_id": "$response.body#/id",
                        "header.If-Match": "$response.header.ETag",
                    },
                }
            },
        },
        **documented(NOT_FOUND),
    },
)
async def get_prediction(
    platform: PlatformDep, principal: CurrentPrincipal, prediction_id: PredictionId
) -> Response:
    """With its ETag, which a change must name."""
    view = await service.get(platform.database, principal.account_id, prediction_id)
    return answers.private(view, headers={"etag": view.etag})


@router.put(
    "/api/predictions/{prediction_id}",
    operation_id="change_prediction",
    summary="Change an own prediction",
    response_model=PredictionView,
    responses={
        200: {"headers": etags.HEADER},
        **documented(NOT_FOUND, PREDICTION_CLOSED, PRECONDITION_FAILED, PRECONDITION_REQUIRED),
    },
)
async def change_prediction(
    platform: PlatformDep,
    principal: CurrentPrincipal,
    request_id: RequestId,
    prediction_id: PredictionId,
    body: PredictionChange,
    if_match: IfMatch = None,
) -> Response:
    """Before kick-off, and only the version that If-Match names: of two edits at once, one wins."""
    try:
        async with platform.database.quick_work(request_id) as work:
            view = await service.change(work, principal.account_id, prediction_id, body, if_match)
    except Problem as problem:
        _count(platform.metrics, problem.type.slug)
        raise
    _count(platform.metrics, "changed")
    return answers.private(view, headers={"etag": view.etag})


@router.get(
    "/api/matches/{match_id}/predictions",
    operation_id="list_match_predictions",
    summary="List everyone's predictions of a match",
    response_model=MatchPredictions,
    responses=documented(NOT_FOUND, MATCH_NOT_STARTED, INVALID_CURSOR),
)
async def list_match_predictions(
    platform: PlatformDep,
    principal: CurrentPrincipal,
    match_id: MatchId,
    wanted: Annotated[PageFilter, Query()],
) -> Response:
    """From kick-off on, the earliest first."""
    return answers.private(await service.list_of_match(platform.database, match_id, wanted))
