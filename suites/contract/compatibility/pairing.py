"""Pairs of schemas, old and new, that stand in the same place of the same operation."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from itertools import zip_longest
from typing import Any, NamedTuple

from suites.contract.compatibility.document import METHODS, Document, Json, Operation, media_of
from suites.contract.compatibility.forms import Direction, match
from suites.contract.compatibility.merging import ANNOTATIONS, as_schema
from suites.contract.compatibility.schemas import Flattener, Schema

# Models that hold each other stand in more places than anyone could read.
PLACES_MAX = 20


@dataclass(frozen=True)
class Pair:
    """Two schemas in the same place of the same operation; `where` is for people.

    `inside` tells a part of a body or of a parameter from the whole. Where one of both is a union,
    `lost` and `gained` name the forms that the other does not have.
    """

    direction: Direction
    where: str
    old: Schema
    new: Schema
    inside: bool = False
    lost: tuple[str, ...] = ()
    gained: tuple[str, ...] = ()


def pairs(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Pair]:
    """Every pair of schemas of one operation: parameters, request bodies, answers, headers."""
    walker = _Walker(old, new)
    for key, parameter in before.parameters.items():
        if key in after.parameters:
            where = f"{key[0]} parameter {key[1]}"
            yield from walker.walk("request", where, *_held(parameter, after.parameters[key]))
    for media, schema in before.request_media.items():
        if media in after.request_media:
            yield from walker.walk("request", "body", schema, after.request_media[media])
    for status, *answers in before.answers_beside(after):
        yield from _answer(walker, status, *answers)


def received(old: Document, new: Document, where: str, before: Json, after: Json) -> Iterator[Pair]:
    """The bodies that the service sends by itself to a path of the client's, who reads them."""
    walker = _Walker(old, new)
    paths = old.resolve(before), new.resolve(after)
    for method in METHODS:
        if all(method in one for one in paths):
            bodies = (one[method].get("requestBody", {}) for one in paths)
            medias = [
                media_of(one.resolve(body)) for one, body in zip((old, new), bodies, strict=True)
            ]
            for media, schema in medias[0].items():
                if media in medias[1]:
                    yield from walker.walk("response", where, schema, medias[1][media])


def _answer(walker: _Walker, status: str, old: Json, new: Json) -> Iterator[Pair]:
    headers = {name.lower(): header for name, header in new.get("headers", {}).items()}
    for name, header in old.get("headers", {}).items():
        if name.lower() in headers:
            found = _held(header, headers[name.lower()])
            yield from walker.walk("response", f"answer {status}, header {name}", *found)
    medias = media_of(new)
    for media, schema in media_of(old).items():
        if media in medias:
            yield from walker.walk("response", f"answer {status}", schema, medias[media])


def _held(before: Json, after: Json) -> tuple[Json, Json]:
    """The schemas of a parameter or header, which may be those of a media type in it."""
    contents = media_of(before), media_of(after)
    for media in contents[0]:
        if media in contents[1]:
            return contents[0][media], contents[1][media]
    return before.get("schema", {}), after.get("schema", {})


class _Place(NamedTuple):
    """Where two schemas stand; of the null of a form its union has told."""

    where: str
    old: Json
    new: Json
    inside: bool = True
    is_form: bool = False


_Key = tuple[str, str, str, bool]


