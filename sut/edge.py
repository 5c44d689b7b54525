"""The outermost layer: request id, rate limits, security headers, metrics, access log, 500s."""

from __future__ import annotations

import asyncio
import random
import re
import secrets
from collections.abc import Iterable
from contextlib import suppress
from time import perf_counter
from typing import TYPE_CHECKING

import structlog
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sut.access_log import AccessLog
from sut.answers import Ready
from sut.clients import TrustedProxies
from sut.limits import Decision
from sut.problems import BODY_TOO_LARGE, NOT_FOUND, TOO_MANY_REQUESTS
from sut.refusals import refuse, refuse_unexpected
from sut.routing import RouteTable
from sut.security_headers import NO_STORE, SECURITY_HEADERS
from sut.shortcuts import forget

if TYPE_CHECKING:
    from sut.platform import Platform
    from sut.settings import Settings

_REQUEST_ID = re.compile(rb"[A-Za-z0-9_-]{8,64}")
DRAIN_S = 2.0
DRAIN_BYTES = 4 * 2**20
COOKIE_BYTES_MAX = 512
UNMATCHED = "unmatched"
_UNLIMITED = ("/health/", "/static/", "/metrics", "/service-worker.js")
_CLOSE = {"connection": "close"}
_INTERNAL = ("/health/", "/metrics")
_API = "/api/"


