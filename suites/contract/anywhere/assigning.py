"""What a body may set that its schema does not name, and secrets that answers carry."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from suites.contract.anywhere.asking import Answered, Ask, Asker
from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.naming import leaves, plain
from suites.contract.compatibility.schemas import flat
from suites.contract.faults import ASSIGNMENT, SECRET, Fault

SHORT = 6  # letters
SECRETS = re.compile(r"pass|pwd|secret|pin$")
RIGHTS = ("admin", "role", "permission", "owner", "verified", "active", "balance", "tier", "status")


def secrets(asker: Asker) -> Iterator[Fault]:
    """Answers that carry somebody's password, to whoever it is."""
    for answered in asker.answers:
        sent = repr((answered.ask.path, answered.ask.query, answered.ask.body))
        for someone in asker.people.known:
            for secret in someone.secrets:
                if answered.is_success and secret not in sent and _shows(answered, secret):
                    name = name_of(answered.ask.operation)
                    said = f"the password of {someone.name} is shown to {answered.who.name}"
                    yield Fault(SECRET, name, f"{answered.who.role}/{someone.name}", said)


def _shows(answered: Answered, secret: str) -> bool:
    """Whether an answer holds a password; a short one is also a word, and counts as a value."""
    if len(secret) >= SHORT:
        return secret in answered.text
    return any(value == secret and SECRETS.search(plain(name))
               for name, value in leaves(answered.body))  # fmt: skip


def assignments(asker: Asker, controls: Mapping[str, Control]) -> Iterator[Fault]:
    """Fields that a client must not set, and that a thing it makes or changes then has."""
    known = _rights(asker)
    for control in list(controls.values()):
        operation = control.ask.operation
        if operation.method not in ("post", "put", "patch") or not isinstance(
            control.ask.body, Mapping
        ):
            continue
        own = set(control.ask.body)
        for schema in operation.request_media.values():
            own |= set(flat(schema, asker.document).properties)
        for field, values in known.items():
            tried = (_try(asker, control, field, value) for value in values if field not in own)
            yield from filter(None, [next(filter(None, tried), None)])


def _rights(asker: Asker) -> dict[str, tuple[Any, ...]]:
    """Fields of answers that grant something, with values that grant more."""
    found: dict[str, tuple[Any, ...]] = {}
    for answered in asker.answers:
        for name, value in _scalars(answered.body):
            if any(word in plain(name) for word in RIGHTS):
                found.setdefault(name, _more(value))
    return found


def _scalars(body: Any, depth: int = 0) -> Iterator[tuple[str, Any]]:
    if isinstance(body, Mapping) and depth < 6:
        for name, value in body.items():
            yield (str(name), value)
            yield from _scalars(value, depth + 1)
    elif isinstance(body, list):
        for one in body[:20]:
            yield from _scalars(one, depth + 1)


def _more(value: Any) -> tuple[Any, ...]:
    if isinstance(value, bool):
        return (True, False)  # whoever has the right by now shows the hole by losing it
    if isinstance(value, int | float):
        return (value + 1000,)
    return ("admin",) if isinstance(value, str) and value != "admin" else ()


def _try(asker: Asker, control: Control, field: str, value: Any) -> Fault | None:
    operation, who = control.ask.operation, control.owner
    for make in (False, True):
        fresh = asker.fresh(operation, who) if operation.method == "post" else control.ask
        if not isinstance(fresh.body, Mapping):
            return None
        ask = replace(fresh, body={**fresh.body, **({field: value} if make else {})})
        answer = asker.send(who, ask)
        has = answer.is_success and _has(asker, control, ask, answer, field, value)
        if has is not make:
            return None  # without the field it must not be there, with it it must
    said = f"{field} = {value!r} was sent and is there afterwards"
    return Fault(ASSIGNMENT, name_of(operation), field, said)


def _has(
    asker: Asker, control: Control, ask: Ask, answer: Answered, field: str, value: Any
) -> bool:
    """Whether the thing that was made or changed has the value: in its answer, or read later."""
    if isinstance(answer.body, Mapping) and answer.body.get(field) == value:
        return True
    marks = {str(found) for _, found in leaves(ask.body) if len(str(found)) > 5} | {ask.about} - {
        ""
    }
    marks -= {str(value)}
    return any(_object_has(read.body, marks, field, value) for read in _reads(asker, control, ask))


def _reads(asker: Asker, control: Control, ask: Ask) -> Iterator[Answered]:
    for operation in asker.operations:
        if operation.method == "get":
            if "{" not in operation.path:
                yield asker.send(control.owner, next(asker.asks(operation, control.owner)))
            elif operation.path == ask.operation.path:
                yield asker.send(control.owner, Ask(operation, path=ask.path))


def _object_has(body: Any, marks: set[str], field: str, value: Any) -> bool:
    if isinstance(body, Mapping):
        if body.get(field) == value and marks & {str(one) for one in body.values()}:
            return True
        return any(_object_has(one, marks, field, value) for one in body.values())
    return isinstance(body, list) and any(_object_has(one, marks, field, value) for one in body)
