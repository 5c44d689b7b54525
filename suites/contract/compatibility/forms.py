"""The forms that a thing may have, and which of the older ones the newer document still has.

A schema without alternatives is a union of one: `Cat` and `anyOf [Cat, Dog]` have one form in
common, and one of them has another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from suites.contract.compatibility.document import Json
from suites.contract.compatibility.merging import ANNOTATIONS, both
from suites.contract.compatibility.schemas import Flattener, Schema, alternative_name

Direction = Literal["request", "response"]
Written = tuple[Schema, Flattener]  # and how others of its document are made comparable
NUMBERS = {"number": frozenset({"number", "integer"})}


@dataclass(frozen=True)
class Form:
    """One alternative, what it is called and may be called elsewhere, and its JSON types."""

    name: str
    names: frozenset[str]
    schema: Json
    types: frozenset[str]


@dataclass(frozen=True)
class Matched:
    """What is in both, with its name, and the names of what only one has."""

    kept: list[tuple[str, Json, Json]]
    lost: tuple[str, ...]
    gained: tuple[str, ...]


def match(direction: Direction, older: Written, newer: Written, *, mixed: bool) -> Matched:
    """Find each form again: the same one first, then one of its name, then one of its type.

    With `mixed`, only one of both is a union, and each form carries what stands beside it. A form
    of a type that the other schema does not have at all is not named: the types tell it.
    """
    before, after = _forms(*older, mixed=mixed), _forms(*newer, mixed=mixed)
    lost, gained = list(before), list(after)
    kept: list[tuple[str, Json, Json]] = []
    for alike in (_same, _called_the_same, _of_one_type):
        for form in list(lost):
            found = next((one for one in gained if alike(form, one)), None)
            if found is not None:
                kept.append((form.name, form.schema, found.schema))
                lost.remove(form)
                gained.remove(found)
    if direction == "request":
        kept += [(one.name, one.schema, other.schema) for one, other in _within(lost, after)]
    else:
        kept += [(one.name, other.schema, one.schema) for one, other in _within(gained, before)]
    return Matched(kept, _names(lost, newer[0]), _names(gained, older[0]))


def _within(forms: list[Form], others: list[Form]) -> list[tuple[Form, Form]]:
    """Plain values that one of the others may still take in, and which it is.

    These are taken out of the forms that have no match.
    """
    found = []
    for form in list(forms):
        other = next((one for one in others if _of_one_type(form, one)), None)
        if other is not None and "array" not in form.types:
            found.append((form, other))
            forms.remove(form)
    return found


def _same(form: Form, other: Form) -> bool:
    return form.schema == other.schema


def _called_the_same(form: Form, other: Form) -> bool:
    return bool(form.names & other.names)


def _of_one_type(form: Form, other: Form) -> bool:
    # Objects are told apart by their names; two texts are not two forms.
    return form.types == other.types and "object" not in form.types


def _names(forms: Iterable[Form], among: Schema) -> tuple[str, ...]:
    return tuple(dict.fromkeys(one.name for one in forms if one.types <= among.types))


def _forms(schema: Schema, flat: Flattener, *, mixed: bool) -> list[Form]:
    rest = _binding(schema.body) if mixed else {}
    if not schema.union:
        return _alone(schema, rest)
    found = []
    for one in schema.union:
        whole = both(one, rest)
        names = frozenset([alternative_name(one), alternative_name(flat.document.resolve(one))])
        found.append(Form(alternative_name(one), names, whole, flat(whole).types))
    return found


def _alone(schema: Schema, rest: Json) -> list[Form]:
    """The one form of a schema without alternatives; a list of types is a union, too."""
    types = rest.get("type")
    if isinstance(types, list):
        return [
            Form(one, frozenset([one]), {**rest, "type": one}, NUMBERS.get(one, frozenset([one])))
            for one in types
        ]
    names = frozenset([schema.name, alternative_name(schema.body)]) - {""}
    return [Form(schema.name or alternative_name(schema.body), names, rest, schema.types)]


def _binding(body: Json) -> dict[str, Any]:
    """What binds values other than null, of which the schema as a whole tells."""
    found = {word: one for word, one in body.items() if word not in (*ANNOTATIONS, "nullable")}
    if isinstance(found.get("type"), list):
        found["type"] = [one for one in found["type"] if one != "null"]
        if len(found["type"]) == 1:
            (found["type"],) = found["type"]
    return found
