"""One's own account: profile, tier, sessions, password, export and erasure."""

from __future__ import annotations

import uuid
from collections.abc import Mapping

from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import Response

from sut import answers
from sut.accounts import privacy, service, sessions
from sut.accounts.principal import Principal
from sut.accounts.schemas import Erasure, PasswordChange, ProfileChange
from sut.dependencies import PlatformDep, RequestId
from sut.platform import Platform
from sut.problems import Problem
from sut.web.messages import faults_of, invalid, refusal_of
from sut.web.pages import PageRoute, form_of, page, see
from sut.web.visitors import AnyVisitor, LoggedIn, Visitor, forget
from sut.web.ways import HOME

ACCOUNT = "/account"
# Sent along for password managers; who is meant is known from the session.
_USERNAME = "username"

router = APIRouter(prefix=ACCOUNT, route_class=PageRoute)


@router.get("")
async def show_account(
    request: Request, principal: LoggedIn, visitor: AnyVisitor, platform: PlatformDep
) -> Response:
    """Everything about one's account."""
    return await _show(request, platform, principal, visitor)


@router.post("/name")
async def change_name(
    request: Request,
    principal: LoggedIn,
    visitor: AnyVisitor,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """Another name on the leaderboard."""
    form = await form_of(request, "display_name")
    try:
        wanted = ProfileChange(display_name=form["display_name"].strip())
    except ValidationError as error:
        faults = faults_of(error)
        return await _show(request, platform, principal, visitor, faults, entered=form)
    await service.change_profile(platform, principal, wanted, request_id)
    return see(ACCOUNT, done="name")


@router.post("/password")
async def change_password(
    request: Request,
    principal: LoggedIn,
    visitor: AnyVisitor,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """Another password; every session ends, this one too."""
    form = await form_of(request, "current_password", "new_password", _USERNAME)
    try:
        wanted = PasswordChange(
            current_password=form["current_password"], new_password=form["new_password"]
        )
        await service.change_password(platform, principal, wanted, request_id)
    except ValidationError as error:
        return await _show(request, platform, principal, visitor, faults_of(error))
    except Problem as problem:
        return await _show(request, platform, principal, visitor, problem=problem)
    return _goodbye(platform, "/login", "password")


@router.post("/sessions/end")
async def log_out_everywhere(
    request: Request, principal: LoggedIn, platform: PlatformDep, request_id: RequestId
) -> Response:
    """End every session, this one too."""
    await form_of(request)
    await sessions.log_out_everywhere(platform, principal, request_id)
    return _goodbye(platform, HOME, "everywhere")


@router.post("/sessions/{session_id}/end")
async def end_session(
    session_id: uuid.UUID,
    request: Request,
    principal: LoggedIn,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """End another of one's own sessions."""
    await form_of(request)
    await sessions.log_out(platform, principal, session_id, request_id)
    return see(ACCOUNT, done="session")


@router.get("/export")
async def export(principal: LoggedIn, platform: PlatformDep) -> Response:
    """Everything held of a person, as a file."""
    held = await privacy.export(platform, principal)
    return answers.private(
        held, headers={"content-disposition": 'attachment; filename="soccerai-export.json"'}
    )


@router.post("/erase")
async def erase(
    request: Request,
    principal: LoggedIn,
    visitor: AnyVisitor,
    platform: PlatformDep,
    request_id: RequestId,
) -> Response:
    """Erase the account for good."""
    form = await form_of(request, "password", _USERNAME)
    try:
        await privacy.erase(platform, principal, Erasure(password=form["password"]), request_id)
    except ValidationError as error:
        return await _show(request, platform, principal, visitor, faults_of(error))
    except Problem as problem:
        return await _show(request, platform, principal, visitor, problem=problem)
    return _goodbye(platform, HOME, "erased")


async def _show(
    request: Request,
    platform: Platform,
    principal: Principal,
    visitor: Visitor,
    faults: Mapping[str, str] | None = None,
    *,
    entered: Mapping[str, str] | None = None,
    problem: Problem | None = None,
) -> Response:
    if faults:
        problem = invalid(faults)
    account = await service.profile(platform, principal)
    live = await sessions.sessions_of(platform, principal)
    return page(
        request,
        "account.html",
        visitor,
        refusal=refusal_of(problem) if problem else None,
        headers=problem.headers if problem else None,
        here=ACCOUNT,
        account=account,
        sessions=live.items,
        entered=entered or {"display_name": account.display_name},
        faults=faults or {},
    )


def _goodbye(platform: Platform, address: str, done: str) -> Response:
    answer = see(address, done=done)
    forget(answer, platform.settings)
    return answer
