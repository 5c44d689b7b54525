"""Refusals as RFC 9457 problems. A domain raises one; the app turns it into the answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

TYPE_PREFIX = "https://soccerai.example/problems/"
MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class ProblemType:
    """A kind of refusal: `slug` is stable and part of the contract."""

    slug: str
    status: int
    title: str

    @property
    def uri(self) -> str:
        """What the wire calls it."""
        return TYPE_PREFIX + self.slug


@dataclass(eq=False)
class Problem(Exception):  # noqa: N818 (the field's own word, RFC 9457)
    """A refusal that a client may see: say nothing of the inside in `detail`."""

    type: ProblemType
    detail: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    extra: Mapping[str, object] = field(default_factory=dict)


NOT_FOUND = ProblemType("not-found", 404, "There is no such thing here")
METHOD_NOT_ALLOWED = ProblemType("method-not-allowed", 405, "This method is not offered here")
INVALID_REQUEST = ProblemType("invalid-request", 422, "The request is not as described")
UNAUTHENTICATED = ProblemType("unauthenticated", 401, "A valid access token is needed")
FORBIDDEN = ProblemType("forbidden", 403, "This account may not do that")
WRONG_CREDENTIALS = ProblemType("wrong-credentials", 401, "Address or password is wrong")
WRONG_PASSWORD = ProblemType("wrong-password", 403, "The current password is wrong")
INVALID_REFRESH_TOKEN = ProblemType("invalid-refresh-token", 401, "Log in again")
EMAIL_TAKEN = ProblemType("email-taken", 409, "The address has an account already")
MOVE_NOT_ALLOWED = ProblemType("move-not-allowed", 409, "The match cannot go to that state")
MATCH_NOT_STARTED = ProblemType("match-not-started", 409, "The match has not kicked off")
PREDICTION_CLOSED = ProblemType("prediction-closed", 409, "The match no longer takes predictions")
ALREADY_PREDICTED = ProblemType("already-predicted", 409, "There is a prediction for this match")
IDEMPOTENCY_KEY_REUSED = ProblemType(
    "idempotency-key-reused", 422, "The key was used for another request"
)
PRECONDITION_FAILED = ProblemType("precondition-failed", 412, "It was changed in the meantime")
PRECONDITION_REQUIRED = ProblemType("precondition-required", 428, "Send If-Match")
TEAM_AGAINST_ITSELF = ProblemType("team-against-itself", 409, "A team cannot play itself")
NO_FORECAST = ProblemType("no-forecast", 409, "A cancelled match has no forecast")
FORECAST_QUOTA_USED = ProblemType("forecast-quota-used", 403, "No forecasts left today")
INVALID_CURSOR = ProblemType("invalid-cursor", 422, "The cursor is not one of ours, or too old")
TOO_MANY_REQUESTS = ProblemType("too-many-requests", 429, "Slow down")
BODY_TOO_LARGE = ProblemType("body-too-large", 413, "The request is too large")
UNAVAILABLE = ProblemType("unavailable", 503, "The service cannot answer just now")
INTERNAL = ProblemType("internal-error", 500, "Something went wrong on our side")


def documented(*kinds: ProblemType) -> dict[int | str, dict[str, Any]]:
    """FastAPI's `responses` for the refusals that an operation has of its own.

    What every operation can answer (401 where a token is needed, 413, 422, 429, 500, 503) is added
    by `sut.openapi`.
    """
    responses: dict[int | str, dict[str, Any]] = {}
    for kind in kinds:
        response = responses.setdefault(kind.status, refusal(kind))
        add_example(response, kind)
    return responses


def refusal(kind: ProblemType) -> dict[str, Any]:
    """The OpenAPI response object of one kind of refusal."""
    schema = "InvalidRequest" if kind.status == INVALID_REQUEST.status else "Problem"
    response: dict[str, Any] = {
        "description": kind.title,
        "content": {
            MEDIA_TYPE: {"schema": {"$ref": f"#/components/schemas/{schema}"}, "examples": {}}
        },
    }
    add_example(response, kind)
    return response


def add_example(response: dict[str, Any], kind: ProblemType) -> None:
    """Let a response object also show `kind`, if it does not yet."""
    content = response["content"][MEDIA_TYPE]
    shown = {"summary": kind.title, "value": example(kind)}
    content["examples"].setdefault(kind.slug, shown)
    titles = [one["summary"] for one in content["examples"].values()]
    response["description"] = "; ".join(titles)


def example(kind: ProblemType) -> dict[str, Any]:
    """What such a refusal looks like."""
    value: dict[str, Any] = {
        "type": kind.uri,
        "title": kind.title,
        "status": kind.status,
        "detail": kind.title,
        "request_id": "checkout-7-of-march",
    }
    if kind is INVALID_REQUEST:
        value["errors"] = [
            {"where": ["body", "name"], "kind": "missing", "message": "Field required"}
        ]
    return value
