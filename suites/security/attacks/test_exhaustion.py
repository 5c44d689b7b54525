"""Requests that cost their sender little and the service much: others are served all the same."""

from __future__ import annotations

import asyncio
import gzip
import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from urllib.parse import urlsplit

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.live import LiveService

pytestmark = pytest.mark.objective("sec-input")

# Far more than there are worker processes, threads for bcrypt, and connections to Postgres.
SLOW = 120
HEAD = b"POST /api/sessions HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
# Each stops somewhere else: in a header, before the body, in it, between two chunks of it.
UNFINISHED = {
    "request line": b"GET /api/te",
    "headers": HEAD + b"X-Slow: a",
    "body of a known length": HEAD + b"Content-Length: 9000\r\n\r\n" + b'{"email": "a',
    "body in chunks": HEAD + b'Transfer-Encoding: chunked\r\n\r\n9\r\n{"email":\r\n',
}
JSON = {"Content-Type": "application/json"}
# Small text that is slow to read for expressions that try every way, or for quadratic parsers.
BOMBS: Mapping[str, dict[str, object]] = {
    "address of dots": {"email": "a." * 4_000 + "@example.org"},
    "address of labels": {"email": "a@" + "a." * 4_000 + "!"},
    "address of quotes": {"email": '"' + "\\" * 4_000 + '"@example.org'},
    "address of blanks": {"email": " " * 8_000 + "@"},
    "address of comments": {"email": "(" * 4_000 + "a@example.org"},
    "letters that fold": {"email": "ﬃ" * 2_600 + "@example.org"},
    "letters that combine": {"email": "e" + "\u0301" * 4_000 + "@example.org"},
    "password of blanks": {"password": " " * 8_000},
    "keys of one hash": {f"k{n * (2**61 - 1)}": n for n in range(300)},
}


@pytest.fixture
async def visitor(live_service: LiveService) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=live_service.url, timeout=60) as client:
        yield client


@asynccontextmanager
async def hanging(url: str, begun: bytes, count: int) -> AsyncIterator[None]:
    """`count` connections that have sent the beginning of a request and say no more."""
    address = urlsplit(url)
    async with AsyncExitStack() as stack:
        for _ in range(count):
            _, writer = await asyncio.open_connection(address.hostname, address.port)
            stack.callback(writer.close)
            writer.write(begun)
            await writer.drain()
        yield


@pytest.mark.parametrize("where", UNFINISHED)
async def test_requests_that_never_end_hold_up_nobody(
    live_service: LiveService, visitor: AsyncClient, where: str
) -> None:
    async with hanging(live_service.url, UNFINISHED[where], SLOW):
        tokens = await clients.log_in(visitor, clients.player_address(90))
        bearer = {"Authorization": f"Bearer {tokens['access_token']}"}
        answers = await asyncio.gather(
            *(visitor.get("/api/matches") for _ in range(8)),
            *(visitor.get("/api/me", headers=bearer) for _ in range(8)),
        )
        assert {answer.status_code for answer in answers} == {200}
        assert (await visitor.get("/health/ready")).status_code == 200


@pytest.mark.parametrize("what", BOMBS)
async def test_text_that_is_slow_to_read_is_refused_and_holds_up_nobody(
    visitor: AsyncClient, what: str
) -> None:
    body: dict[str, object] = {
        "email": "a@example.org",
        "password": clients.PASSWORD,
        **BOMBS[what],
    }
    sent = [visitor.post("/api/sessions", json=body) for _ in range(10)]
    *refused, other = await asyncio.gather(*sent, visitor.get("/api/teams"))
    assert {answer.status_code for answer in refused} <= {401, 413, 422}
    assert other.status_code == 200


@pytest.mark.parametrize("coding", ["gzip", "deflate", "br", "gzip, gzip"])
async def test_a_packed_body_is_not_unpacked(visitor: AsyncClient, coding: str) -> None:
    credentials = {"email": clients.player_address(91), "password": clients.PASSWORD}
    plain = json.dumps(credentials).encode()
    packed = gzip.compress(plain + b" " * 10_000_000)
    assert len(packed) < 16_000
    headers = {**JSON, "Content-Encoding": coding}
    refused = await visitor.post("/api/sessions", content=packed, headers=headers)
    assert refused.status_code in {415, 422}
    control = await visitor.post("/api/sessions", content=plain, headers=JSON)
    assert control.status_code == 201


async def test_many_ranges_and_languages_cost_no_more_than_they_are_worth(
    visitor: AsyncClient,
) -> None:
    pieces: Sequence[dict[str, str]] = (
        {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(2_000))},
        {"Accept-Language": ",".join(f"de-{n};q=0.{n % 10}" for n in range(1_500))},
        {"Accept": ",".join(f"text/x{n}" for n in range(1_500))},
        {"If-None-Match": ",".join(f'"{n}"' for n in range(2_000))},
        {"Cookie": "; ".join(f"c{n}=v" for n in range(1_500))},
    )
    for headers in pieces:
        answer = await visitor.get("/api/teams", headers=headers)
        assert answer.status_code in {200, 400, 431}
        assert len(answer.content) < 100_000