class Edge:
    """Wraps the app (pure ASGI, since every request pays for it)."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self._app = app
        self._proxies = TrustedProxies(settings.trusted_proxies)
        self._internal_port = settings.internal_port
        self._body_max = settings.body_max_bytes
        self._cookie = settings.browser_cookie.encode()
        self._table: RouteTable | None = None
        self._log = AccessLog(settings)
        self._chance = random.Random(secrets.randbits(256))  # noqa: S311 (see its use)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        began = perf_counter()
        headers: dict[bytes, bytes] = dict(reversed(scope["headers"]))
        if b"cookie" in headers:
            _keep_own_cookie(scope, self._cookie)
        request_id = self._request_id(headers.get(b"x-request-id"))
        state = scope.setdefault("state", {})
        state["request_id"] = request_id
        state["client"] = self._client(scope, headers)
        state["internal"] = self._internal(scope)
        bound = structlog.contextvars.bind_contextvars(request_id=request_id)
        reply = _Reply(send, request_id)
        platform: Platform = scope["app"].state.platform
        try:
            await self._answer(platform, scope, headers, receive, reply)
        except Exception as error:
            if reply.status:
                raise
            await refuse_unexpected(scope, error)(scope, receive, reply)
        finally:
            self._account(platform, scope, reply.status, perf_counter() - began)
            structlog.contextvars.reset_contextvars(**bound)

    async def _answer(
        self, platform: Platform, scope: Scope, headers: dict[bytes, bytes], receive: Receive,
        reply: _Reply,
    ) -> None:  # fmt: skip
        path: str = scope["path"]
        if scope["state"]["internal"]:
            if not path.startswith(_INTERNAL):
                await refuse(scope, NOT_FOUND)(scope, receive, reply)
                return
        elif not path.startswith(_UNLIMITED) and await _dealt_with(
            platform, scope, headers, receive, reply
        ):
            return
        sent = headers.get(b"content-length")
        if sent is not None and not (sent.isdigit() and int(sent) <= self._body_max):
            await _drain(receive)
            await refuse(scope, BODY_TOO_LARGE, headers=_CLOSE)(scope, receive, reply)
            return
        if b"transfer-encoding" in headers:
            receive = _bounded(receive, self._body_max)
        await self._app(scope, receive, reply)

    def _request_id(self, sent: bytes | None) -> str:
        """The id that a caller gave, if it is safe to repeat in a header and a log; else a new one.

        It guards nothing, so chance will do, which does not ask the kernel.
        """
        if sent is not None and _REQUEST_ID.fullmatch(sent):
            return sent.decode()
        return f"{self._chance.getrandbits(128):032x}"

    def _client(self, scope: Scope, headers: dict[bytes, bytes]) -> str:
        client = scope.get("client")
        forwarded: Iterable[str] = ()
        if b"x-forwarded-for" in headers:
            forwarded = (
                value.decode("latin-1")
                for name, value in scope["headers"]
                if name == b"x-forwarded-for"
            )
        return self._proxies.client(client[0] if client else None, forwarded)

    def _internal(self, scope: Scope) -> bool:
        server = scope.get("server")
        return bool(self._internal_port and server and server[1] == self._internal_port)

    def _account(self, platform: Platform, scope: Scope, status: int, seconds: float) -> None:
        """One line in the access log and one observation: by route template, never by path."""
        route = getattr(scope.get("route") or self._route_of(scope), "path_format", UNMATCHED)
        method = scope["method"] if scope["method"] in _METHODS else "other"
        platform.metrics.answered(method, route, status, seconds)
        self._log.answered(scope["state"]["request_id"], method, route, status, seconds)

    def _route_of(self, scope: Scope) -> BaseRoute | None:
        """The route of a request that was refused here, and so never reached the router."""
        if self._table is None:  # not sooner: the app gets its routes after this layer
            self._table = RouteTable(scope["app"].routes)
        return self._table.route_of(scope)


async def _dealt_with(
    platform: Platform, scope: Scope, headers: dict[bytes, bytes], receive: Receive, reply: _Reply
) -> bool:
    """Take a place in the rate limit; True when there was none, or the short way led to an answer.

    What the short way needs of Redis is asked for first and waited for last: both travel together.
    """
    shortcut = platform.shortcuts.find(scope, headers)
    asked = platform.shortcuts.ask(shortcut) if shortcut is not None else None
    try:
        decision = await _limit(platform, scope, headers)
        reply.extra = decision.fields()
        if not decision.allowed:
            platform.metrics.rate_limited.labels(decision.limit.name).inc()
            await refuse(scope, TOO_MANY_REQUESTS)(scope, receive, reply)
            return True
        if shortcut is None or asked is None:
            return False
        ready = await platform.shortcuts.answer(shortcut, asked)
    finally:
        if asked is not None:
            forget(asked)
    if ready is None:
        return False
    scope["route"] = shortcut.route
    await reply.send(ready, headers.get(b"if-none-match"))
    return True


def _keep_own_cookie(scope: Scope, name: bytes) -> None:
    """Hand on our own cookie alone, of several the last, and none that is longer than ours are.

    FastAPI has the cookies of every request read, and for a quoted one that takes Python up to
    3.11.9 time by the square of its length: 16 seconds for what fits into a request's head.
    """
    own, others = b"", []
    for header, value in scope["headers"]:
        if header != b"cookie":
            others.append((header, value))
            continue
        for part in value.split(b";"):
            if part.partition(b"=")[0].strip() == name:
                own = part.strip() if len(part) <= COOKIE_BYTES_MAX else b""
    scope["headers"] = [*others, (b"cookie", own)] if own else others


def _bounded(receive: Receive, bytes_max: int) -> Receive:
    """A body of unstated length, cut off where it grows too large."""
    got = 0

    async def counted() -> Message:
        nonlocal got
        message = await receive()
        got += len(message.get("body", b""))
        if got > bytes_max:
            await _drain(receive)
            # passes through FastAPI's reading of the body, as no other kind of error does
            raise HTTPException(BODY_TOO_LARGE.status)
        return message

    return counted


async def _drain(receive: Receive) -> None:
    """Read on for a while before refusing a body.

    Closing a connection with bytes unread resets it, and the client would never see why.
    """
    got = 0
    with suppress(TimeoutError):
        async with asyncio.timeout(DRAIN_S):
            while got <= DRAIN_BYTES:
                message = await receive()
                if not message.get("more_body", False):
                    return
                got += len(message["body"])


class _Reply:
    """The send channel: completes the headers of an answer and remembers its status."""

    __slots__ = ("_request_id", "_send", "extra", "status")

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self._request_id = request_id.encode()
        self.status = 0
        self.extra: Iterable[tuple[bytes, bytes]] = ()

    async def send(self, ready: Ready, if_none_match: bytes | None) -> None:
        """Send an answer that is known to have none of our headers yet."""
        held = ready.held_by(if_none_match)
        self.status = 304 if held else 200
        headers = [
            *(ready.short if held else ready.headers), (b"x-request-id", self._request_id),
            *SECURITY_HEADERS, *self.extra,
        ]  # fmt: skip
        await self._send({"type": "http.response.start", "status": self.status, "headers": headers})
        await self._send({"type": "http.response.body", "body": b"" if held else ready.body})

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = message["headers"] = list(message.get("headers", ()))
            present = {name for name, _ in headers}
            headers.append((b"x-request-id", self._request_id))
            headers.extend(pair for pair in SECURITY_HEADERS if pair[0] not in present)
            headers.extend(pair for pair in self.extra if pair[0] not in present)
            if b"cache-control" not in present:
                headers.append(NO_STORE)
        await self._send(message)


async def _limit(platform: Platform, scope: Scope, headers: dict[bytes, bytes]) -> Decision:
    account_id = _player(platform, scope, headers)
    if account_id is None:
        return await platform.limiter.take(platform.limiter.visitor, scope["state"]["client"])
    return await platform.limiter.take(platform.limiter.player, str(account_id))


def _player(platform: Platform, scope: Scope, headers: dict[bytes, bytes]) -> int | None:
    """Whose window a request counts in, by its signed token or cookie, without the database.

    It is the very one that the request's route goes by: the API knows no cookie and the pages know
    no token. By any other, somebody could spend the limit of an account that they no longer act
    for, or go on under a limit of which nothing is spent.
    """
    if not scope["path"].startswith(_API):
        cookies = HTTPConnection(scope).cookies
        return platform.tokens.browser_account(cookies.get(platform.settings.browser_cookie, ""))
    sent = headers.get(b"authorization", b"")
    if sent[:7].lower() != b"bearer ":
        return None
    claims = platform.tokens.read(sent[7:].decode("latin-1").strip())
    return claims.account_id if claims else None


_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
