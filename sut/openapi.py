"""The OpenAPI document: what FastAPI knows of the routes, completed with what all of them share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.openapi.utils import get_openapi
from fastapi.routing import iter_route_contexts
from pydantic import BaseModel

from sut import problems
from sut.dependencies import current_admin
from sut.problems import ProblemType
from sut.wire import Answer, Body

TITLE = "SoccerAI"
VERSION = "1.0.0"
DESCRIPTION = (
    "Predict football matches and see how well you did. Every refusal is an RFC 9457 problem with "
    "a stable `type`. Times are RFC 3339 with an offset. Unknown fields and parameters are refused."
)
TAGS = {
    "accounts": "Registering, the profile and one's own data",
    "sessions": "Logging in and out",
    "matches": "Teams, matches, results and standings",
    "predictions": "One's own predictions, and everybody's after kick-off",
    "leaderboard": "Who predicts best",
    "forecasts": "What the model expects",
    "operations": "Health and the audit trail",
}
_UNLIMITED = "/health/"
_PROCESS_ALONE = "/health/live"
_Object = dict[str, Any]


def describe(app: FastAPI) -> _Object:
    """The document of `app`."""
    document = get_openapi(
        title=TITLE, version=VERSION, description=DESCRIPTION, routes=app.routes,
        openapi_version="3.1.0", servers=[{"url": "/"}],
    )  # fmt: skip
    used = {tag for _, _, operation in _operations(document) for tag in operation.get("tags", ())}
    document["tags"] = [
        {"name": name, "description": text} for name, text in TAGS.items() if name in used
    ]
    for_admins = set(_admin_operations(app))
    for path, _, operation in _operations(document):
        _complete(path, operation, admin=operation["operationId"] in for_admins)
    components = document.setdefault("components", {})
    schemas = components.setdefault("schemas", {})
    for name in ("HTTPValidationError", "ValidationError"):
        schemas.pop(name, None)
    for model in (*Answer.__subclasses__(), *Body.__subclasses__()):
        _restore_examples(schemas.get(model.__name__, {}), model)
    schemas["Problem"] = _problem_schema()
    schemas["InvalidRequest"] = _invalid_request_schema()
    schemas["NotReady"] = _not_ready_schema()
    components["headers"] = _HEADERS
    return document


def _restore_examples(schema: _Object, model: type[BaseModel]) -> None:
    """FastAPI leaves out what is null: in examples too, where null is a value like another."""
    extra = model.model_config.get("json_schema_extra")
    if isinstance(extra, dict) and "examples" in extra and "examples" in schema:
        schema["examples"] = extra["examples"]


def _operations(document: _Object) -> Iterator[tuple[str, str, _Object]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def _admin_operations(app: FastAPI) -> Iterator[str]:
    for context in iter_route_contexts(app.routes):
        dependant = getattr(context, "dependant", None)
        if dependant is not None and _needs_admin(dependant):
            yield context.operation_id or ""


def _needs_admin(dependant: Dependant) -> bool:
    return dependant.call is current_admin or any(map(_needs_admin, dependant.dependencies))


def _complete(path: str, operation: _Object, *, admin: bool) -> None:
    responses: _Object = operation["responses"]
    if "application/json" in responses.get("422", {}).get("content", {}):
        del responses["422"]
    for kind in _shared(path, operation, admin=admin):
        status = str(kind.status)
        if status in responses:
            problems.add_example(responses[status], kind)
        else:
            responses[status] = problems.refusal(kind)
    operation["responses"] = dict(sorted(responses.items()))
    operation.setdefault("security", [])
    for status, response in responses.items():
        headers = response.setdefault("headers", {})
        headers["X-Request-ID"] = _header("RequestId")
        if not path.startswith(_UNLIMITED):
            headers["RateLimit"] = _header("RateLimit")
            headers["RateLimit-Policy"] = _header("RateLimitPolicy")
        if status in ("429", "503"):
            headers["Retry-After"] = _header("RetryAfter")


def _shared(path: str, operation: _Object, *, admin: bool) -> Iterator[ProblemType]:
    """What an operation can refuse beside its own reasons."""
    if operation.get("security"):
        yield problems.UNAUTHENTICATED
    if admin:
        yield problems.FORBIDDEN
    yield problems.BODY_TOO_LARGE  # also where none is asked for: nobody has to read one
    yield problems.INVALID_REQUEST
    if not path.startswith(_UNLIMITED):
        yield problems.TOO_MANY_REQUESTS
    yield problems.INTERNAL
    if path != _PROCESS_ALONE:
        yield problems.UNAVAILABLE


def _header(name: str) -> _Object:
    return {"$ref": f"#/components/headers/{name}"}


_HEADERS: _Object = {
    "RequestId": {
        "description": "Names this request in the answer, the log and the audit trail",
        "schema": {"type": "string", "pattern": "^[A-Za-z0-9_-]{8,64}$"},
    },
    "RateLimit": {
        "description": "What is left (`r`) and in how many seconds the next place is free (`t`)",
        "schema": {"type": "string", "examples": ['"player";r=599;t=60']},
    },
    "RateLimitPolicy": {
        "description": "Requests (`q`) in any window of `w` seconds",
        "schema": {"type": "string", "examples": ['"player";q=600;w=60']},
    },
    "RetryAfter": {
        "description": "Seconds to wait",
        "schema": {"type": "string", "pattern": "^[0-9]+$"},
    },
}


def _problem_schema() -> _Object:
    kinds = sorted(kind.uri for kind in vars(problems).values() if isinstance(kind, ProblemType))
    return {
        "title": "Problem",
        "description": "A refusal (RFC 9457)",
        "type": "object",
        "required": ["type", "title", "status", "detail", "request_id"],
        "properties": {
            "type": {"type": "string", "format": "uri", "enum": kinds},
            "title": {"type": "string"},
            "status": {"type": "integer", "minimum": 400, "maximum": 599},
            "detail": {"type": "string"},
            "request_id": {"type": "string"},
        },
    }


def _not_ready_schema() -> _Object:
    problem = _problem_schema()
    problem["title"] = "NotReady"
    problem["description"] = "Which of the things that the service stands on is missing"
    problem["properties"]["dependencies"] = {"$ref": "#/components/schemas/Dependencies"}
    problem["required"] = [*problem["required"], "dependencies"]
    return problem


def _invalid_request_schema() -> _Object:
    fault = {
        "type": "object",
        "required": ["where", "kind", "message"],
        "properties": {
            "where": {"type": "array", "items": {"type": ["string", "integer"]}},
            "kind": {"type": "string"},
            "message": {"type": "string"},
        },
        "additionalProperties": False,
    }
    problem = _problem_schema()
    problem["title"] = "InvalidRequest"
    problem["description"] = "A request that is not as described; values are never repeated"
    problem["properties"]["errors"] = {"type": "array", "items": fault}
    return problem
