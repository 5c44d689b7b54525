"""Pairs of schemas, old and new, that stand in the same place; and schemas made comparable."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from suites.contract.compatibility.document import Document, Json, Operation, media_of

Direction = Literal["request", "response"]
ANY_TYPE = frozenset({"null", "boolean", "object", "array", "number", "integer", "string"})
_TYPE_NAMES = {
    type(None): "null", bool: "boolean", dict: "object", list: "array", float: "number",
    int: "integer", str: "string",
}  # fmt: skip


@dataclass(frozen=True)
class Schema:
    """One schema with its reference followed and its null taken out of the union.

    `types` are the JSON types that it allows, without null; `union` are further alternatives.
    """

    body: Json
    types: frozenset[str]
    nullable: bool
    union: tuple[Json, ...] = ()

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
        if "const" in self.body:
            return frozenset({repr(self.body["const"])})
        listed = self.body.get("enum")
        return None if listed is None else frozenset(map(repr, listed)) - {"None"}


@dataclass(frozen=True)
class Pair:
    """Two schemas in the same place of the same operation; `where` is for people.

    `inside` tells a part of a body or of a parameter from the whole.
    """

    direction: Direction
    where: str
    old: Schema
    new: Schema
    inside: bool = False


def pairs(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Pair]:
    """Every pair of schemas of one operation: parameters, request bodies, answers, headers."""
    walker = _Walker(old, new)
    for key, parameter in before.parameters.items():
        if key in after.parameters:
            where = f"{key[0]} parameter {key[1]}"
            found = parameter.get("schema", {}), after.parameters[key].get("schema", {})
            yield from walker.walk("request", where, *found)
    for media, schema in before.request_media.items():
        if media in after.request_media:
            yield from walker.walk("request", "body", schema, after.request_media[media])
    for status, response in before.responses.items():
        if status in after.responses:
            yield from _answer(walker, status, response, after.responses[status])


def _answer(walker: _Walker, status: str, old: Json, new: Json) -> Iterator[Pair]:
    headers = {name.lower(): header for name, header in new.get("headers", {}).items()}
    for name, header in old.get("headers", {}).items():
        if name.lower() in headers:
            found = header.get("schema", {}), headers[name.lower()].get("schema", {})
            yield from walker.walk("response", f"answer {status}, header {name}", *found)
    medias = media_of(new)
    for media, schema in media_of(old).items():
        if media in medias:
            yield from walker.walk("response", f"answer {status}", schema, medias[media])


class _Walker:
    """Walks two schemas side by side; a pair met twice on the way (recursion) is not entered."""

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = old, new
        self._entered: set[tuple[str, str, str]] = set()

    def walk(
        self, direction: Direction, where: str, old: Json, new: Json, *, inside: bool = False
    ) -> Iterator[Pair]:
        names = str(old.get("$ref", "")), str(new.get("$ref", ""))
        if all(names):
            if (direction, *names) in self._entered:
                return
            self._entered.add((direction, *names))
        pair = Pair(direction, where, flat(old, self._old), flat(new, self._new), inside)
        yield pair
        yield from self._below(pair)
        if all(names):
            # Left again: the same schema in another place is another promise.
            self._entered.discard((direction, *names))

    def _below(self, pair: Pair) -> Iterator[Pair]:
        for word, old, new in _parts(pair.old, pair.new):
            where = f"{pair.where}, {word}"
            yield from self.walk(pair.direction, where, old, new, inside=True)


def _parts(old: Schema, new: Schema) -> Iterator[tuple[str, Json, Json]]:
    """What both schemas hold in the same place: properties, items, values, alternatives."""
    for name, schema in old.properties.items():
        if name in new.properties:
            yield name, schema, new.properties[name]
    for keyword, word in (("items", "each item"), ("additionalProperties", "each value")):
        below = old.body.get(keyword), new.body.get(keyword)
        if isinstance(below[0], Mapping) and isinstance(below[1], Mapping):
            yield word, below[0], below[1]
    places = zip(old.body.get("prefixItems", ()), new.body.get("prefixItems", ()), strict=False)
    for number, (before, after) in enumerate(places, start=1):
        yield f"item {number}", before, after
    alternatives = {alternative_name(one): one for one in new.union}
    for schema in old.union:
        name = alternative_name(schema)
        if name in alternatives:
            yield name, schema, alternatives[name]


def flat(node: Json, document: Document) -> Schema:
    """A schema made comparable: `anyOf [X, null]` is a nullable X, `allOf [X]` is X."""
    body = dict(document.resolve(node))
    for part in body.pop("allOf", ()):
        body = _merged(dict(document.resolve(part)), body)
    union = [*body.pop("anyOf", ()), *body.pop("oneOf", ())]
    nullable = any(_is_null(document.resolve(one)) for one in union)
    union = [one for one in union if not _is_null(document.resolve(one))]
    if len(union) == 1:
        only = flat(union[0], document)
        body, union = {**only.body, **body}, list(only.union)
        nullable = nullable or only.nullable
    types = _types(body, [document.resolve(one) for one in union])
    return Schema(body, types - {"null"}, nullable or _allows_null(body), tuple(union))


def _merged(base: dict[str, Any], over: dict[str, Any]) -> dict[str, Any]:
    merged = {**base, **over}
    merged["properties"] = {**base.get("properties", {}), **over.get("properties", {})}
    merged["required"] = [*base.get("required", ()), *over.get("required", ())]
    return merged


def _is_null(schema: Json) -> bool:
    return schema.get("type") == "null"


def _allows_null(body: Json) -> bool:
    declared = body.get("type")
    return declared == "null" or (isinstance(declared, list) and "null" in declared)


def _types(body: Json, union: list[Json]) -> frozenset[str]:
    if union:
        return frozenset().union(*(_types(one, []) for one in union))
    declared = body.get("type")
    if declared is None:
        written = [body["const"]] if "const" in body else body.get("enum", ())
        return frozenset(_TYPE_NAMES[type(value)] for value in written) or ANY_TYPE
    types = frozenset([declared] if isinstance(declared, str) else declared)
    # A number field takes whole numbers too.
    return types | {"integer"} if "number" in types else types


def alternative_name(schema: Json) -> str:
    """What an alternative of a union is called, to find it again in the newer document."""
    reference = str(schema.get("$ref", ""))
    return reference.rpartition("/")[2] or str(schema.get("title") or schema.get("type", "any"))
