"""What a document must say of every operation, beyond being valid OpenAPI."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator, ReferencingError, Registry, ValidationError

from suites.contract.compatibility.document import METHODS

Json = Mapping[str, Any]
PROBLEM = "application/problem+json"
_BASE = "urn:document"
# JSON Schema 2020-12 and what OpenAPI 3.1 adds. A word beside these bounds nothing: a bound that is
# written `ge` instead of `minimum` is none.
KEYWORDS = frozenset(
    [
        "$anchor",
        "$comment",
        "$defs",
        "$dynamicAnchor",
        "$dynamicRef",
        "$id",
        "$ref",
        "$schema",
        "$vocabulary",
        "additionalProperties",
        "allOf",
        "anyOf",
        "const",
        "contains",
        "contentEncoding",
        "contentMediaType",
        "contentSchema",
        "default",
        "dependentRequired",
        "dependentSchemas",
        "deprecated",
        "description",
        "discriminator",
        "else",
        "enum",
        "example",
        "examples",
        "exclusiveMaximum",
        "exclusiveMinimum",
        "externalDocs",
        "format",
        "if",
        "items",
        "maxContains",
        "maxItems",
        "maxLength",
        "maxProperties",
        "maximum",
        "minContains",
        "minItems",
        "minLength",
        "minProperties",
        "minimum",
        "multipleOf",
        "not",
        "oneOf",
        "pattern",
        "patternProperties",
        "prefixItems",
        "properties",
        "propertyNames",
        "readOnly",
        "required",
        "then",
        "title",
        "type",
        "unevaluatedItems",
        "unevaluatedProperties",
        "uniqueItems",
        "writeOnly",
        "xml",
    ]
)


def faults(document: Json) -> Iterator[str]:
    """Every fault of the document, one line each: operation, place, what is wrong."""
    validator = _Examples(document)
    seen: dict[str, str] = {}
    for path, item in document.get("paths", {}).items():
        for method in METHODS:
            if method in item:
                name = f"{method.upper()} {path}"
                yield from _operation_faults(document, name, item[method], seen)
                yield from validator.faults(name, item[method])
    for name, schema in document.get("components", {}).get("schemas", {}).items():
        yield from validator.schema_faults(f"schema {name}", schema)


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
    yield from _answer_faults(name, operation)


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


def _answer_faults(name: str, operation: Json) -> Iterator[str]:
    answers: Json = operation.get("responses", {})
    if not any(status.startswith("2") for status in answers):
        yield f"{name}: has no answer of success"
    if "requestBody" in operation and "422" not in answers:
        yield f"{name}: takes a body, but has no answer 422"
    for status, answer in answers.items():
        if not answer.get("description"):
            yield f"{name}: answer {status} has no description"
        if status.startswith(("4", "5")) and list(answer.get("content", {})) != [PROBLEM]:
            yield f"{name}: answer {status} is no {PROBLEM}"


class _Examples:
    """Checks examples against the schemas that they stand beside."""

    def __init__(self, document: Json) -> None:
        self._registry = Registry([(_BASE, dict(document))])

    def faults(self, name: str, operation: Json) -> Iterator[str]:
        """Faults of the examples of parameters, bodies and answers of one operation."""
        for parameter in operation.get("parameters", ()):
            where = f"{name}: {parameter['in']} parameter {parameter['name']}"
            yield from self._beside(where, parameter)
        for media, content in operation.get("requestBody", {}).get("content", {}).items():
            yield from self._beside(f"{name}: body {media}", content)
        for status, answer in operation.get("responses", {}).items():
            for media, content in answer.get("content", {}).items():
                yield from self._beside(f"{name}: answer {status} {media}", content)

    def _beside(self, where: str, holder: Json) -> Iterator[str]:
        schema: Json = holder.get("schema", {})
        values = [one["value"] for one in holder.get("examples", {}).values() if "value" in one]
        values += [holder["example"]] if "example" in holder else []
        for value in values:
            yield from self._check(where, schema, value)
        yield from self.schema_faults(where, schema)

    def schema_faults(self, where: str, schema: Json) -> Iterator[str]:
        """Faults of a schema, and of the examples inside it."""
        for keyword in sorted(schema.keys() - KEYWORDS):
            if not keyword.startswith("x-"):
                yield f"{where}: {keyword} is no keyword of JSON Schema, so it promises nothing"
        for value in schema.get("examples", ()):
            yield from self._check(where, schema, value)
        for name, below in schema.get("properties", {}).items():
            yield from self.schema_faults(f"{where}, {name}", below)

    def _check(self, where: str, schema: Json, value: object) -> Iterator[str]:
        try:
            validator = Draft202012Validator(
                _absolute(schema), registry=self._registry, validate_formats=True
            )
        except (ValidationError, ReferencingError) as fault:
            said = fault.message if isinstance(fault, ValidationError) else str(fault)
            yield f"{where}: its schema is faulty: {said[:120]}"
            return
        for error in validator.iter_errors(value):
            yield f"{where}: example {_path(error.instance_path)}: {error.message[:120]}"


def _path(parts: Iterable[str | int]) -> str:
    """A place in a value as JSONPath has it (RFC 9535)."""
    return "$" + "".join(f"[{one}]" if isinstance(one, int) else f".{one}" for one in parts)


def _absolute(node: Any) -> Any:
    """References are written relative to the document; a lone schema must name it."""
    if isinstance(node, Mapping):
        return {
            key: _BASE + value if key == "$ref" and isinstance(value, str) else _absolute(value)
            for key, value in node.items()
        }
    if isinstance(node, list):
        return [_absolute(one) for one in node]
    return node
