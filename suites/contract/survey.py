"""Every right and every property of a service looked at once: the access matrix, what answers
carry, and what bodies may set.

The same for any seed: each request is made by a recipe, and nothing is drawn by lot.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from httpx import Response

from suites.contract import answers
from suites.contract.access import Policy, Role
from suites.contract.compatibility.document import Document, Operation, media_of, parse
from suites.contract.compatibility.schemas import flat
from suites.contract.faults import ASSIGNMENT, UNKNOWN_ACCEPTED, Fault
from suites.contract.matrix import Proof, prove
from suites.contract.recipes import RECIPES
from suites.contract.world import Request, World

JSON = "application/json"


@dataclass
class Survey:
    """What was seen: a proof a cell, how many fields were tried, and every fault once."""

    proofs: list[Proof] = field(default_factory=list)
    answers_read: int = 0
    fields_tried: int = 0
    _faults: dict[tuple[str, str, str], Fault] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """Keep a fault; its kind, operation and subject are its identity."""
        self._faults.setdefault((fault.kind.rule, fault.operation, fault.subject), fault)

    @property
    def faults(self) -> list[Fault]:
        """All faults, in the order in which they were met."""
        return list(self._faults.values())


async def survey(
    world: World, policy: Policy, raw: Mapping[str, Any], only: frozenset[str] | None = None
) -> Survey:
    """Look at all that the policy and the document speak of, or at `only` some operations."""
    document = parse(raw)
    operations = {one.id: one for one in document.operations.values()}
    seen = Survey()

    def read(name: str, answer: Response) -> None:
        seen.answers_read += 1
        media = answer.headers.get("content-type", "")
        body = answer.json() if "json" in media and answer.content else None
        for fault in answers.faults(document, operations[name], answer.status_code, media, body):
            seen.add(fault)

    world.observers.append(read)
    try:
        for cell in policy.cells:
            if only is not None and cell.operation not in only:
                continue
            proof = await prove(world, policy, cell)
            seen.proofs.append(proof)
            if proof.fault is not None:
                seen.add(proof.fault)
        for name in sorted(policy.operations if only is None else only):
            await _try_fields(world, policy, document, operations[name], seen)
    finally:
        world.observers.remove(read)
    return seen


# --- what a body may set -----------------------------------------------------------------------


def assignable(document: Document, operation: Operation) -> dict[str, Any]:
    """Fields that a client may not set, with a value each: answers tell them, the body lacks them.

    The answer of the operation itself, and every property of any answer that grants something: a
    right is told by an enumeration or a yes and no.
    """
    body = operation.request_media.get(JSON)
    if body is None:
        return {}
    own = flat(body, document).properties
    found = {name: value for name, value in _granting(document) if name not in own}
    for status, answer in operation.responses.items():
        if status.startswith("2") and JSON in media_of(answer):
            for name, schema in flat(media_of(answer)[JSON], document).properties.items():
                value = _another(dict(flat(schema, document).body))
                if name not in own and value is not None:
                    found[name] = value
    return found


def _granting(document: Document) -> Iterator[tuple[str, Any]]:
    for schema in document.raw.get("components", {}).get("schemas", {}).values():
        if schema.get("additionalProperties") is not False:
            for name, one in schema.get("properties", {}).items():
                body = dict(flat(one, document).body)
                if "enum" in body or body.get("type") == "boolean":
                    yield name, _another(body)


def _another(body: Mapping[str, Any]) -> Any:
    """A value that a client would like to set; None for what nobody gains by."""
    if body.get("enum"):
        return body["enum"][-1]
    return {"boolean": True, "integer": 9, "number": 9}.get(str(body.get("type")))


async def _try_fields(
    world: World, policy: Policy, document: Document, operation: Operation, seen: Survey
) -> None:
    name, fields = operation.id, assignable(document, operation)
    if not fields or name not in RECIPES:
        return
    role: Role = "player" if name in policy.lets_in("player") else "admin"
    person = await world.person(role)
    request = await RECIPES[name](world, person)
    for one, value in fields.items():
        seen.fields_tried += 1
        assigned = replace(request, body={**(request.body or {}), one: value})
        answer = await world.send(name, assigned, person)
        if answer.is_success:
            seen.add(_accepted(name, one, value, answer))
            # What was let through is used up.
            person = await world.person(role)
            request = await RECIPES[name](world, person)
    fault = await _control(world, name, request, person)
    if fault:
        cells = [proof.cell for proof in seen.proofs if proof.cell.operation == name]
        seen.proofs.append(Proof(cells[0], "unproven", f"control of its fields: {fault}"))


def _accepted(name: str, field_name: str, value: Any, answer: Response) -> Fault:
    body = answer.json() if answer.content else {}
    taken = isinstance(body, Mapping) and body.get(field_name) == value
    kind = ASSIGNMENT if taken else UNKNOWN_ACCEPTED
    detail = f"{field_name} = {value!r} was sent, answered {answer.status_code}"
    return Fault(kind, name, field_name, f"{detail} and {'set' if taken else 'not seen to be set'}")


async def _control(world: World, name: str, request: Request, person: Any) -> str:
    answer = await world.send(name, request, person)
    return "" if answer.is_success else f"answered {answer.status_code} {answer.text[:200]}"
