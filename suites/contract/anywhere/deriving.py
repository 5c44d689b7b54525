"""Who may do what where nobody wrote it down: from the document, or from what visitors are told."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

from suites.contract.access import ANY_REFUSAL, Cell, Policy
from suites.contract.anywhere.asking import Asker
from suites.contract.anywhere.crossing import name_of
from suites.contract.anywhere.people import VISITOR
from suites.contract.compatibility.document import Document
from suites.contract.matrix import Proof

CLOSED = (401, 403)


def policy_of(document: Document, roles: tuple[str, ...], asker: Asker) -> Policy:
    """The policy that a document implies; one that names no credentials anywhere says nothing.

    Then each operation is asked as a visitor: whoever is refused with 401 or 403 lacks credentials.
    """
    names_any = any(one.security for one in document.operations.values())
    closed = frozenset[str]() if names_any or not asker.people.known else _refused(asker)
    return derived(document, roles, closed)


def _refused(asker: Asker) -> frozenset[str]:
    visitor = asker.people.visitor
    asks = {name_of(one): next(asker.asks(one, visitor), None) for one in asker.operations}
    return frozenset(
        name for name, ask in asks.items()
        if ask is not None and asker.send(visitor, ask).status in CLOSED
    )  # fmt: skip


def derived(
    document: Document, roles: tuple[str, ...], closed: frozenset[str] = frozenset()
) -> Policy:
    """The policy that a document's security implies, to be written down and corrected by hand.

    Where no credentials are asked for, everybody may. Elsewhere a visitor may not, and of what a
    path names, each may reach what is their own. `closed` are operations that were seen to ask for
    credentials, whatever the document says.
    """
    cells = []
    for operation in document.operations.values():
        is_open = not operation.security or {} in operation.security
        is_open = is_open and name_of(operation) not in closed
        names_a_thing = "{" in operation.path
        for role in roles:
            if is_open or (role != VISITOR and not names_a_thing):
                cells.append(Cell(role, name_of(operation), "none", None))
            elif role == VISITOR:
                owner = "other" if names_a_thing else "none"
                cells.append(Cell(role, name_of(operation), owner, ANY_REFUSAL))  # type: ignore[arg-type]
            else:
                cells.append(Cell(role, name_of(operation), "own", None))
                cells.append(Cell(role, name_of(operation), "other", ANY_REFUSAL))
    return Policy(tuple(cells))


def unspoken(
    policy: Policy, document: Document, asker: Asker, roles: tuple[str, ...]
) -> Iterator[str]:
    """What keeps a policy from being one of this document: a gap each, by name.

    The policy need not speak of what the target file leaves out.
    """
    left_out = {name_of(one) for one in document.operations.values() if asker.left_out(one)}
    names = [name_of(one) for one in document.operations.values()]
    spoken = {(cell.operation, cell.role) for cell in policy.cells}
    for name in (one for one in names if one not in left_out):
        silent = [role for role in roles if (name, role) not in spoken]
        if silent == list(roles):
            yield f"the policy says nothing of {name}"
        elif silent:
            yield f"the policy says nothing of {name} for {', '.join(silent)}"
    for name in sorted(policy.operations.difference(names)):
        yield f"the policy speaks of {name}, which the document does not have"


def doubted(proofs: list[Proof], asker: Asker) -> list[Proof]:
    """The proofs of one operation, held against how far a derived policy can be believed.

    Where some are refused what is their own as well, whoever reaches another's may be meant to. A
    visitor never is, where the document asks for credentials.
    """
    own = [one for one in proofs if one.cell.owner == "own" and one.outcome == "unproven"]
    refused = sorted({one.cell.role for one in own if _is_refused(one, asker)})
    if not refused:
        return proofs
    said = f"{', '.join(refused)} may not even on their own: say in the policy who may"
    return [
        replace(one, outcome="unproven", detail=f"{one.detail}, but {said}", kind=None)
        if one.outcome == "open" and one.cell.role != VISITOR else one for one in proofs
    ]  # fmt: skip


def _is_refused(proof: Proof, asker: Asker) -> bool:
    """Whether somebody was refused what they made, or what is about them."""
    role, name = proof.cell.role, proof.cell.operation
    own = {
        one.name: {str(value.value) for value in asker.pools[one.name] if value.made}
        for one in asker.people.known if one.role == role
    }  # fmt: skip
    return any(
        one.status in CLOSED and name_of(one.ask.operation) == name
        and one.ask.about in own.get(one.who.name, ()) for one in asker.answers
    )  # fmt: skip


def as_toml(policy: Policy, roles: tuple[str, ...]) -> str:
    """A policy as the file that it is read from."""
    lines = [
        "# Derived from the document's security or, where it names none, from what a visitor was",
        "# refused. Correct it, and name it in the target file.",
    ]
    for operation in dict.fromkeys(cell.operation for cell in policy.cells):
        lines += ["", f"[{json.dumps(operation)}]"]
        for role in roles:
            cells = [one for one in policy.cells if (one.operation, one.role) == (operation, role)]
            rights = {one.owner: _quoted(one.expected) for one in cells}
            whole = ", ".join(f"{owner} = {right}" for owner, right in rights.items())
            lines.append(
                f"{role} = {rights['none'] if set(rights) == {'none'} else f'{{ {whole} }}'}"
            )
    return "\n".join(lines) + "\n"


def _quoted(word: str) -> str:
    return word if word.isdigit() else f'"{word}"'
