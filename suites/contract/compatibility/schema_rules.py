"""Rules about what a thing is: types, null, alternatives, conditions.

What may be sent must not shrink, what is answered must not grow.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from suites.contract.compatibility.pairing import Pair
from suites.contract.compatibility.rules import Found, about_schemas
from suites.contract.compatibility.schemas import ANY_TYPE, Schema, alternative_name


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


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
    if _anything(pair.old) and pair.old.types != pair.new.types:
        return  # the types tell it
    if pair.direction == "request" and pair.old.nullable and not pair.new.nullable:
        yield pair.where, "no longer takes null"


@about_schemas
def response_null_added(pair: Pair) -> Found:
    """Null was never answered."""
    if _anything(pair.new) and pair.old.types != pair.new.types:
        return  # the types tell it
    if pair.direction == "response" and pair.new.nullable and not pair.old.nullable:
        yield pair.where, "may now be null"


def _anything(schema: Schema) -> bool:
    return schema.nullable and schema.types == ANY_TYPE - {"null"}


# --- alternatives ------------------------------------------------------------------------------


@about_schemas
def request_alternative_removed(pair: Pair) -> Found:
    """One of several forms could be sent."""
    if pair.direction == "request" and pair.lost:
        yield pair.where, f"no longer takes the form {_listed(pair.lost)}"


@about_schemas
def response_alternative_added(pair: Pair) -> Found:
    """A form is answered that clients do not know."""
    if pair.direction == "response" and pair.gained:
        yield pair.where, f"may now have the form {_listed(pair.gained)}"


@about_schemas
def discriminator_changed(pair: Pair) -> Found:
    """Clients tell the forms apart by this property."""
    before, after = (_discriminator(one).get("propertyName") for one in (pair.old, pair.new))
    if before is not None and before != after:
        yield pair.where, f"its forms were told apart by {before}, are by {after or 'nothing'}"


@about_schemas
def request_discriminator_value_removed(pair: Pair) -> Found:
    """Clients name the form by this value."""
    lost = _told_by(pair.old) - _told_by(pair.new)
    if pair.direction == "request" and lost and _discriminator(pair.new):
        yield pair.where, f"no longer knows the form {_listed(lost)}"


@about_schemas
def response_discriminator_value_added(pair: Pair) -> Found:
    """Clients do not know the form."""
    gained = _told_by(pair.new) - _told_by(pair.old)
    if pair.direction == "response" and gained and _discriminator(pair.old):
        yield pair.where, f"may now be of the form {_listed(gained)}"


def _discriminator(schema: Schema) -> Mapping[str, object]:
    found: Mapping[str, object] = schema.body.get("discriminator", {})
    return found


def _told_by(schema: Schema) -> set[str]:
    """The values that name a form: those of the mapping, else the names of the schemas."""
    found = _discriminator(schema).get("mapping")
    if isinstance(found, Mapping) and found:
        return set(found)
    named = {alternative_name(one) for one in schema.union if "$ref" in one}
    return named if _discriminator(schema) else set()


# --- conditions --------------------------------------------------------------------------------


@about_schemas
def request_exclusion_added(pair: Pair) -> Found:
    """What is excluded now could be sent."""
    gained = "not" in pair.new.body and pair.new.body["not"] != pair.old.body.get("not")
    if pair.direction == "request" and gained:
        yield pair.where, "no longer takes what `not` describes"


@about_schemas
def response_exclusion_dropped(pair: Pair) -> Found:
    """Clients were promised never to meet it."""
    lost = "not" in pair.old.body and pair.old.body["not"] != pair.new.body.get("not")
    if pair.direction == "response" and lost:
        yield pair.where, "may now be what `not` described"


@about_schemas
def request_condition_added(pair: Pair) -> Found:
    """What is refused under the condition could be sent."""
    words = ("if", "then", "else")
    before, after = ([one.body.get(word) for word in words] for one in (pair.old, pair.new))
    if pair.direction == "request" and "if" in pair.new.body and before != after:
        yield pair.where, "is bound by a condition that is new"


@about_schemas
def response_condition_dropped(pair: Pair) -> Found:
    """Clients rely on what holds under the condition."""
    words = ("if", "then", "else")
    before, after = ([one.body.get(word) for word in words] for one in (pair.old, pair.new))
    if pair.direction == "response" and "if" in pair.old.body and before != after:
        yield pair.where, "is no longer bound by the condition"
