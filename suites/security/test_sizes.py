"""Requests that are too large, too deep or too many, against the live service."""

import json
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient, ReadError, Response, WriteError

from fixtures import clients
from fixtures.live import LiveService
from sut.settings import Settings

pytestmark = pytest.mark.objective("sec-input")

BODY_MAX: int = Settings.model_fields["body_max_bytes"].default
CREDENTIALS = {"email": clients.player_address(99), "password": clients.PASSWORD}
JSON = {"Content-Type": "application/json"}


@pytest.fixture
async def visitor(live_service: LiveService) -> AsyncIterator[AsyncClient]:
    async with AsyncClient(base_url=live_service.url, timeout=60) as client:
        yield client


@pytest.fixture(autouse=True)
async def _still_served(visitor: AsyncClient) -> AsyncIterator[None]:
    """After each attack the service must answer someone else as ever."""
    yield
    answer = await visitor.get("/api/teams")
    assert answer.status_code == 200


async def post(visitor: AsyncClient, content: bytes, **headers: str) -> Response:
    return await visitor.post("/api/sessions", content=content, headers={**JSON, **headers})


def padded(size: int) -> bytes:
    """Good credentials with blanks behind them, `size` bytes in all."""
    return json.dumps(CREDENTIALS).encode().ljust(size)


async def test_a_body_of_the_allowed_size_is_taken_and_one_byte_more_is_not(
    visitor: AsyncClient,
) -> None:
    assert (await post(visitor, padded(BODY_MAX))).status_code == 201
    refused = await post(visitor, padded(BODY_MAX + 1))
    assert refused.status_code == 413
    assert refused.headers["content-type"] == "application/problem+json"


async def test_a_body_without_a_length_is_bounded_all_the_same(visitor: AsyncClient) -> None:
    async def stream(blanks: int) -> AsyncIterator[bytes]:
        for _ in range(blanks):
            yield b" " * 4_096
        yield json.dumps(CREDENTIALS).encode()

    assert (await visitor.post("/api/sessions", content=stream(4), headers=JSON)).is_success
    try:
        refused = await visitor.post("/api/sessions", content=stream(400), headers=JSON)
    except (ReadError, WriteError):
        return  # the service need not listen to the end before it hangs up
    assert refused.status_code == 413


@pytest.mark.parametrize(
    "body",
    [
        b"[" * 20_000,
        b"[" * 20_000 + b"]" * 20_000,
        b'{"a":' * 8_000 + b"1" + b"}" * 8_000,
        b'{"email": ' + b"[" * 9_000 + b"]" * 9_000 + b"}",
    ],
    ids=["open arrays", "arrays", "objects", "arrays inside"],
)
async def test_deep_json_is_refused(visitor: AsyncClient, body: bytes) -> None:
    assert (await post(visitor, body)).status_code == 422


@pytest.mark.parametrize(
    "body",
    [
        b"", b"null", b"1", b'"text"', b"[]", b"{}", b"\xff\xfe\x00", b"\x00", b"{'email': 1}",
        b'{"email": NaN}', b'{"email": 1e400}', b'{"email": ' + b"9" * 5_000 + b"}",
        b'{"email": "\\ud800"}', b'{"email": "a", "email": "b"}', b"\xef\xbb\xbf{}",
        b'{"email": "a@example.org", "password": {"$gt": ""}}',
    ],
    ids=lambda body: repr(body[:24]),
)  # fmt: skip
async def test_a_body_that_is_no_proper_json_object_is_refused(
    visitor: AsyncClient, body: bytes
) -> None:
    refused = await post(visitor, body)
    assert refused.status_code == 422, refused.text
    assert refused.json()["type"].endswith("/invalid-request")


@pytest.mark.parametrize(
    "media", ["text/plain", "application/xml", "application/x-www-form-urlencoded", "x", ""]
)
async def test_a_body_of_another_kind_is_not_read_as_json(visitor: AsyncClient, media: str) -> None:
    answer = await post(visitor, json.dumps(CREDENTIALS).encode(), **{"Content-Type": media})
    assert answer.status_code in {415, 422}


async def test_many_and_long_headers_are_answered_or_refused_but_break_nothing(
    visitor: AsyncClient,
) -> None:
    many = {f"X-Header-{number}": "v" * 20 for number in range(500)}
    for headers in (many, {"X-Long": "v" * 30_000}, {"Cookie": "a=b;" * 3_000}):
        answer = await visitor.get("/api/teams", headers=headers)
        assert answer.status_code in {200, 400, 431}


async def test_a_long_address_is_answered_or_refused_but_breaks_nothing(
    visitor: AsyncClient,
) -> None:
    for path in ("/api/teams/" + "9" * 30_000, "/api/matches?cursor=" + "a" * 30_000, "/a" * 9_000):
        answer = await visitor.get(path)
        assert 400 <= answer.status_code < 500


async def test_a_property_named_a_thousand_times_over_is_refused(visitor: AsyncClient) -> None:
    names = {f"name{number}": number for number in range(3_000)}
    refused = await post(visitor, json.dumps({**CREDENTIALS, **names}).encode())
    assert refused.status_code == 422
    assert len(refused.content) < 20_000, "a refusal should not be larger than its reason"
