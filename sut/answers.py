"""JSON answers from a model or from bytes that are JSON already, with ETag and 304."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

JSON = "application/json"
PRIVATE = "no-store"
REVALIDATE = "no-cache"

ETAG: dict[str, Any] = {
    "ETag": {
        "description": "The version of what is shown",
        "schema": {"type": "string", "pattern": '^"[^"]+"$'},
    }
}
"""OpenAPI's `headers` of an answer that carries an entity tag."""

NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "What If-None-Match names is still current", "headers": ETAG}
}
"""OpenAPI's response of an operation that answers by `public`."""


def encode(model: BaseModel) -> bytes:
    """A model as JSON bytes: what a cache entry holds and what goes over the wire."""
    return model.__pydantic_serializer__.to_json(model)


def private(
    model: BaseModel, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """An answer for one person: it may be kept nowhere."""
    return Response(
        encode(model), status, {"cache-control": PRIVATE, **(headers or {})}, media_type=JSON
    )


def public(request: Request, body: bytes, etag: str | None = None) -> Response:
    """An answer for everyone: 304 when the client already holds it.

    `etag` is the quoted entity tag; by default it is made from the bytes.
    """
    tag = etag or f'"{blake2b(body, digest_size=9).hexdigest()}"'
    headers = {"cache-control": REVALIDATE, "etag": tag}
    known = request.headers.get("if-none-match")
    if known is not None and _names(known, tag):
        return Response(status_code=304, headers=headers)
    return Response(body, 200, headers, media_type=JSON)


def _names(known: str, tag: str) -> bool:
    """Whether an If-None-Match header names `tag`, compared weakly (RFC 9110, 13.1.2)."""
    return known.strip() == "*" or tag in {
        one.strip().removeprefix("W/") for one in known.split(",")
    }
