"""JSON answers from a model or from bytes that are JSON already, with ETag and 304."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, Self

from pydantic import BaseModel
from starlette.requests import Request
from starlette.responses import Response

if TYPE_CHECKING:
    from sut.cache import Entry
    from sut.platform import Platform

Headers = list[tuple[bytes, bytes]]
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


@dataclass(frozen=True, slots=True)
class Ready:
    """An answer for everyone as it goes over the wire. `short` are the headers of its 304."""

    body: bytes
    etag: str
    headers: Headers
    short: Headers

    @classmethod
    def of(cls, body: bytes, etag: str | None = None) -> Self:
        """`etag` is the quoted entity tag; by default it is made from the bytes."""
        tag = etag or f'"{blake2b(body, digest_size=9).hexdigest()}"'
        short = [(b"cache-control", REVALIDATE.encode()), (b"etag", tag.encode())]
        length = (b"content-length", str(len(body)).encode())
        return cls(body, tag, [*short, length, (b"content-type", JSON.encode())], short)

    def held_by(self, if_none_match: bytes | None) -> bool:
        """Whether the client holds it already, by what it sent."""
        return if_none_match is not None and _names(if_none_match.decode("latin-1"), self.etag)


async def public(request: Request, platform: Platform, entry: Entry) -> Response:
    """An answer for everyone: 304 when the client already holds it.

    The next request for the same target is answered without coming here: see `sut.shortcuts`.
    """
    ready = Ready.of(*entry.taken_apart(await platform.cache.get(entry)))
    platform.shortcuts.note(request.scope, entry)
    known = request.headers.get("if-none-match")
    headers = {"cache-control": REVALIDATE, "etag": ready.etag}
    if known is not None and _names(known, ready.etag):
        return Response(status_code=304, headers=headers)
    return Response(ready.body, 200, headers, media_type=JSON)


def _names(known: str, tag: str) -> bool:
    """Whether an If-None-Match header names `tag`, compared weakly (RFC 9110, 13.1.2)."""
    return known.strip() == "*" or tag in {
        one.strip().removeprefix("W/") for one in known.split(",")
    }
