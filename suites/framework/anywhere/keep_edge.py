"""What stands before every request of the service that is attacked: limits, sizes and headers."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import Iterable
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote_plus

from fastapi import FastAPI

if TYPE_CHECKING:
    from suites.framework.anywhere.keep import Keeper

BODY_MAX = 1 << 20
WINDOW_S = 600
READERS = 8
PAGE_POLICY = (
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    "object-src 'none'"
)
SAFE = {
    "cache-control": "no-store", "x-content-type-options": "nosniff", "x-frame-options": "DENY",
    "referrer-policy": "no-referrer", "content-security-policy": PAGE_POLICY,
}  # fmt: skip
Headers = dict[str, str]


class RefusedError(Exception):
    """A request that goes no further; its status and text."""

    def __init__(self, status: int) -> None:
        super().__init__("refused")
        self.status = status


class Edge:
    """An ASGI application around another one."""

    def __init__(self, app: FastAPI, keeper: Keeper, limit: int, log: Path | None) -> None:
        self.app, self._keeper, self._limit, self._log = app, keeper, limit, log
        self._asked: Counter[tuple[str, int]] = Counter()
        self._numbers = count()
        self._readers = asyncio.Semaphore(READERS)

    def _has(self, hole: str) -> bool:
        return hole in self._keeper.holes

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        sent = {name.decode(): value.decode("latin-1") for name, value in scope["headers"]}
        telling = self._telling(sent, send)
        try:
            self._count(scope, sent)
            self._write(scope)
            if self._has("headers") and len(scope["headers"]) > 100:
                raise RefusedError(500)
            body = await self._body(receive)
            self._parse(body)
        except RefusedError as error:
            await _answer(telling, error)
            return

        async def again() -> Any:
            return {"type": "http.request", "body": body, "more_body": False}

        await self.app(scope, again, telling)

    def _count(self, scope: Any, sent: Headers) -> None:
        """A place in the window of whoever asks; who has logged in has a window of their own."""
        who = sent.get("authorization", scope["client"][0])
        if self._has("limit-by-header"):
            who += sent.get("x-forwarded-for", "")
        worker = next(self._numbers) % 2 if self._has("loose") else 0
        if self._asked[who, worker] >= self._limit:
            raise RefusedError(429)
        self._asked[who, worker] += 1

    def _write(self, scope: Any) -> None:
        if self._log is None:
            return
        from suites.framework.anywhere.keep import as_line

        query = unquote_plus(scope["query_string"].decode("latin-1"))
        line = query if self._has("log") else as_line(scope["path"], query)
        with self._log.open("a", encoding="utf-8") as file:
            file.write(line + "\n")

    async def _body(self, receive: Any) -> bytes:
        if not self._has("slow"):
            return await self._read(receive)
        async with self._readers:
            return await self._read(receive)

    async def _read(self, receive: Any) -> bytes:
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if len(body) > BODY_MAX and not self._has("body"):
                raise RefusedError(413)
            if message["type"] == "http.disconnect" or not message.get("more_body"):
                return bytes(body)

    def _parse(self, body: bytes) -> None:
        if not body:
            return
        try:
            json.loads(body)
        except ValueError:
            if self._has("broken"):
                raise RefusedError(500) from None
            raise RefusedError(422) from None
        except RecursionError:
            raise RefusedError(500 if self._has("deep") else 422) from None

    def _telling(self, sent: Headers, send: Any) -> Any:
        """`send`, with the headers that every answer carries."""

        async def telling(message: Any) -> None:
            if message["type"] == "http.response.start":
                more = _encoded(self._headers(message["status"], sent))
                message = {**message, "headers": [*message.get("headers", ()), *more]}
            await send(message)

        return telling

    def _headers(self, status: int, sent: Headers) -> Headers:
        held = {**SAFE, "ratelimit-policy": f'"all";q={self._limit};w={WINDOW_S}'}
        if self._has("kept"):
            held["cache-control"] = "max-age=60"
        if self._has("sniff") and status == 404:
            del held["x-content-type-options"]
        if self._has("origins") and "origin" in sent:
            held["access-control-allow-origin"] = sent["origin"]
            held["access-control-allow-credentials"] = "true"
        return held


def _encoded(headers: Headers) -> Iterable[tuple[bytes, bytes]]:
    return [(name.encode(), value.encode("latin-1")) for name, value in headers.items()]


async def _answer(send: Any, refusal: RefusedError) -> None:
    body = json.dumps({"detail": str(refusal)}).encode()
    media = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": refusal.status, "headers": media})
    await send({"type": "http.response.body", "body": body})
