"""A body that is too large is refused by every operation, as its description says."""

from __future__ import annotations

import pytest
from httpx import AsyncClient

from suites.integration.refusals import refusal
from sut.app import Service

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
