"""An answer held against the document: its status, and every property that it carries."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from suites.contract.compatibility.document import Document, Json, Operation, media_of
from suites.contract.compatibility.merging import as_schema, both
from suites.contract.compatibility.schemas import Schema, flat
from suites.contract.faults import EXPOSURE, UNDOCUMENTED_STATUS, Fault


def promised(operation: Operation, status: int) -> Json | None:
    """What the document says of a status: its own row, its class, or the default."""
    for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
        if key in operation.responses:
            return operation.responses[key]
    return None


def faults(
    document: Document, operation: Operation, status: int, media: str, body: Any
) -> Iterator[Fault]:
    """What an answer has that the document does not promise. `body` is parsed JSON or None."""
    name = operation.id or str(operation)
    answer = promised(operation, status)
    if answer is None:
        known = ", ".join(operation.responses)
        yield Fault(UNDOCUMENTED_STATUS, name, str(status), f"answered {status}, knows {known}")
        return
    schema = media_of(answer).get(media.partition(";")[0].strip())
    if schema is not None and body is not None:
        for place in undeclared(document, schema, body):
            yield Fault(EXPOSURE, name, place, f"answer {status} carries {place}")


def undeclared(document: Document, schema: Json, value: Any, where: str = "") -> Iterator[str]:
    """Each property of `value` that its schema does not name; of items and values, each once.

    An object whose schema says nothing of further properties is taken at its word: what is not
    written down is not meant to be shown. One that says `additionalProperties` holds what it likes.
    """
    if not schema or not isinstance(value, Mapping | list):
        return
    kind = "object" if isinstance(value, Mapping) else "array"
    # A text has no properties, so what an object shows is held against objects alone.
    forms = [one for one in _forms(document, schema) if kind in one.types]
    found = [list(dict.fromkeys(_shown(document, one, value, where))) for one in forms]
    yield from min(found, key=len, default=[])


def _forms(document: Document, schema: Json, way: frozenset[str] = frozenset()) -> Iterator[Schema]:
    """What a schema may be in the end; a form that leads back to itself is none."""
    made = flat(schema, document)
    if not made.union:
        yield made
    for one in made.union:
        if repr(one) not in way:
            yield from _forms(document, both(one, made.body), way | {repr(one)})


def _shown(document: Document, made: Schema, value: Any, where: str) -> Iterator[str]:
    if isinstance(value, list):
        for one in _items(made.body, value, where):
            yield from undeclared(document, *one)
    elif made.properties or "type" in made.body:
        yield from _in_object(document, made.body, value, where)


def _items(body: Json, value: list[Any], where: str) -> Iterator[tuple[Json, Any, str]]:
    """Each item with its schema and its place; those without a schema may be anything."""
    first = body.get("prefixItems", ())
    for number, one in enumerate(value):
        if number < len(first):
            yield as_schema(first[number]), one, f"{where}[{number}]"
        elif isinstance(body.get("items"), Mapping):
            yield body["items"], one, f"{where}[]"


def _in_object(document: Document, body: Json, value: Json, where: str) -> Iterator[str]:
    named: Json = body.get("properties", {})
    words = ("additionalProperties", "unevaluatedProperties")
    further = next((body[word] for word in words if body.get(word) not in (None, False)), False)
    for name, below in value.items():
        place = f"{where}.{name}" if where else str(name)
        patterns = [one for one in body.get("patternProperties", ()) if _matches(one, str(name))]
        if name in named:
            yield from undeclared(document, as_schema(named[name]), below, place)
        elif patterns or further is not False:
            # Names of a map are data: one place for all its values.
            schema = body["patternProperties"][patterns[0]] if patterns else further
            place = f"{where}.*" if where else "*"
            yield from undeclared(document, as_schema(schema), below, place)
        else:
            yield place


def _matches(pattern: str, name: str) -> bool:
    """Whether a name is meant by a pattern; one that Python cannot read is given the benefit."""
    try:
        return re.search(pattern, name) is not None
    except re.error:
        return True
