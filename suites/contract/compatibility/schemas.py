"""Schemas made comparable: references followed, parts laid over each other, null taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from suites.contract.compatibility.document import Document, Json
from suites.contract.compatibility.merging import as_schema, both, merged

ANY_TYPE = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
FORMS_MAX = 200
_TYPE_NAMES = {
    type(None): "null", bool: "boolean", dict: "object", list: "array", float: "number",
    int: "integer", str: "string",
}  # fmt: skip


@dataclass(frozen=True)
class Schema:
    """One schema with its reference followed and its null taken out of the union.

    `types` are the JSON types that it allows, without null; `union` are further alternatives, each
    of which stands beside `body`; `name` is what it is referred to by, empty where it is not.
    """

    body: Json
    types: frozenset[str]
    nullable: bool
    union: tuple[Json, ...] = ()
    name: str = ""

    @property
    def properties(self) -> Mapping[str, Json]:
        """The named properties of an object."""
        found: Mapping[str, Json] = self.body.get("properties", {})
        return found

    @property
    def required(self) -> frozenset[str]:
        """The names that must be there."""
        return frozenset(self.body.get("required", ()))

    @property
    def values(self) -> frozenset[str] | None:
        """The written-out values of an enum or const, as text; None where any value may stand."""
        written = _written(self.body)
        return None if written is None else frozenset(map(repr, written)) - {"None"}


def flat(node: Json, document: Document) -> Schema:
    """A schema made comparable: `anyOf [X, null]` is a nullable X, `allOf [X]` is X."""
    return _flat(node, document, frozenset())


class Flattener:
    """The schemas of one document made comparable, each once, however often it is met."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self._known: dict[str, Schema] = {}

    def __call__(self, node: Json) -> Schema:
        """Make one comparable."""
        key = repr(node)
        if key not in self._known:
            self._known[key] = flat(node, self.document)
        return self._known[key]


def _flat(node: Json, document: Document, way: frozenset[str]) -> Schema:
    """`way` holds the references that led here: what is a part of itself adds nothing."""
    body, unions, way = _whole(node, document, way)
    types, nullable, name = _declared(body), _takes_null(body), _named(node)
    inner: list[Schema] = []
    for union in unions:
        is_null = [_is_null(one, document) for one in union]
        bare = [one for one, null in zip(union, is_null, strict=True) if not null]
        inner = [_flat(one, document, way) for one in bare if not _reference(one) & way]
        if len(inner) == len(bare):
            types &= frozenset().union(*(one.types for one in inner))
        nullable = nullable and (any(is_null) or any(one.nullable for one in inner))
    chosen = _product(unions, document)
    if len(chosen) == 1:
        if len(unions) > 1:
            inner = [_flat(chosen[0], document, way)]
        only = inner[0] if inner else Schema({}, types, nullable=False)
        body, chosen, name = merged(only.body, body), only.union, name or only.name
    nullable = nullable or bool(body.get("nullable"))
    return Schema(body, types - {"null"}, nullable, chosen, name)


def _whole(
    node: Json, document: Document, way: frozenset[str]
) -> tuple[dict[str, Any], list[list[Json]], frozenset[str]]:
    """A schema with the parts of its `allOf` in it, and the unions each of which it must meet.

    Third, the way with all references that were followed for that.
    """
    way |= _reference(node)
    own = dict(document.resolve(as_schema(node)))
    parts = [as_schema(part) for part in own.pop("allOf", ())]
    unions = [list(map(as_schema, own.pop(word))) for word in ("anyOf", "oneOf") if word in own]
    body: dict[str, Any] = {}
    followed = way
    for part in parts:
        if not _reference(part) & way:
            below, further, seen = _whole(part, document, way)
            body, followed = merged(body, below), followed | seen
            unions += [one for one in further if one not in unions]
    return merged(body, own), unions, followed


def _reference(node: Json) -> frozenset[str]:
    return frozenset([str(node["$ref"])]) if "$ref" in as_schema(node) else frozenset()


def _product(unions: list[list[Json]], document: Document) -> tuple[Json, ...]:
    """All unions as one, without null: each alternative keeps one of every union.

    Where these would be too many to look at, each union stands for itself.
    """
    bare = [[one for one in union if not _is_null(one, document)] for union in unions]
    if len(bare) < 2 or prod(map(len, bare)) > FORMS_MAX:
        return tuple(one for union in bare for one in union)
    return tuple(both(*one) for one in product(*bare))


def _is_null(node: Json, document: Document) -> bool:
    resolved = document.resolve(node)
    return resolved.get("type") in ("null", ["null"]) or resolved.get("const", 0) is None


def _written(body: Json) -> list[Any] | None:
    if "const" in body:
        return [body["const"]]
    return None if "enum" not in body else list(body["enum"])


def _takes_null(body: Json) -> bool:
    """Whether null is let in; `nullable` is the word of OpenAPI 3.0 for it."""
    if body.get("nullable"):
        return True
    written = _written(body)
    return "null" in _declared(body) and (written is None or None in written)


def _declared(body: Json) -> frozenset[str]:
    """The types that a schema lets in by itself, null with them."""
    if body.get("not") in ({}, True):
        return frozenset()
    declared = body.get("type")
    if declared is None:
        written = _written(body)
        return ANY_TYPE if not written else frozenset(_TYPE_NAMES[type(one)] for one in written)
    types = frozenset([declared] if isinstance(declared, str) else declared)
    # A number field takes whole numbers too.
    return types | {"integer"} if "number" in types else types


def alternative_name(schema: Json) -> str:
    """What an alternative of a union is called, to find it again in the newer document."""
    told = _named(schema) or schema.get("title")
    if not told and "allOf" in schema:
        return alternative_name(as_schema(schema["allOf"][0]))
    return str(told or schema.get("type", "any"))


def _named(schema: Json) -> str:
    return str(as_schema(schema).get("$ref", "")).rpartition("/")[2]
