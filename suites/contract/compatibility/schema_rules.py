"""Rules about schemas: what may be sent must not shrink, what is answered must not grow."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from suites.contract.compatibility.rules import Found, about_schemas
from suites.contract.compatibility.schemas import Pair, Schema, alternative_name


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


# --- types -------------------------------------------------------------------------------------


@about_schemas
def request_type_narrowed(pair: Pair) -> Found:
    """A type that could be sent is refused."""
    lost = pair.old.types - pair.new.types
    if pair.direction == "request" and lost:
        yield pair.where, f"no longer takes {_listed(lost)}"


@about_schemas
def response_type_widened(pair: Pair) -> Found:
    """A type is answered that clients were not told of."""
    gained = pair.new.types - pair.old.types
    if pair.direction == "response" and gained:
        yield pair.where, f"may now be {_listed(gained)}"


@about_schemas
def request_null_refused(pair: Pair) -> Found:
    """Null could be sent."""
    if pair.direction == "request" and pair.old.nullable and not pair.new.nullable:
        yield pair.where, "no longer takes null"


@about_schemas
def response_null_added(pair: Pair) -> Found:
    """Null was never answered."""
    if pair.direction == "response" and pair.new.nullable and not pair.old.nullable:
        yield pair.where, "may now be null"


@about_schemas
def request_alternative_removed(pair: Pair) -> Found:
    """One of several forms could be sent."""
    lost = _alternatives(pair.old) - _alternatives(pair.new)
    if pair.direction == "request" and pair.new.union and lost:
        yield pair.where, f"no longer takes the form {_listed(lost)}"


@about_schemas
def response_alternative_added(pair: Pair) -> Found:
    """A form is answered that clients do not know."""
    gained = _alternatives(pair.new) - _alternatives(pair.old)
    if pair.direction == "response" and pair.old.union and gained:
        yield pair.where, f"may now have the form {_listed(gained)}"


def _alternatives(schema: Schema) -> frozenset[str]:
    return frozenset(map(alternative_name, schema.union))


@about_schemas
def format_changed(pair: Pair) -> Found:
    """A format read or written by clients; the types stay, or their own rule speaks."""
    before, after = pair.old.body.get("format"), pair.new.body.get("format")
    if before == after or pair.old.types != pair.new.types:
        return
    loosened = before is None if pair.direction == "response" else after is None
    if not loosened:
        yield pair.where, f"its format was {before or 'any'}, is {after or 'any'}"


# --- values ------------------------------------------------------------------------------------


@about_schemas
def request_enum_narrowed(pair: Pair) -> Found:
    """A value that could be sent is refused."""
    if pair.direction != "request" or pair.new.values is None:
        return
    if pair.old.values is None:
        yield pair.where, f"now takes {_listed(pair.new.values)} alone"
    elif lost := pair.old.values - pair.new.values:
        yield pair.where, f"no longer takes {_listed(lost)}"


@about_schemas
def response_enum_widened(pair: Pair) -> Found:
    """A value is answered that clients do not know."""
    if pair.direction != "response" or pair.old.values is None:
        return
    if pair.new.values is None:
        yield pair.where, "its values are no longer listed"
    elif gained := pair.new.values - pair.old.values:
        yield pair.where, f"may now be {_listed(gained)}"


def _tightened(
    pair: Pair, keywords: tuple[str, ...], is_tighter: Callable[[float, float], bool]
) -> Found:
    """A bound that what is sent must keep, and that is new or tighter than it was."""
    if pair.direction != "request":
        return
    for keyword in keywords:
        before, after = pair.old.body.get(keyword), pair.new.body.get(keyword)
        if after is not None and (before is None or is_tighter(after, before)):
            yield pair.where, f"its {keyword} was {before}, is {after}"


@about_schemas
def request_lower_bound_raised(pair: Pair) -> Found:
    """Small values could be sent."""
    keywords = ("minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties")
    yield from _tightened(pair, keywords, lambda after, before: after > before)


@about_schemas
def request_upper_bound_lowered(pair: Pair) -> Found:
    """Large values could be sent."""
    keywords = ("maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties")
    yield from _tightened(pair, keywords, lambda after, before: after < before)


@about_schemas
def request_pattern_changed(pair: Pair) -> Found:
    """Text that matched may match no longer; that a pattern is wider cannot be told in general."""
    before, after = pair.old.body.get("pattern"), pair.new.body.get("pattern")
    if pair.direction == "request" and after is not None and before != after:
        yield pair.where, f"its pattern was {before or 'any'}, is {after}"


# --- objects -----------------------------------------------------------------------------------


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
                closed = pair.new.body.get("additionalProperties") is False
                yield pair.where, f"{name} is now {'refused' if closed else 'ignored'}"


@about_schemas
def request_object_closed(pair: Pair) -> Found:
    """Unknown properties could be sent."""
    was_open = pair.old.body.get("additionalProperties") is not False
    is_closed = pair.new.body.get("additionalProperties") is False
    if pair.direction == "request" and was_open and is_closed:
        yield pair.where, "no longer takes unknown properties"


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
