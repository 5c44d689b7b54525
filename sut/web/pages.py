"""How a page is answered: rendered, guarded, and refused in a person's words."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import urlencode

from fastapi import HTTPException, Request
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import Scope

from sut.platform import Platform
from sut.problems import INVALID_REQUEST, Problem
from sut.web.messages import DONE, Refusal, refusal_of
from sut.web.render import render
from sut.web.visitors import LogInNeeded, Visitor, visitor_of
from sut.web.ways import next_query, refuse_cross_site

FIELDS_MAX = 20
# With no referrer at all, browsers would not say either where a form comes from.
_HEADERS = {"vary": "cookie", "referrer-policy": "same-origin"}
_Handler = Callable[[Request], Coroutine[Any, Any, Response]]
_MACHINES = ("/api/", "/health/", "/metrics", "/openapi.json")


class PageRoute(APIRoute):
    """A route for people: forms must come from our own pages, and a refusal is a page."""

    def get_route_handler(self) -> _Handler:
        """The route's handler inside the guard."""
        handle = super().get_route_handler()

        async def guarded(request: Request) -> Response:
            try:
                refuse_cross_site(request.method, request.headers)
                return await handle(request)
            except LogInNeeded as turn:
                return see(f"/login{next_query(turn.next)}")
            except RequestValidationError:
                return await refusal_page(request, Problem(INVALID_REQUEST))
            except Problem as problem:
                return await refusal_page(request, problem)

        return guarded


def page(
    request: Request,
    template: str,
    visitor: Visitor,
    *,
    refusal: Refusal | None = None,
    headers: Mapping[str, str] | None = None,
    **context: object,
) -> Response:
    """A template as an answer. What a logged-in person sees is kept by nobody."""
    keep = "no-cache" if visitor.principal is None else "no-store"
    common = {
        "visitor": visitor,
        "here": request.url.path,
        "now": datetime.now(UTC),
        "done": DONE.get(request.query_params.get("done", "")),
        "refusal": refusal,
        "next_query": "",
        "alone": False,
    }
    return HTMLResponse(
        render(template, **(common | context)),
        refusal.status if refusal else 200,
        {"cache-control": keep, **_HEADERS, **(headers or {})},
    )


async def refusal_page(request: Request, problem: Problem) -> Response:
    """A problem as a page of its own; the person stays logged in on it where that can be told."""
    platform = cast("Platform", request.app.state.platform)
    try:
        visitor = await visitor_of(request, platform)
    except Exception:  # whatever it is: the page of an outage must not need what is out
        visitor = Visitor()
    return _refusal(request, problem, visitor)


def _refusal(request: Request, problem: Problem, visitor: Visitor) -> Response:
    return page(
        request,
        "refusal.html",
        visitor,
        refusal=refusal_of(problem),
        alone=True,
        headers={**problem.headers, "cache-control": "no-store"},
        request_id=request.scope.get("state", {}).get("request_id", ""),
    )


def wants_page(scope: Scope) -> bool:
    """Whether a refusal is for a person: HTML is asked for, and not below the API."""
    request = Request(scope)
    machine = request.url.path.startswith(_MACHINES)
    return not machine and "text/html" in request.headers.get("accept", "")


def plain_refusal(scope: Scope, problem: Problem) -> Response:
    """A problem outside any page's route, such as an unknown address or an outage, as a page."""
    return _refusal(Request(scope), problem, Visitor())


def see(address: str, done: str = "") -> RedirectResponse:
    """Send the browser to a page after a form, so that reloading does not send it again."""
    if done:
        path, mark, fragment = address.partition("#")
        path += ("&" if "?" in path else "?") + urlencode({"done": done})
        address = path + mark + fragment
    return RedirectResponse(address, 303, {"cache-control": "no-store"})


async def form_of(request: Request, *names: str) -> dict[str, str]:
    """A form's fields, absent ones empty. Raises Problem for any unknown, doubled or not text."""
    try:
        form = await request.form(max_files=0, max_fields=FIELDS_MAX)
    except HTTPException:
        raise Problem(INVALID_REQUEST) from None
    fields: dict[str, str] = dict.fromkeys(names, "")
    seen: set[str] = set()
    for name, value in form.multi_items():
        if name not in fields or name in seen or not isinstance(value, str):
            raise Problem(INVALID_REQUEST)
        seen.add(name)
        fields[name] = value
    return fields