class _Walker:
    """Walks two schemas side by side, in every place that they have in one operation.

    A pair that is met within itself (recursion) is not entered again, nor one that refers to others
    and was met in PLACES_MAX places.
    """

    def __init__(self, old: Document, new: Document) -> None:
        self._old, self._new = Flattener(old), Flattener(new)
        self._met: Counter[_Key] = Counter()

    def walk(self, direction: Direction, where: str, old: Json, new: Json) -> Iterator[Pair]:
        """Without calling itself: models that refer to each other may lead deep."""
        begun = [iter([_Place(where, old, new, inside=False)])]
        entered: dict[_Key, None] = {}
        while begun:
            place = next(begun[-1], None)
            if place is None:
                begun.pop()
                if entered:
                    # Left again: the same schema in another place is another promise.
                    entered.popitem()
                continue
            # As written, references not followed, so that it is finite.
            key = (direction, repr(place.old), repr(place.new), place.is_form)
            if key in entered or self._met[key] >= PLACES_MAX:
                continue
            if any("$ref" in node for node in key[1:3]):
                self._met[key] += 1
            entered[key] = None
            pair, below = self._compared(direction, place)
            yield pair
            begun.append(iter(below))

    def _compared(self, direction: Direction, place: _Place) -> tuple[Pair, list[_Place]]:
        old = _as_seen(direction, place.old, self._old)
        new = _as_seen(direction, place.new, self._new, keep=True)
        if place.is_form:
            old, new = (replace(one, nullable=False) for one in (old, new))
        below = [
            _Place(f"{place.where}, {word}", before, after)
            for word, before, after in _parts(direction, old, new)
        ]
        lost: tuple[str, ...] = ()
        gained: tuple[str, ...] = ()
        if old.union or new.union:
            mixed = bool(old.union) != bool(new.union)
            found = match(direction, (old, self._old), (new, self._new), mixed=mixed)
            lost, gained = found.lost, found.gained
            if mixed:
                # All that binds one of them stands in its forms by now.
                old, new = (_bare(one) for one in (old, new))
                below = []
            below += [
                _Place(f"{place.where}, {word}", before, after, is_form=True)
                for word, before, after in found.kept
            ]
        return Pair(direction, place.where, old, new, place.inside, lost, gained), below


def _as_seen(direction: Direction, node: Json, flat: Flattener, *, keep: bool = False) -> Schema:
    """Without what is never sent (or never answered), and which nobody can rely on.

    With `keep`, such a property is there still, but not required.
    """
    schema, word = flat(node), "readOnly" if direction == "request" else "writeOnly"
    unseen = {
        name
        for name, one in schema.properties.items()
        if flat.document.resolve(as_schema(one)).get(word)
    }
    if not unseen:
        return schema
    properties = schema.properties
    if not keep:
        properties = {name: one for name, one in properties.items() if name not in unseen}
    required = [name for name in schema.body.get("required", ()) if name not in unseen]
    return replace(schema, body={**schema.body, "properties": properties, "required": required})


def _bare(schema: Schema) -> Schema:
    return replace(
        schema, body={word: value for word, value in schema.body.items() if word in ANNOTATIONS}
    )


def _parts(direction: Direction, old: Schema, new: Schema) -> Iterator[tuple[str, Json, Json]]:
    """What both schemas hold in the same place: properties, items, values."""
    for keyword, said in (("properties", "{}"), ("patternProperties", "each {}")):
        before, after = (one.body.get(keyword, {}) for one in (old, new))
        for name in before:
            if name in after:
                yield said.format(name), as_schema(before[name]), as_schema(after[name])
    if "array" in old.types & new.types:
        before, after = (as_schema(one.body.get("items", True)) for one in (old, new))
        # Where nothing is said of items, any will do: harmless for who sends them, and who reads
        # them knew it before.
        if after if direction == "request" else before:
            yield "each item", before, after
    value, newer = (one.body.get("additionalProperties") for one in (old, new))
    if isinstance(value, Mapping) and isinstance(newer, Mapping):
        yield "each value", value, newer
    places = zip(old.body.get("prefixItems", ()), new.body.get("prefixItems", ()), strict=False)
    for number, (one, other) in enumerate(places, start=1):
        yield f"item {number}", as_schema(one), as_schema(other)
    parts: Any = zip_longest(*(one.body.get("allOf", ()) for one in (old, new)), fillvalue={})
    for number, (one, other) in enumerate(parts, start=1):
        yield f"part {number}", one, other
