"""What every refusal must look like, and which one it is."""

from __future__ import annotations

from httpx import Response

TYPE_PREFIX = "https://soccerai.example/problems/"
MEMBERS = {"type", "title", "status", "detail", "request_id"}


def refusal(answer: Response) -> tuple[int, str]:
    """Status and slug of a refusal. Raises AssertionError when it is not a proper problem."""
    assert answer.is_error, f"no refusal: {answer.status_code} {answer.text[:200]}"
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert body.keys() >= MEMBERS, body
    assert body["status"] == answer.status_code
    assert body["request_id"] == answer.headers["x-request-id"]
    assert body["type"].startswith(TYPE_PREFIX)
    return answer.status_code, body["type"].removeprefix(TYPE_PREFIX)
