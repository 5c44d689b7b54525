"""Schemas and the examples beside and inside them: words that bind, and values that fit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jsonschema_rs import Draft202012Validator, ReferencingError, Registry, ValidationError

from suites.contract.compatibility.document import Document, Json

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
# Where a schema holds schemas: one, a list of them, or some by name.
_ONE = (
    "additionalProperties", "contains", "contentSchema", "else", "if", "items", "not",
    "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
)  # fmt: skip
_LISTED = ("allOf", "anyOf", "oneOf", "prefixItems")
_NAMED = ("$defs", "dependentSchemas", "patternProperties", "properties")


class Examples:
    """Checks examples and defaults against the schemas that they stand beside, or in."""

    def __init__(self, document: Json) -> None:
        self._document = Document(document, {})
        self._registry = Registry([(_BASE, dict(document))])

    def faults(self, name: str, item: Json, operation: Json) -> Iterator[str]:
        """Faults of parameters, bodies, answers and their headers, of one operation of a path.

        Raises DocumentError where a reference leads nowhere.
        """
        resolve = self._document.resolve
        for found in (*item.get("parameters", ()), *operation.get("parameters", ())):
            parameter = resolve(found)
            where = f"{name}: {parameter['in']} parameter {parameter['name']}"
            yield from self._beside(where, parameter)
        yield from self._contents(f"{name}: body", resolve(operation.get("requestBody", {})))
        for status, one in operation.get("responses", {}).items():
            answer = resolve(one)
            yield from self._contents(f"{name}: answer {status}", answer)
            for header, told in answer.get("headers", {}).items():
                yield from self._beside(f"{name}: answer {status}, header {header}", resolve(told))

    def _contents(self, where: str, holder: Json) -> Iterator[str]:
        for media, content in holder.get("content", {}).items():
            yield from self._beside(f"{where} {media}", content)

    def _beside(self, where: str, holder: Json) -> Iterator[str]:
        """Faults of what has a schema and examples, or media types that have them."""
        yield from self._contents(where, holder)
        schema = holder.get("schema", {})
        named = map(self._document.resolve, holder.get("examples", {}).values())
        values = [one["value"] for one in named if "value" in one]
        values += [holder["example"]] if "example" in holder else []
        for value in values:
            yield from self._check(where, schema, value)
        yield from self.schema_faults(where, schema)

    def schema_faults(self, where: str, schema: Any) -> Iterator[str]:
        """Faults of a schema, of the examples inside it, and of all schemas inside it."""
        if not isinstance(schema, Mapping):
            return
        for keyword in sorted(schema.keys() - KEYWORDS):
            if not keyword.startswith("x-"):
                yield f"{where}: {keyword} is no keyword of JSON Schema, so it promises nothing"
        for value in (*schema.get("examples", ()), *_only(schema, "example")):
            yield from self._check(where, schema, value)
        for value in _only(schema, "default"):
            yield from self._check(where, schema, value, "default")
        for place, below in _below(schema):
            yield from self.schema_faults(f"{where}, {place}", below)

    def _check(
        self, where: str, schema: Json, value: object, what: str = "example"
    ) -> Iterator[str]:
        try:
            validator = Draft202012Validator(
                _absolute(schema), registry=self._registry, validate_formats=True
            )
        except (ValidationError, ReferencingError) as fault:
            said = fault.message if isinstance(fault, ValidationError) else str(fault)
            yield f"{where}: its schema is faulty: {said[:120]}"
            return
        for error in validator.iter_errors(value):
            yield f"{where}: {what} {_path(error.instance_path)}: {error.message[:120]}"


def _only(schema: Json, word: str) -> list[Any]:
    return [schema[word]] if word in schema else []


def _below(schema: Json) -> Iterator[tuple[str, Any]]:
    for word in _ONE:
        if word in schema:
            yield word, schema[word]
    for word in _LISTED:
        for number, one in enumerate(schema.get(word, ()), start=1):
            yield f"{word} {number}", one
    for word in _NAMED:
        for name, one in schema.get(word, {}).items():
            yield name if word == "properties" else f"{word} {name}", one


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
