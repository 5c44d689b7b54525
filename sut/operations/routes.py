"""Health, metrics and the audit trail over HTTP."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from prometheus_client import CONTENT_TYPE_LATEST

from sut import answers
from sut.dependencies import CurrentAdmin, PlatformDep
from sut.operations import trail
from sut.operations.schemas import Alive, AuditFilter, AuditPage, Ready
from sut.problems import INVALID_CURSOR, MEDIA_TYPE, NOT_FOUND, UNAVAILABLE, Problem, documented

router = APIRouter(tags=["operations"])


def _not_ready() -> dict[int | str, dict[str, Any]]:
    """The refusal also says which dependency is missing."""
    responses = documented(UNAVAILABLE)
    content = responses[503]["content"][MEDIA_TYPE]
    content["schema"] = {"$ref": "#/components/schemas/NotReady"}
    value = {"postgres": "down", "redis": "up"}
    content["examples"][UNAVAILABLE.slug]["value"]["dependencies"] = value
    return responses


@router.get(
    "/health/live", response_model=Alive, operation_id="live", summary="Whether the process lives"
)
async def live() -> Response:
    """Answered by the process alone: nothing else is asked."""
    return answers.private(Alive())


@router.get(
    "/health/ready", response_model=Ready, operation_id="ready",
    summary="Whether requests can be answered", responses=_not_ready(),
)  # fmt: skip
async def ready(platform: PlatformDep) -> Response:
    """Without Redis the service goes on, slower; without Postgres it cannot."""
    found = await platform.health.dependencies(platform)
    if found.postgres == "down":
        raise Problem(
            UNAVAILABLE, "Postgres is missing", {"retry-after": "1"},
            {"dependencies": found.model_dump()},
        )  # fmt: skip
    return answers.private(
        Ready(status="ok" if found.redis == "up" else "degraded", dependencies=found)
    )


@router.get("/metrics", include_in_schema=False)
async def metrics(platform: PlatformDep, request: Request) -> Response:
    """For Prometheus, through the internal socket only."""
    if not request.scope["state"]["internal"]:
        raise Problem(NOT_FOUND)
    text = await asyncio.to_thread(platform.metrics.text)
    return Response(text, media_type=CONTENT_TYPE_LATEST)


@router.get(
    "/api/audit", response_model=AuditPage, operation_id="list_audit",
    summary="Read the audit trail", responses=documented(INVALID_CURSOR),
)  # fmt: skip
async def list_audit(
    platform: PlatformDep, admin: CurrentAdmin, wanted: Annotated[AuditFilter, Query()]
) -> Response:
    """Who changed what and when, newest first."""
    async with platform.database.reading() as session:
        return answers.private(await trail.page(session, wanted))
