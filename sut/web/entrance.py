"""Registering, logging in and logging out."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import RedirectResponse, Response

from sut.accounts import service, sessions
from sut.accounts.schemas import Credentials, Registration
from sut.dependencies import Client, PlatformDep, RequestId
from sut.platform import Platform
from sut.problems import NOT_FOUND, Problem
from sut.web.messages import faults_of, invalid, refusal_of
from sut.web.pages import PageRoute, form_of, page, see
from sut.web.visitors import AnyVisitor, Visitor, forget, remember
from sut.web.ways import HOME, next_query, safe_next

router = APIRouter(route_class=PageRoute)


@router.get("/login")
async def show_log_in(request: Request, visitor: AnyVisitor) -> Response:
    """The log-in form; who is logged in already is sent on."""
    onward = safe_next(request.query_params.get("next", HOME))
    if visitor.principal is not None:
        return see(onward)
    return _form(request, "login.html", visitor, {"next": onward})


@router.post("/login")
async def log_in(
    request: Request,
    visitor: AnyVisitor,
    platform: PlatformDep,
    client: Client,
    request_id: RequestId,
) -> Response:
    """Begin a session: always a new one, whatever cookie came along."""
    form = await form_of(request, "email", "password", "next")
    try:
        credentials = Credentials(email=form["email"].strip(), password=form["password"])
        cookie = await sessions.log_in_browser(platform, credentials, client, request_id)
    except ValidationError as error:
        return _form(request, "login.html", visitor, form, faults_of(error))
    except Problem as problem:
        return _form(request, "login.html", visitor, form, problem=problem)
    return await _enter(platform, visitor, cookie, see(safe_next(form["next"])), request_id)


@router.get("/register")
async def show_registration(request: Request, visitor: AnyVisitor) -> Response:
    """The registration form; who is logged in already is sent on."""
    onward = safe_next(request.query_params.get("next", HOME))
    if visitor.principal is not None:
        return see(onward)
    return _form(request, "register.html", visitor, {"next": onward})


@router.post("/register")
async def register(
    request: Request,
    visitor: AnyVisitor,
    platform: PlatformDep,
    client: Client,
    request_id: RequestId,
) -> Response:
    """Make an account and log in to it."""
    form = await form_of(request, "email", "password", "display_name", "next")
    try:
        wanted = Registration(
            email=form["email"].strip(),
            password=form["password"],
            display_name=form["display_name"].strip(),
        )
        await service.register(platform, wanted, request_id)
        credentials = Credentials(email=wanted.email, password=wanted.password)
        cookie = await sessions.log_in_browser(platform, credentials, client, request_id)
    except ValidationError as error:
        return _form(request, "register.html", visitor, form, faults_of(error))
    except Problem as problem:
        return _form(request, "register.html", visitor, form, problem=problem)
    onward = see(safe_next(form["next"]), done="registered")
    return await _enter(platform, visitor, cookie, onward, request_id)


@router.post("/logout")
async def log_out(
    request: Request, visitor: AnyVisitor, platform: PlatformDep, request_id: RequestId
) -> Response:
    """End this browser's session."""
    await form_of(request)
    await _end(platform, visitor, request_id)
    answer = see(HOME, done="logged-out")
    forget(answer, platform.settings)
    return answer


async def _enter(
    platform: Platform,
    before: Visitor,
    cookie: str,
    answer: RedirectResponse,
    request_id: str,
) -> Response:
    """Hand over the new session's cookie; the one that it replaces ends."""
    await _end(platform, before, request_id)
    remember(answer, platform.settings, cookie)
    return answer


async def _end(platform: Platform, visitor: Visitor, request_id: str) -> None:
    if visitor.principal is None:
        return
    try:
        session_id = visitor.principal.session_id
        await sessions.log_out(platform, visitor.principal, session_id, request_id)
    except Problem as problem:
        if problem.type is not NOT_FOUND:  # ended in the same moment: what was wanted
            raise


def _form(
    request: Request,
    template: str,
    visitor: Visitor,
    entered: Mapping[str, str],
    faults: Mapping[str, str] | None = None,
    *,
    problem: Problem | None = None,
) -> Response:
    """The form as it was sent, without the password, and what is wrong with it."""
    if faults:
        problem = invalid(faults)
    onward = safe_next(entered.get("next", HOME))
    kept = {name: entered.get(name, "") for name in ("email", "display_name")}
    return page(
        request,
        template,
        visitor,
        refusal=refusal_of(problem) if problem else None,
        headers=problem.headers if problem else None,
        entered=kept,
        faults=faults or {},
        next=onward,
        next_query=next_query(onward),
    )
