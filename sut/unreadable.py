"""What is no HTTP never reaches the application, and is refused in the same words as all else."""

from __future__ import annotations

from asyncio import WriteTransport
from collections.abc import Iterable
from uuid import uuid4

import orjson
import structlog

from sut.problems import MEDIA_TYPE, ProblemType
from sut.security_headers import NO_STORE, SECURITY_HEADERS

_log = structlog.get_logger(__name__)
UNREADABLE = ProblemType("unreadable-request", 400, "The request cannot be read")


def refuse(
    transport: WriteTransport, default_headers: Iterable[tuple[bytes, bytes]], reason: str
) -> None:
    """Refuse as RFC 9457 has it, and hang up: where the next request begins is not known."""
    request_id = uuid4().hex
    body = orjson.dumps(
        {
            "type": UNREADABLE.uri,
            "title": UNREADABLE.title,
            "status": UNREADABLE.status,
            "detail": UNREADABLE.title,
            "request_id": request_id,
        }
    )
    headers = (
        *default_headers,
        *SECURITY_HEADERS,
        NO_STORE,
        (b"content-type", MEDIA_TYPE.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"connection", b"close"),
        (b"x-request-id", request_id.encode()),
    )
    lines = [b"HTTP/1.1 400 Bad Request", *(name + b": " + value for name, value in headers)]
    transport.write(b"\r\n".join([*lines, b"", body]))
    transport.close()
    _log.info("unreadable_request", request_id=request_id, reason=reason)
