"""What a document must say of every operation, beyond being valid OpenAPI."""

from __future__ import annotations

from collections.abc import Iterator

from suites.contract.compatibility.document import (
    METHODS,
    Document,
    DocumentError,
    Json,
    media_of,
)
from suites.contract.compatibility.merging import ANNOTATIONS, as_schema
from suites.contract.examples import Examples

PROBLEM = "application/problem+json"


def faults(document: Json) -> Iterator[str]:
    """Every fault of the document, one line each: operation, place, what is wrong."""
    examples = Examples(document)
    seen: dict[str, str] = {}
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                try:
                    yield from _operation_faults(document, name, item[method], seen)
                    yield from examples.faults(name, item, item[method])
                except DocumentError as fault:
                    yield f"{name}: {fault}"
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield from examples.schema_faults(f"schema {name}", schema)


def is_json(media: str) -> bool:
    """Whether a media type is JSON, or written in it."""
    kind = media.partition(";")[0].strip().lower()
    return kind == "application/json" or kind.endswith("+json")


def _operation_faults(
    document: Json, name: str, operation: Json, seen: dict[str, str]
) -> Iterator[str]:
    identity = operation.get("operationId")
    if not identity:
        yield f"{name}: has no operationId"
    elif identity in seen:
        yield f"{name}: has the operationId of {seen[identity]}"
    seen.setdefault(str(identity), name)
    if not operation.get("summary"):
        yield f"{name}: has no summary"
    if not operation.get("tags"):
        yield f"{name}: has no tag"
    yield from _security_faults(document, name, operation)
    yield from _answer_faults(Document(document, {}), name, operation)


def _security_faults(document: Json, name: str, operation: Json) -> Iterator[str]:
    if "security" not in operation:
        yield f"{name}: does not say whether it needs a token"
        return
    schemes = document.get("components", {}).get("securitySchemes", {})
    for way in operation["security"]:
        for scheme in way:
            if scheme not in schemes:
                yield f"{name}: needs {scheme}, which is not described"
    if operation["security"] and "401" not in operation.get("responses", {}):
        yield f"{name}: needs a token, but has no answer 401"


def _answer_faults(document: Document, name: str, operation: Json) -> Iterator[str]:
    answers = {
        status: document.resolve(one) for status, one in operation.get("responses", {}).items()
    }
    if not any(status.startswith("2") for status in answers):
        yield f"{name}: has no answer of success"
    if "requestBody" in operation and "422" not in answers:
        yield f"{name}: takes a body, but has no answer 422"
    for status, answer in answers.items():
        if not answer.get("description"):
            yield f"{name}: answer {status} has no description"
        if status.startswith(("4", "5")) and list(answer.get("content", {})) != [PROBLEM]:
            yield f"{name}: answer {status} is no {PROBLEM}"
        for media, schema in media_of(answer).items():
            if is_json(media) and not _promises(document, schema):
                yield f"{name}: answer {status} {media} promises nothing of what it holds"


def _promises(document: Document, schema: Json) -> bool:
    """Whether a schema binds anything. Without it nobody sees what an answer should not carry."""
    words = document.resolve(as_schema(schema)).keys() - ANNOTATIONS
    return any(not word.startswith("x-") for word in words)
