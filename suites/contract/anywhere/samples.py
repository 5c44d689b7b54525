"""A value for a schema, the same each time: what a request holds where nobody gave anything."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Any

from suites.contract.compatibility.document import Document, Json
from suites.contract.compatibility.merging import both
from suites.contract.compatibility.schemas import flat

FORMATS = {
    "email": "probe{n}@example.org",
    "uuid": "00000000-0000-4000-8000-{n:012}",
    "date": "2026-03-01",
    "date-time": "2026-03-01T12:00:00Z",
    "time": "12:00:00Z",
    "uri": "https://example.org/{n}",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "byte": "cHJvYmU=",
    "password": "Probe-horse-{n}-battery",
}
DEPTH_MAX = 6
ITEMS_MAX = 1000


Way = tuple[frozenset[str], ...]  # the references that led to a schema, level by level


def sample(document: Document, schema: Json, number: int, name: str = "", way: Way = ()) -> Any:
    """A valid value as far as the schema tells; text holds `number`, so that it is new.

    A schema that requires itself has no value, and gets none.
    """
    named = _references(schema)
    if len(way) > DEPTH_MAX + 2 or _is_met(named, way):
        return None
    way = (*way, named)
    made = flat(schema, document)
    body = dict(made.body)
    if made.union and len(way) <= DEPTH_MAX:
        return sample(document, both(made.union[0], body), number, name, way)
    if "const" in body:
        return body["const"]
    if body.get("enum"):
        return body["enum"][0]
    if "object" in made.types and (made.properties or made.types == {"object"}):
        return _object(document, body, number, way)
    if "array" in made.types and len(made.types) == 1:
        return _array(document, body, number, name, way)
    if "string" in made.types:
        return _text(body, number, name)
    if made.types & {"integer", "number"}:
        return _number(body)
    return False if "boolean" in made.types else None


def _references(schema: Json) -> frozenset[str]:
    """What a schema refers to as itself: directly, or as a part or an alternative."""
    parts = [schema, *(one for word in ("allOf", "anyOf", "oneOf") for one in schema.get(word, ()))]
    return frozenset(str(one["$ref"]) for one in parts if "$ref" in one)


def _is_met(named: frozenset[str], way: Way) -> bool:
    """Whether one leads back; the last of the way may be the union that it is chosen from."""
    return any(named & before for before in way[:-1])


def _object(document: Document, body: Json, number: int, way: Way) -> dict[str, Any]:
    found: dict[str, Any] = {}
    required = set(body.get("required", ()))
    for name, schema in body.get("properties", {}).items():
        inner = document.resolve(schema)
        ends = len(way) > DEPTH_MAX or _is_met(_references(schema), (*way, frozenset()))
        if inner.get("readOnly") or (ends and name not in required):
            continue
        found[name] = sample(document, schema, number, name, way)
    return found


def _array(document: Document, body: Json, number: int, name: str, way: Way) -> list[Any]:
    items = body.get("items")
    if not isinstance(items, Mapping) or len(way) > DEPTH_MAX:
        return []
    if _is_met(_references(items), (*way, frozenset())):
        return []
    count = min(max(int(body.get("minItems", 1)), 1), ITEMS_MAX)
    return [sample(document, items, number + at, name, way) for at in range(count)]


def _text(body: Json, number: int, name: str) -> str:
    if "pattern" in body:
        return _matching(str(body["pattern"]), body.get("minLength", 0), body.get("maxLength"))
    kind = str(body.get("format", ""))
    if not kind and "email" in name.lower():
        kind = "email"
    if not kind and "password" in name.lower():
        kind = "password"
    text = FORMATS.get(kind, f"probe-{name or 'text'}-{{n}}").format(n=number)
    text = text.ljust(int(body.get("minLength", 0)), "x")
    longest = body.get("maxLength")
    # The end is what differs.
    return text if longest is None or kind in FORMATS else text[-int(longest) :]


def _number(body: Json) -> int | float:
    low = body.get("minimum", body.get("exclusiveMinimum"))
    high = body.get("maximum", body.get("exclusiveMaximum"))
    value = 1 if low is None else low + ("minimum" not in body)
    if low is None and high is not None and high < value:
        value = high - ("maximum" not in body)
    step = body.get("multipleOf")
    return value if not step else -(-value // step) * step


@cache
def _matching(pattern: str, shortest: int, longest: int | None) -> str:
    """The simplest text that a pattern matches."""
    from hypothesis import find, settings
    from hypothesis import strategies as st
    from hypothesis.errors import HypothesisException

    def fits(text: str) -> bool:
        return len(text) >= shortest and (longest is None or len(text) <= longest)

    try:
        quiet = settings(database=None, derandomize=True, max_examples=300, deadline=None)
        return find(st.from_regex(re.compile(pattern)), fits, settings=quiet)
    except (HypothesisException, re.error):
        return "probe"
