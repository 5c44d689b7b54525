"""What a route can ask for: the platform, the request's id, and who is asking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, cast

from fastapi import Depends, Request, Security
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from sut.accounts.access import principal_of
from sut.accounts.principal import Principal
from sut.platform import Platform
from sut.problems import FORBIDDEN, UNAUTHENTICATED, Problem

_bearer = HTTPBearer(
    scheme_name="access_token", bearerFormat="JWT", auto_error=False,
    description="The access token of POST /api/sessions; it lives ten minutes.",
)  # fmt: skip
_Credentials = Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)]


async def _platform(request: Request) -> Platform:
    return cast("Platform", request.app.state.platform)


async def _request_id(request: Request) -> str:
    return cast("str", request.scope["state"]["request_id"])


async def refuse_unknown_parameters(request: Request) -> None:
    """Refuse a query with a parameter that the route does not know: it would be ignored."""
    if not request.scope["query_string"]:
        return
    route: APIRoute = request.scope["route"]
    known = _KNOWN.get(route.endpoint)
    if known is None:
        known = _KNOWN[route.endpoint] = _known_parameters(route)
    faults = [
        {"type": "extra_forbidden", "loc": ("query", name), "msg": "Unknown parameter"}
        for name in request.query_params
        if name not in known
    ]
    if faults:
        raise RequestValidationError(faults)


_KNOWN: dict[Callable[..., Any], frozenset[str]] = {}


def _known_parameters(route: APIRoute) -> frozenset[str]:
    """The names of a route's query parameters, those of a model among them."""
    names: set[str] = set()
    for field in route.dependant.query_params:
        model = field.field_info.annotation
        if isinstance(model, type) and issubclass(model, BaseModel):
            names.update(one.alias or name for name, one in model.model_fields.items())
        else:
            names.add(field.alias)
    return frozenset(names)


async def _client(request: Request) -> str:
    return cast("str", request.scope["state"]["client"])


PlatformDep = Annotated[Platform, Depends(_platform)]
RequestId = Annotated[str, Depends(_request_id)]
Client = Annotated[str, Depends(_client)]
"""The address that the request came from, as far as proxies are trusted; a key, never shown."""


async def _current_principal(platform: PlatformDep, sent: _Credentials) -> Principal:
    principal = await principal_of(platform, sent.credentials) if sent else None
    if principal is None:
        raise Problem(UNAUTHENTICATED, headers={"www-authenticate": "Bearer"})
    return principal


CurrentPrincipal = Annotated[Principal, Depends(_current_principal)]
"""The player or admin who asks; 401 for a visitor."""


async def current_admin(principal: CurrentPrincipal) -> Principal:
    """The admin who asks; `sut.openapi` knows the operations of admins by it."""
    if principal.role != "admin":
        raise Problem(FORBIDDEN)
    return principal


CurrentAdmin = Annotated[Principal, Depends(current_admin)]
"""The admin who asks; 401 for a visitor, 403 for a player."""
