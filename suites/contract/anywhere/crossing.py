"""The access matrix of any service: who may do what to whose, each cell by attempt and control.

An attempt on a thing of someone else counts as let through when its answer shows that thing, or
when its owner finds it changed afterwards. A status alone proves neither: some services answer 200
and do nothing, or do it to the one who asked.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suites.contract.access import ANY_REFUSAL, Cell, Policy
from suites.contract.anywhere.asking import SAFE, Answered, Ask, Asker, with_password
from suites.contract.anywhere.people import VISITOR, Someone
from suites.contract.compatibility.document import Document, Operation
from suites.contract.faults import AUTHENTICATION, FUNCTION_LEVEL, OBJECT_LEVEL, Kind
from suites.contract.matrix import Proof


def derived(document: Document, roles: tuple[str, ...]) -> Policy:
    """The policy that a document's security implies, to be written down and corrected by hand.

    Where no credentials are asked for, everybody may. Elsewhere a visitor may not, and of what a
    path names, each may reach what is their own.
    """
    cells = []
    for operation in document.operations.values():
        is_open = not operation.security or {} in operation.security
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


def as_toml(policy: Policy, roles: tuple[str, ...]) -> str:
    """A policy as the file that it is read from."""
    lines = ["# Derived from the document's security. Correct it, and name it in the target file."]
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


def name_of(operation: Operation) -> str:
    """How an operation is called in a policy: its id, or method and path."""
    return operation.id or str(operation)


OTHER_PASSWORD = "Other-horse-7-battery"  # of accounts that a check owns


@dataclass(frozen=True)
class Control:
    """A request that succeeded for the one whom it is about."""

    owner: Someone
    ask: Ask
    answer: Answered


class Crossing:
    """Tries every cell of a policy, operation by operation."""

    def __init__(self, asker: Asker, policy: Policy) -> None:
        self._asker, self._policy = asker, policy
        self.controls: dict[str, Control] = {}

    def run(self) -> Iterator[list[Proof]]:
        """The proofs of one operation after the other; reads are repeated once more is known."""
        operations = self._asker.operations
        for operation in operations:  # what can be learned, and what can be made, before anything
            if operation.method in SAFE or "{" not in operation.path:
                self._learn(operation)
        for operation in self._in_order(operations):
            cells = [one for one in self._policy.cells if one.operation == name_of(operation)]
            yield (
                self._reads(operation, cells)
                if operation.method in SAFE
                else self._writes(operation, cells)
            )

    def _in_order(self, operations: list[Operation]) -> list[Operation]:
        """Whatever may end somebody's account or session comes last."""
        last = ("password", "logout", "log_out", "session", "deactivate", "account")

        def rank(operation: Operation) -> tuple[bool, bool]:
            ends = any(word in f"{operation.path}{operation.id}".lower() for word in last)
            return operation.method not in SAFE and ends, operation.method == "delete"

        return sorted(operations, key=rank)

    def _learn(self, operation: Operation) -> None:
        people = self._asker.people
        for someone in (*people.known, people.visitor):
            found = self._succeed(operation, someone)
            if found is not None and not someone.is_visitor:
                self.controls.setdefault(name_of(operation), found)

    def _succeed(self, operation: Operation, someone: Someone) -> Control | None:
        """A request that succeeds for `someone`, if one of the likely ones does."""
        for ask in self._asker.asks(operation, someone):
            answer = self._asker.send(someone, ask)
            if answer.is_success:
                return Control(someone, ask, answer)
        return None

    # --- reads -----------------------------------------------------------------------------

    def _reads(self, operation: Operation, cells: list[Cell]) -> list[Proof]:
        controls = {one.name: self._succeed(operation, one) for one in self._asker.people.known}
        for found in filter(None, controls.values()):
            self.controls[name_of(operation)] = found
        return [self._read(cell, operation, controls) for cell in cells]

    def _read(self, cell: Cell, operation: Operation, controls: dict[str, Control | None]) -> Proof:
        people = self._asker.people
        actor = people.of_role(cell.role)
        if cell.allowed:
            control = controls.get(actor.name) or self._succeed(operation, actor)
            return self._shown(cell, operation, actor, control)
        control = self._control_for(cell, actor, controls)
        if control is None:
            return Proof(cell, "unproven", self._no_control(cell))
        attempt = self._asker.send(actor, control.ask)
        if cell.hidden:
            return self._hidden(cell, control, attempt)
        if not attempt.is_success:
            return self._refused(cell, attempt)
        if not shows(attempt, control):
            return Proof(cell, "proven", f"answered {attempt.status} with something else")
        if cell.owner == "other" and self._is_shared(actor, control):
            said = "shown in full in a list that everybody reads; say so in the policy"
            return Proof(cell, "unproven", said)
        return Proof(cell, "open", _described(attempt, control), _kind(cell))

    def _hidden(self, cell: Cell, control: Control, attempt: Answered) -> Proof:
        made = [one for one in self._asker.pools[control.owner.name] if one.made]
        seen = [one for one in made if len(str(one.value)) > 5 and str(one.value) in attempt.text]
        if seen:
            return Proof(cell, "open", f"shows {seen[0].name} {seen[0].value}", OBJECT_LEVEL)
        return Proof(cell, "proven") if made else Proof(cell, "unproven", "nothing was made")

    def _is_shared(self, actor: Someone, control: Control) -> bool:
        """Whether a list that the actor may read holds all that the answer shows."""
        wanted = control.answer.body
        if not isinstance(wanted, dict):
            return False
        return any(
            _holds(one.body, wanted)
            for one in self._asker.answers
            if one.who.name == actor.name and "{" not in one.ask.operation.path and one.is_success
        )

    # --- writes ----------------------------------------------------------------------------

    def _writes(self, operation: Operation, cells: list[Cell]) -> list[Proof]:
        denied = [cell for cell in cells if not cell.allowed]
        proofs = [self._write(cell, operation) for cell in denied]
        for cell in (one for one in cells if one.allowed):
            actor = self._asker.people.of_role(cell.role)
            proofs.append(self._shown(cell, operation, actor, self._succeed(operation, actor)))
        return proofs

    def _write(self, cell: Cell, operation: Operation) -> Proof:
        people = self._asker.people
        actor = people.of_role(cell.role)
        owner = people.other_than(actor)
        if owner is None:
            return Proof(cell, "unproven", self._no_control(cell))
        asks = list(self._asker.asks(operation, owner))
        if cell.owner == "other" and not any(ask.about for ask in asks):
            return Proof(cell, "unproven", f"nothing of {owner.name} is known to ask for")
        doubt = Proof(cell, "unproven", f"no request succeeds for {owner.name} either")
        for ask in asks:  # each control may use a thing up, so the first that tells is enough
            proof = self._attempt(cell, ask, actor, owner) or doubt
            if proof.outcome != "unproven":
                return proof
            doubt = proof
        return doubt

    def _attempt(self, cell: Cell, ask: Ask, actor: Someone, owner: Someone) -> Proof | None:
        """One attempt with its look-ups and its control; None where the control fails as well."""
        before = self._look_up(ask, owner)
        other = with_password(ask, OTHER_PASSWORD) if ask.about else ask
        attempt = self._asker.send(actor, other)
        after = self._look_up(ask, owner)
        happened = before is not None and after is not None and before != after
        if attempt.is_success and other != ask:
            self._give_back(ask, actor, owner)
        if not attempt.is_success and not happened:
            control = self._asker.send(owner, ask)
            if not control.is_success:
                return None
            self.controls[cell.operation] = Control(owner, ask, control)
            return self._refused(cell, attempt)
        if happened or cell.owner != "other":
            said = f"answered {attempt.status}" + (", and the owner finds it changed" * happened)
            return Proof(cell, "open", said, _kind(cell))
        if ask.operation.method == "delete" and self._asker.send(owner, ask).status in (404, 410):
            return Proof(cell, "open", f"answered {attempt.status}, and it is gone", _kind(cell))
        said = f"answered {attempt.status}, and no effect on what is {owner.name}'s was seen"
        if self._would_be_seen(other, owner, after):
            self.controls[cell.operation] = Control(owner, ask, self._asker.send(owner, ask))
            return Proof(cell, "proven", f"{said}, where {owner.name}'s own request has one")
        return Proof(cell, "unproven", said)

    def _would_be_seen(self, ask: Ask, owner: Someone, before: Any) -> bool:
        """Whether the look-ups see what the same request does when its owner sends it."""
        if before is None or not self._asker.send(owner, ask).is_success:
            return False
        after = self._look_up(ask, owner)
        self._give_back(ask, owner, owner)
        return after is not None and after != before

    def give_back(self) -> None:
        """Set everybody's password to what the target file says, after whoever has fuzzed it."""
        for operation in self._asker.operations:
            for someone in self._asker.people.known if operation.method in ("put", "patch") else ():
                password = someone.identity.password if someone.identity else ""
                ask = next(self._asker.asks(operation, someone))
                if password and with_password(ask, "") != ask:
                    self._asker.send(someone, ask)

    def _give_back(self, ask: Ask, actor: Someone, owner: Someone) -> None:
        """Whosever password the attempt has changed, it is again what the target file says."""
        for someone in (actor, owner):
            password = someone.identity.password if someone.identity else ""
            self._asker.send(someone, with_password(ask, password))

    def _look_up(self, ask: Ask, owner: Someone) -> Any:
        """What the owner sees of the thing that a request is about: it, and whether they get in."""
        seen: list[Any] = []
        path = ask.operation.path
        reads = [one for one in self._asker.operations if one.method == "get" and "{" in one.path]
        for read in sorted(reads, key=lambda one: -len(one.path)):
            if path == read.path or path.startswith(read.path + "/"):
                answer = self._asker.send(owner, Ask(read, path=ask.path))
                seen.append((answer.status, answer.text))
                break
        entered = self._asker.people.still_enters(owner)
        seen += [] if entered is None else [entered]
        return seen or None

    # --- what an attempt shows -------------------------------------------------------------

    def _shown(
        self, cell: Cell, operation: Operation, actor: Someone, control: Control | None
    ) -> Proof:
        if control is not None:
            self.controls.setdefault(cell.operation, control)
            return Proof(cell, "proven")
        last = [one for one in self._asker.answers
                if one.who.name == actor.name and one.ask.operation is operation]  # fmt: skip
        said = f"answered {last[-1].status} {last[-1].text[:120]}" if last else "never asked"
        return Proof(cell, "unproven", said)

    def _control_for(
        self, cell: Cell, actor: Someone, controls: dict[str, Control | None]
    ) -> Control | None:
        others = [one for one in controls.values() if one is not None and one.owner != actor]
        if cell.owner == "other":
            others = [one for one in others if one.ask.about]
        others.sort(key=lambda one: one.owner.role != actor.role)
        return others[0] if others else None

    def _no_control(self, cell: Cell) -> str:
        if len(self._asker.people.known) < 1 + (cell.role != VISITOR):
            return "the target file has too few identities to tell one's own from another's"
        return "no request succeeded for the one who may"

    def _refused(self, cell: Cell, attempt: Answered) -> Proof:
        if cell.refused_with(attempt.status):
            return Proof(cell, "proven")
        said = f"refused with {attempt.status}, the policy says {cell.expected}"
        return Proof(cell, "unproven", said)


def shows(attempt: Answered, control: Control) -> bool:
    """Whether an answer shows what the owner was shown."""
    if attempt.body is not None and attempt.body == control.answer.body:
        return True
    if control.ask.about:
        return control.ask.about in attempt.text
    return attempt.is_success and _alike(attempt.body, control.answer.body)


def _alike(one: Any, other: Any) -> bool:
    return type(one) is type(other) and (not isinstance(one, dict) or one.keys() == other.keys())


def _holds(body: Any, wanted: dict[str, Any]) -> bool:
    if isinstance(body, dict):
        held = all(key in body and body[key] == value for key, value in wanted.items())
        return held or any(_holds(one, wanted) for one in body.values())
    return isinstance(body, list) and any(_holds(one, wanted) for one in body)


def _kind(cell: Cell) -> Kind:
    if cell.role == VISITOR:
        return AUTHENTICATION
    return OBJECT_LEVEL if cell.owner == "other" else FUNCTION_LEVEL


def _described(attempt: Answered, control: Control) -> str:
    method = control.ask.operation.method.upper()
    return f"{method} {control.ask.url} of {control.owner.name} answered {attempt.status}"
