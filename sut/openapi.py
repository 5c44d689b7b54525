"""The OpenAPI document: what FastAPI knows of the routes, completed with what all of them share."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

TITLE = "SoccerAI"
VERSION = "1.0.0"
DESCRIPTION = "Predict football matches, and see how well you did."


def describe(app: FastAPI) -> dict[str, Any]:
    """The document of `app`."""
    return get_openapi(
        title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes,
        openapi_version="3.1.0",
    )  # fmt: skip
