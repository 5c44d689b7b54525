"""Health, metrics and the audit trail."""

from __future__ import annotations

from fastapi import APIRouter

router = APIRouter(tags=["operations"])


@router.get("/health/live", operation_id="live", summary="Whether the process lives")
async def live() -> dict[str, str]:
    """Answer while the process lives."""
    return {"status": "ok"}
