"""An answer held against the document: its status, and every property that it carries."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from suites.contract.compatibility.document import Document, Json, Operation, media_of
from suites.contract.compatibility.schemas import flat
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
    """Each property of `value` that its schema does not name.

    An object whose schema says nothing of further properties is taken at its word: what is not
    written down is not meant to be shown. One that says `additionalProperties` holds what it likes.
    """
    if not schema:
        return
    made = flat(schema, document)
    if made.union:
        found = [list(undeclared(document, one, value, where)) for one in made.union]
        yield from min(found, key=len)
    elif isinstance(value, Mapping) and made.properties:
        for name, below in value.items():
            place = f"{where}.{name}" if where else str(name)
            if name in made.properties:
                yield from undeclared(document, made.properties[name], below, place)
            elif not made.body.get("additionalProperties") and "patternProperties" not in made.body:
                yield place
    elif isinstance(value, list) and isinstance(made.body.get("items"), Mapping):
        places = (undeclared(document, made.body["items"], one, f"{where}[]") for one in value)
        yield from dict.fromkeys(place for found in places for place in found)
