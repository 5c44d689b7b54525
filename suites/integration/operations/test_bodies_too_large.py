"""A body that is too large is refused by every operation, as its description says."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator

import pytest
from httpx import AsyncClient

from suites.integration.refusals import refusal
from sut.app import Service
from sut.settings import Settings

pytestmark = pytest.mark.objective("contract-conformance")

TOO_LARGE = b"x" * 70_000


async def test_every_operation_that_refuses_a_large_body_says_that_it_may(
    app: Service, client: AsyncClient
) -> None:
    asked = 0
    for path, operations in app.openapi()["paths"].items():
        for method, operation in operations.items():
            answer = await client.request(
                method, path.replace("{", "").replace("}", ""), content=TOO_LARGE
            )
            assert refusal(answer) == (413, "body-too-large"), (method, path)
            assert "413" in operation["responses"], (method, path)
            asked += 1
    assert asked >= 30


@pytest.mark.parametrize("bytes_each", [100, 1_000, 50_000])
async def test_a_body_of_unstated_length_is_measured_as_a_whole_however_small_its_chunks(
    client: AsyncClient, settings: Settings, bytes_each: int
) -> None:
    # pragma: allowlist nextline secret (of nobody)
    known = json.dumps({"email": "nobody@example.org", "password": "a wrong password"}).encode()
    just = known.ljust(settings.body_max_bytes)

    async def chunks(body: bytes) -> AsyncIterator[bytes]:
        for start in range(0, len(body), bytes_each):
            yield body[start : start + bytes_each]

    headers = {"content-type": "application/json"}
    taken, refused = [
        await client.post("/api/sessions", content=chunks(body), headers=headers)
        for body in (just, just + b" ")
    ]
    assert refusal(taken) == (401, "wrong-credentials")
    assert refusal(refused) == (413, "body-too-large")
