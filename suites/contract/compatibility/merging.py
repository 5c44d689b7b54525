"""Schemas that must all hold, as one: the parts of `allOf`, and what is written beside them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import zip_longest
from math import lcm
from typing import Any

from suites.contract.compatibility.document import Json

# Words that bind no value; of two, the one that is nearer counts.
ANNOTATIONS = frozenset(
    ["$comment", "default", "deprecated", "description", "discriminator", "example", "examples",
     "externalDocs", "title", "xml"]
)  # fmt: skip
CONDITION = ("if", "then", "else")


def as_schema(value: Any) -> Json:
    """What may stand for a schema as an object: `true` allows anything, `false` nothing."""
    if isinstance(value, Mapping):
        return value
    return {"not": {}} if value is False else {}


def both(*nodes: Any) -> Json:
    """The schema of what keeps all of them, as short as it can be written.

    A schema that is made of parts again and again comes out the same, so recursion has an end.
    """
    parts: list[Json] = []
    for node in map(as_schema, nodes):
        inner = node["allOf"] if node.keys() == {"allOf"} else [node]
        parts += [part for part in map(as_schema, inner) if part and part not in parts]
    if len(parts) > 1:
        return {"allOf": parts}
    return parts[0] if parts else {}


def merged(base: Json, over: Json) -> dict[str, Any]:
    """Two schemas that both hold, without references, as one.

    What one schema cannot say, such as two patterns, is left as a part in `allOf`.
    """
    made = {**base, **over}
    left = [*base.get("allOf", ()), *over.get("allOf", ())]
    if "if" in base and "if" in over:
        left.append({word: base[word] for word in CONDITION if word in base})
        made = {word: value for word, value in made.items() if word not in CONDITION}
        made |= {word: over[word] for word in CONDITION if word in over}
    for word in base:
        if word not in over or base[word] == over[word] or word in ANNOTATIONS:
            continue
        if word in _JOINS:
            made[word] = _JOINS[word](base[word], over[word])
        elif word not in ("allOf", *CONDITION):
            left.append({word: base[word]})
    return {**made, "allOf": left} if left else made


def _types(base: Any, over: Any) -> Any:
    """Whole numbers are numbers, too. Where nothing is common, what is nearer."""
    before, after = ([one] if isinstance(one, str) else list(one) for one in (base, over))
    found = [one for one in after if one in before or (one == "integer" and "number" in before)]
    found += [one for one in before if one == "integer" and "number" in after and one not in found]
    return found[0] if len(found) == 1 else found or over


def _multiple(base: Any, over: Any) -> Any:
    whole = isinstance(base, int) and isinstance(over, int)
    return lcm(base, over) if whole else over


def _named(base: Json, over: Json) -> dict[str, Any]:
    shared = {name: both(base[name], over[name]) for name in base if name in over}
    return {**base, **over, **shared}


def _lists(base: Json, over: Json) -> dict[str, Any]:
    names = {*base, *over}
    return {name: _joined(base.get(name, ()), over.get(name, ())) for name in sorted(names)}


def _joined(base: Any, over: Any) -> list[Any]:
    return list(dict.fromkeys([*base, *over]))


def _places(base: list[Any], over: list[Any]) -> list[Json]:
    return [both(one, other) for one, other in zip_longest(base, over, fillvalue=True)]


def _rest(base: Any, over: Any) -> Any:
    return False if base is False or over is False else both(base, over)


def _either(base: Any, over: Any) -> bool:
    return bool(base or over)


_JOINS: Mapping[str, Callable[[Any, Any], Any]] = {
    "type": _types,
    "enum": lambda base, over: [one for one in over if one in base],
    "multipleOf": _multiple,
    "required": _joined,
    "dependentRequired": _lists,
    "properties": _named,
    "patternProperties": _named,
    "dependentSchemas": _named,
    "items": _rest,
    "additionalProperties": _rest,
    "unevaluatedItems": _rest,
    "unevaluatedProperties": _rest,
    "propertyNames": both,
    "prefixItems": _places,
    **dict.fromkeys(("uniqueItems", "readOnly", "writeOnly", "nullable"), _either),
    **dict.fromkeys(
        ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties", "minContains"),
        max,
    ),
    **dict.fromkeys(
        ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties", "maxContains"),
        min,
    ),
}
