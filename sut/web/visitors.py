"""Who looks at a page, and the cookie that says so."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from starlette.responses import Response

from sut.accounts import sessions
from sut.accounts.principal import Principal
from sut.dependencies import PlatformDep
from sut.platform import Platform
from sut.settings import Settings
from sut.web import queries
from sut.web.ways import HOME, SAFE_METHODS, safe_next

_OWN_PAGES = ("/predictions", "/account")


@dataclass(frozen=True)
class Visitor:
    """Who asked for a page. `principal` and `name` are None for someone who is not logged in."""

    principal: Principal | None = None
    name: str | None = None

    @property
    def account_id(self) -> int | None:
        """The account's number, or None."""
        return self.principal.account_id if self.principal else None

    @property
    def tier(self) -> str | None:
        """The tier that holds at this moment, or None."""
        return self.principal.tier if self.principal else None


@dataclass(eq=False)
class LogInNeeded(Exception):  # noqa: N818  (a turn in the way, not an error)
    """The page is for people with an account; after logging in they come back to `next`."""

    next: str


def remember(response: Response, settings: Settings, token: str) -> None:
    """Give the browser its session; scripts cannot read it and no other site can send it."""
    response.set_cookie(
        settings.browser_cookie,
        token,
        max_age=settings.refresh_token_s,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


def forget(response: Response, settings: Settings) -> None:
    """Take the session cookie back."""
    response.delete_cookie(
        settings.browser_cookie,
        path="/",
        secure=settings.cookie_secure,
        httponly=True,
        samesite="strict",
    )


async def visitor_of(request: Request, platform: Platform) -> Visitor:
    """Whom the request's cookie stands for at this moment, by the database."""
    cookie = request.cookies.get(platform.settings.browser_cookie, "")
    if not cookie or platform.tokens.browser_account(cookie) is None:
        return Visitor()
    async with platform.database.reading() as session:
        found = await queries.person(session, platform.tokens.digest(cookie))
    if found is None:
        platform.tokens.end(cookie)
        return Visitor()
    if found.use_unnoted:
        await sessions.note_use(platform, found.principal.session_id)
    return Visitor(found.principal, found.name)


async def _visitor(request: Request, platform: PlatformDep) -> Visitor:
    return await visitor_of(request, platform)


AnyVisitor = Annotated[Visitor, Depends(_visitor)]
"""Whoever looks, logged in or not."""


async def _player(request: Request, visitor: AnyVisitor) -> Principal:
    if visitor.principal is None:
        raise LogInNeeded(_way_back(request))
    return visitor.principal


LoggedIn = Annotated[Principal, Depends(_player)]
"""The person who is logged in; everyone else is sent to the log-in and back."""


def _way_back(request: Request) -> str:
    if request.method not in SAFE_METHODS:  # a form cannot be sent again by a link
        return next((page for page in _OWN_PAGES if request.url.path.startswith(page)), HOME)
    query = f"?{request.url.query}" if request.url.query else ""
    return safe_next(request.url.path + query)
