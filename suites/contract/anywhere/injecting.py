"""SQL injection, told by behaviour: two conditions, one true and one false, are two answers.

A quote that breaks a statement shows as an error where two quotes do not; a condition behind the
quote that holds leaves the answer as it was, and one that does not empties it. Each difference must
show twice, so that a service that fails by chance is not blamed. Numbers stand in no quotes, so
conditions alone are tried, and other ones the second time: a search for words tells these apart.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from suites.contract.anywhere.asking import SAFE, Answered, Ask, Asker
from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.naming import plain
from suites.contract.faults import INJECTION, Fault

# What the common databases say of a broken statement.
SQL_ERROR = re.compile(
    r"sql syntax|syntax error at or near|unterminated quoted string|unrecognized token|"
    r"sqlite3?\.\w*error|psycopg\w*\.|ORA-\d{5}|SQLSTATE|unclosed quotation mark|"
    r"near \"[^\"]*\": syntax error",
    re.IGNORECASE,
)
TRUE, FALSE = "{v}' AND '1'='1", "{v}' AND '1'='2"
# Both of the same signs, so that a check of how the text looks takes or refuses both.
EVERYBODY, NOBODY = "{v}-nobody' OR '1'='1", "{v}-nobody' OR '1'='2"


NUMBERS = (("{v} AND 1=1", "{v} AND 1=2"), ("{v} AND 2=2", "{v} AND 2=1"))


@dataclass(frozen=True)
class Place:
    """One text or number of one request."""

    where: str
    name: str
    value: str

    def filled(self, ask: Ask, text: str) -> Ask:
        """The request with another text in this place."""
        if self.where == "path":
            return replace(ask, path={**ask.path, self.name: text})
        if self.where == "query":
            return replace(ask, query={**ask.query, self.name: text})
        return replace(ask, body={**ask.body, self.name: text})


def places(ask: Ask) -> Iterator[Place]:
    """Every text that a request holds, and every query parameter of text that it could."""
    for where in ("path", "query", "body"):
        held = getattr(ask, where)
        for name, value in held.items() if isinstance(held, Mapping) else ():
            # A password that were set to something else would lock its owner out.
            if isinstance(value, str) and not (where == "body" and "password" in plain(name)):
                yield Place(where, name, value)
    for (place, name), parameter in ask.operation.parameters.items():
        if place == "query" and name not in ask.query and _is_free(parameter.get("schema", {})):
            yield Place("query", name, "a")


def numbers(ask: Ask) -> Iterator[Place]:
    """Every whole number in path and query, and every one that the query could hold."""
    for where in ("path", "query"):
        for name, value in getattr(ask, where).items():
            if isinstance(value, int) and not isinstance(value, bool):
                yield Place(where, name, str(value))
    for (place, name), parameter in ask.operation.parameters.items():
        is_number = parameter.get("schema", {}).get("type") == "integer"
        if place == "query" and name not in ask.query and is_number:
            yield Place("query", name, "1")


def _is_free(schema: Mapping[str, Any]) -> bool:
    bound = schema.keys() & {"enum", "const", "format", "pattern"}
    return schema.get("type", "string") == "string" and not bound


def injections(asker: Asker, controls: Mapping[str, Control]) -> Iterator[Fault]:
    """Each place that a statement can be changed through, with what showed it."""
    for control in controls.values():
        for place in places(control.ask):
            said = _broken(asker, control, place)
            if not said and control.ask.operation.method in SAFE:
                said = _conditions(asker, control, place)
            if said:
                yield _fault(control, place, said)
        for place in numbers(control.ask) if control.ask.operation.method in SAFE else ():
            if said := _number_conditions(asker, control, place):
                yield _fault(control, place, said)


def _fault(control: Control, place: Place, said: str) -> Fault:
    subject = f"{place.where} {place.name}"
    return Fault(INJECTION, name_of(control.ask.operation), subject, said)


def _ask(asker: Asker, control: Control, place: Place, text: str) -> Answered:
    filled = place.filled(control.ask, text.replace("{v}", place.value))
    return asker.send(control.owner, filled)


def _broken(asker: Asker, control: Control, place: Place) -> str:
    """A single quote is an error of the database, a doubled one is not."""
    for _ in range(2):
        single = _ask(asker, control, place, "{v}'")
        double = _ask(asker, control, place, "{v}''")
        told = SQL_ERROR.search(single.text)
        failed = single.status >= 500 or (told is not None and told[0] not in control.answer.text)
        if not failed or double.status >= 500 or SQL_ERROR.search(double.text):
            return ""
    return f"one quote is answered {single.status}, two are answered {double.status}"


def _conditions(asker: Asker, control: Control, place: Place) -> str:
    """A condition that holds and one that does not are told apart."""
    for kept, emptied in ((TRUE, FALSE), (EVERYBODY, NOBODY)):
        seen = [
            (_ask(asker, control, place, kept), _ask(asker, control, place, emptied))
            for _ in range(2)
        ]
        if all(_told_apart(one, other) for one, other in seen):
            held = seen[0][0]
            if kept == EVERYBODY or _same(held, control.answer):
                return f"{kept} is answered {held.status}, {emptied} {seen[0][1].status}"
    return ""


def _number_conditions(asker: Asker, control: Control, place: Place) -> str:
    """Conditions behind a number: what holds answers as the number does, what does not, less."""
    told = ""
    for kept, emptied in NUMBERS:
        plain = _ask(asker, control, place, "{v}")
        one = _ask(asker, control, place, kept)
        if not plain.is_success or not _same(one, plain):
            return ""
        other = _ask(asker, control, place, emptied)
        if not _told_apart(one, other):
            return ""
        told = told or f"{kept} is answered {one.status}, {emptied} {other.status}"
    return told


def _told_apart(one: Answered, other: Answered) -> bool:
    return one.is_success and (not other.is_success or _size(one) > _size(other))


def _same(one: Answered, other: Answered) -> bool:
    return one.status == other.status and _size(one) == _size(other)


def _size(answered: Answered) -> int:
    """How much an answer holds; texts that echo the request count as one."""
    body = answered.body
    if isinstance(body, Mapping):
        return sum(len(one) if isinstance(one, list) else 1 for one in body.values())
    return len(body) if isinstance(body, list) else int(bool(answered.text))
