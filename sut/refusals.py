"""Refusals on the wire: every error becomes an RFC 9457 problem that says nothing of the inside."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import orjson
import structlog
from asyncpg.exceptions import (
    InsufficientResourcesError,
    OperatorInterventionError,
    PostgresConnectionError,
    TransactionRollbackError,
)
from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match
from starlette.types import Scope

from sut.problems import (
    BODY_TOO_LARGE,
    FORBIDDEN,
    INTERNAL,
    INVALID_REQUEST,
    MEDIA_TYPE,
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    UNAUTHENTICATED,
    UNAVAILABLE,
    Problem,
    ProblemType,
)
from sut.web.pages import plain_refusal, wants_page

_log = structlog.get_logger(__name__)
FAULTS_SHOWN = 50
_BY_STATUS = {
    kind.status: kind
    for kind in (
        UNAUTHENTICATED, FORBIDDEN, NOT_FOUND, METHOD_NOT_ALLOWED, BODY_TOO_LARGE,
        INVALID_REQUEST, UNAVAILABLE,
    )
}  # fmt: skip


def refuse(
    scope: Scope,
    kind: ProblemType,
    detail: str = "",
    headers: Mapping[str, str] | None = None,
    extra: Mapping[str, object] | None = None,
) -> Response:
    """The answer that refuses a request: a page for a person, else a problem."""
    if wants_page(scope):
        return plain_refusal(scope, Problem(kind, detail, headers or {}))
    body = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": detail or kind.title,
        "request_id": scope["state"]["request_id"],
        **(extra or {}),
    }
    return Response(
        orjson.dumps(body),
        kind.status,
        {"cache-control": "no-store", **(headers or {})},
        MEDIA_TYPE,
    )


def refuse_unexpected(scope: Scope, error: Exception) -> Response:
    """The answer to an error that no handler knew: 503 where Postgres is missing, else 500."""
    if lost_database(error):
        _log.warning("database_away", error=type(error).__name__)
        return refuse(scope, UNAVAILABLE, headers={"retry-after": "1"})
    _log.error("unexpected_error", exc_info=error)
    return refuse(scope, INTERNAL)


def lost_database(error: BaseException) -> bool:
    """Whether an error means that Postgres cannot be reached, or not in time."""
    if isinstance(error, PoolTimeoutError | ConnectionError | OSError | TimeoutError):
        return True
    if not isinstance(error, DBAPIError):
        return isinstance(error, _AWAY)
    cause = error.orig.__cause__ if error.orig else None
    return error.connection_invalidated or isinstance(cause, _AWAY)


# Gone, shutting down, out of room, or (a statement's time, a deadlock) not able to finish now.
_AWAY = (
    PostgresConnectionError,
    OperatorInterventionError,
    InsufficientResourcesError,
    TransactionRollbackError,
    OSError,
)


def install(app: FastAPI) -> None:
    """Give `app` its handlers."""
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _validation)


async def _problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return refuse(request.scope, error.type, error.detail, error.headers, error.extra)


async def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code == METHOD_NOT_ALLOWED.status:
        allow = ", ".join(sorted(_methods(request)))
        return refuse(request.scope, METHOD_NOT_ALLOWED, headers={"allow": allow})
    kind = _BY_STATUS.get(error.status_code, INVALID_REQUEST)
    headers = {"connection": "close"} if kind is BODY_TOO_LARGE else None
    return refuse(request.scope, kind, headers=headers)


def _methods(request: Request) -> set[str]:
    """Every method that some route offers at this path."""
    offered: set[str] = set()
    for route in request.app.routes:
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            match, _ = route.matches({**request.scope, "method": method})
            if match is Match.FULL:
                offered.add(method)
    return offered


async def _validation(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return refuse(request.scope, INVALID_REQUEST, extra={"errors": _faults(error.errors())})


def _faults(errors: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """Where each fault is and what is wrong; never the value, which may be a secret.

    A small body can have thousands: the first ones are enough to go by.
    """
    return [
        {
            "where": [_printable(step) for step in fault["loc"]],
            "kind": fault["type"],
            "message": _printable(fault["msg"]),
        }
        for fault in errors[:FAULTS_SHOWN]
    ]


def _printable(step: object) -> str | int:
    """A field's name can be the client's own: an unpaired surrogate would not encode."""
    if isinstance(step, int):
        return step if abs(step) < 2**53 else str(step)
    return str(step).encode("utf-8", "replace").decode()[:200]
