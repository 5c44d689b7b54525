"""Rules about objects and lists: properties, what is required of them, what else they may hold."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from suites.contract.compatibility.pairing import Pair
from suites.contract.compatibility.rules import Found, about_schemas
from suites.contract.compatibility.schemas import Schema

# --- properties --------------------------------------------------------------------------------


@about_schemas
def request_property_became_required(pair: Pair) -> Found:
    """Old clients may leave it out, or do not know it."""
    if pair.direction == "request":
        for name in sorted(pair.new.required - pair.old.required):
            known = name in pair.old.properties
            yield pair.where, f"{name} {'was optional, is' if known else 'is new and'} required"


@about_schemas
def request_property_removed(pair: Pair) -> Found:
    """Old clients send it: refused where nothing unknown is taken, ignored elsewhere."""
    if pair.direction == "request" and "object" in pair.new.types:
        for name in pair.old.properties:
            if name not in pair.new.properties:
                yield pair.where, f"{name} is now {'refused' if _closed(pair.new) else 'ignored'}"


@about_schemas
def request_property_became_read_only(pair: Pair) -> Found:
    """Clients set it."""
    if pair.direction == "request" and _turned(pair, "readOnly"):
        yield pair.where, "can no longer be set"


@about_schemas
def response_property_removed(pair: Pair) -> Found:
    """Clients read it."""
    if pair.direction == "response" and "object" in pair.new.types:
        for name in pair.old.properties:
            if name not in pair.new.properties:
                yield pair.where, f"{name} is no longer answered"


@about_schemas
def response_property_made_optional(pair: Pair) -> Found:
    """Clients rely on its being there."""
    if pair.direction == "response":
        for name in sorted(pair.old.required - pair.new.required):
            if name in pair.new.properties:
                yield pair.where, f"{name} was always there, is optional"


@about_schemas
def response_property_became_write_only(pair: Pair) -> Found:
    """Clients read it."""
    if pair.direction == "response" and _turned(pair, "writeOnly"):
        yield pair.where, "can no longer be read"


def _turned(pair: Pair, keyword: str) -> bool:
    return bool(pair.new.body.get(keyword)) and not pair.old.body.get(keyword)


# --- what else an object may hold --------------------------------------------------------------


def _closed(schema: Schema) -> bool:
    words = ("additionalProperties", "unevaluatedProperties")
    return any(schema.body.get(word) is False for word in words)


@about_schemas
def request_object_closed(pair: Pair) -> Found:
    """Unknown properties could be sent."""
    if pair.direction == "request" and _closed(pair.new) and not _closed(pair.old):
        yield pair.where, "no longer takes unknown properties"


@about_schemas
def request_additional_properties_restricted(pair: Pair) -> Found:
    """Unknown properties of any kind could be sent."""
    before, after = (one.body.get("additionalProperties", True) for one in (pair.old, pair.new))
    if (
        pair.direction == "request"
        and before in (True, {})
        and isinstance(after, Mapping)
        and after
    ):
        yield pair.where, "takes unknown properties of one kind alone"


@about_schemas
def response_additional_properties_freed(pair: Pair) -> Found:
    """Clients know what kind unknown properties are of."""
    before, after = (one.body.get("additionalProperties", True) for one in (pair.old, pair.new))
    if (
        pair.direction == "response"
        and isinstance(before, Mapping)
        and before
        and after in (True, {})
    ):
        yield pair.where, "its unknown properties may now be of any kind"


@about_schemas
def response_object_opened(pair: Pair) -> Found:
    """Clients know every property that they can meet."""
    objects = "object" in pair.old.types & pair.new.types
    if pair.direction == "response" and objects and _closed(pair.old) and not _closed(pair.new):
        yield pair.where, "may now hold unknown properties"


def _gained(pair: Pair, keyword: str) -> bool:
    return keyword in pair.new.body and pair.new.body[keyword] != pair.old.body.get(keyword)


def _lost(pair: Pair, keyword: str) -> bool:
    return keyword in pair.old.body and pair.old.body[keyword] != pair.new.body.get(keyword)


@about_schemas
def request_pattern_properties_changed(pair: Pair) -> Found:
    """Properties of such names could be sent as they were."""
    lost, gained = _names_lost(pair.old, pair.new), _names_lost(pair.new, pair.old)
    if pair.direction == "request":
        for name in sorted(() if _closed(pair.old) else gained):
            yield pair.where, f"binds properties with names like {name}"
        for name in sorted(lost if _closed(pair.new) else ()):
            yield pair.where, f"no longer takes properties with names like {name}"


@about_schemas
def response_pattern_properties_changed(pair: Pair) -> Found:
    """Clients know what they meet under such names."""
    lost, gained = _names_lost(pair.old, pair.new), _names_lost(pair.new, pair.old)
    if pair.direction == "response":
        for name in sorted(() if _closed(pair.new) else lost):
            yield pair.where, f"its properties with names like {name} may now be of any kind"
        for name in sorted(gained if _closed(pair.old) else ()):
            yield pair.where, f"may now hold properties with names like {name}"


def _names_lost(before: Schema, after: Schema) -> set[str]:
    """Patterns of names for which the one binds values, and the other says nothing."""
    patterns: Mapping[str, Any] = before.body.get("patternProperties", {})
    bound = {name for name, schema in patterns.items() if schema not in ({}, True)}
    return bound - set(after.body.get("patternProperties", ()))


@about_schemas
def request_property_names_restricted(pair: Pair) -> Found:
    """Properties of any name could be sent."""
    if pair.direction == "request" and _gained(pair, "propertyNames"):
        yield pair.where, "takes certain names of properties alone"


@about_schemas
def response_property_names_freed(pair: Pair) -> Found:
    """Clients know what names they can meet."""
    if pair.direction == "response" and _lost(pair, "propertyNames"):
        yield pair.where, "its names of properties are others"


@about_schemas
def request_dependent_property_required(pair: Pair) -> Found:
    """One property could be sent without the other."""
    if pair.direction == "request":
        for name, wanted in _dependent(pair.new).items():
            if gained := sorted(set(wanted) - set(_dependent(pair.old).get(name, ()))):
                yield pair.where, f"{name} now asks for {', '.join(gained)} beside it"


@about_schemas
def response_dependent_property_dropped(pair: Pair) -> Found:
    """Clients that see the one rely on the other."""
    if pair.direction == "response":
        for name, promised in _dependent(pair.old).items():
            if lost := sorted(set(promised) - set(_dependent(pair.new).get(name, ()))):
                yield pair.where, f"{name} may come without {', '.join(lost)}"


@about_schemas
def request_dependent_schema_added(pair: Pair) -> Found:
    """The property could be sent without what it now asks of the whole."""
    if pair.direction == "request" and _gained(pair, "dependentSchemas"):
        yield pair.where, "one of its properties asks for more beside it"


@about_schemas
def response_dependent_schema_dropped(pair: Pair) -> Found:
    """Clients that see the property rely on the rest."""
    if pair.direction == "response" and _lost(pair, "dependentSchemas"):
        yield pair.where, "one of its properties may come with less beside it"


def _dependent(schema: Schema) -> Mapping[str, Any]:
    found: Mapping[str, Any] = schema.body.get("dependentRequired", {})
    return found


# --- lists -------------------------------------------------------------------------------------


@about_schemas
def request_unique_items_demanded(pair: Pair) -> Found:
    """A list with an item twice could be sent."""
    if pair.direction == "request" and _turned(pair, "uniqueItems"):
        yield pair.where, "no longer takes an item twice"


@about_schemas
def response_unique_items_dropped(pair: Pair) -> Found:
    """Clients rely on meeting each item once."""
    dropped = pair.old.body.get("uniqueItems") and not pair.new.body.get("uniqueItems")
    if pair.direction == "response" and dropped:
        yield pair.where, "may now hold an item twice"


@about_schemas
def request_contained_item_demanded(pair: Pair) -> Found:
    """A list without such an item could be sent."""
    if pair.direction == "request" and _gained(pair, "contains"):
        yield pair.where, "must now hold a certain item"


@about_schemas
def response_contained_item_dropped(pair: Pair) -> Found:
    """Clients look for the item."""
    if pair.direction == "response" and _lost(pair, "contains"):
        yield pair.where, "may now lack the item that it always held"


@about_schemas
def request_tuple_shortened(pair: Pair) -> Found:
    """A list with more places could be sent."""
    before, after = (len(one.body.get("prefixItems", ())) for one in (pair.old, pair.new))
    if pair.direction == "request" and after < before:
        yield pair.where, f"had {before} places, has {after}"


@about_schemas
def response_tuple_shortened(pair: Pair) -> Found:
    """Clients read the last place."""
    before, after = (len(one.body.get("prefixItems", ())) for one in (pair.old, pair.new))
    if pair.direction == "response" and after < before:
        yield pair.where, f"had {before} places, has {after}"


@about_schemas
def request_list_closed(pair: Pair) -> Found:
    """Further items could be sent."""
    if pair.direction == "request" and _gained(pair, "unevaluatedItems"):
        yield pair.where, "no longer takes any further item"


@about_schemas
def response_list_opened(pair: Pair) -> Found:
    """Clients know every item that they can meet."""
    if pair.direction == "response" and _lost(pair, "unevaluatedItems"):
        yield pair.where, "may now hold further items"
