"""The access matrix of any service: who may do what to whose, each cell by attempt and control.

An attempt on a thing of someone else counts as let through when its answer shows that thing, or
when its owner finds it changed afterwards. A status alone proves neither: some services answer 200
and do nothing, or do it to the one who asked.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from suites.contract.access import Cell, Policy
from suites.contract.anywhere.asking import SAFE, Answered, Ask, Asker, ends, with_password
from suites.contract.anywhere.looking import NOT_LOOKED_UP, Looks, Seen
from suites.contract.anywhere.naming import Value, leaves, plain
from suites.contract.anywhere.people import FRESH_S, VISITOR, Someone
from suites.contract.anywhere.recognising import Doors
from suites.contract.anywhere.showing import alike, shows, tells, whose
from suites.contract.compatibility.document import Operation
from suites.contract.faults import AUTHENTICATION, FUNCTION_LEVEL, OBJECT_LEVEL, Kind
from suites.contract.matrix import Proof


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
        self._doors, self._looks = Doors(asker), Looks(asker)
        self.controls: dict[str, Control] = {}

    def run(self) -> Iterator[list[Proof]]:
        """The proofs of one operation after the other; reads are repeated once more is known."""
        operations = self._asker.operations
        for operation in operations:  # what can be learned, and what can be made, before anything
            makes = operation.method != "delete" and "{" not in operation.path
            if (operation.method in SAFE or makes) and not ends(operation):
                self._learn(operation)
        for operation in self._in_order(operations):
            cells = [one for one in self._policy.cells if one.operation == name_of(operation)]
            yield (
                self._reads(operation, cells)
                if operation.method in SAFE
                else self._writes(operation, cells)
            )
            self._asker.make_again()

    def _in_order(self, operations: list[Operation]) -> list[Operation]:
        """Whatever may end somebody's account or session comes last."""
        last = ("session", "account")

        def rank(operation: Operation) -> tuple[bool, bool]:
            said = plain(f"{operation.path}{operation.id}")
            late = operation.method not in SAFE and any(word in said for word in last)
            return ends(operation) or late, operation.method == "delete"

        return sorted(operations, key=rank)

    def _learn(self, operation: Operation) -> None:
        people = self._asker.people
        for someone in (*people.known, people.visitor):
            found = self._succeed(operation, someone)
            if found is not None and not someone.is_visitor:
                self.controls.setdefault(name_of(operation), found)

    def _succeed(
        self, operation: Operation, someone: Someone, actor: Someone | None = None
    ) -> Control | None:
        """A request about `someone`'s own that succeeds for them or for `actor`, if any does."""
        for ask in self._asker.asks(operation, someone):
            if actor is not None and actor != someone and not ask.about:
                continue
            answer = self._asker.send(actor or someone, ask)
            if answer.is_success:
                return Control(actor or someone, ask, answer)
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
            found = None
            if cell.owner != "other":
                found = controls.get(actor.name) or self._succeed(operation, actor)
            if cell.owner != "own":
                found = found or self._as_well(cell, actor, controls)
            return self._shown(cell, operation, actor, found)
        others = self._controls_for(cell, actor, controls)
        if not others:
            return Proof(cell, "unproven", self._no_control(cell))
        if cell.hidden:
            return self._hidden(cell, actor, others)
        return self._kept(cell, actor, others[0], controls.get(actor.name))

    def _kept(self, cell: Cell, actor: Someone, control: Control, own: Control | None) -> Proof:
        """One attempt on what the actor must not see, held against what its owner sees."""
        attempt, held = self._asker.send(actor, control.ask), control.answer
        if not attempt.is_success:
            return self._refused(cell, actor, attempt)
        telling = self._telling(control, actor)
        found = whose(attempt, held, own.answer if own else None, telling)
        let_in = found == "owner" or (not control.ask.about and alike(attempt.body, held.body))
        if not let_in and found == "unknown":
            said = f"answered {attempt.status}, and whose that is cannot be told"
            return Proof(cell, "unproven", said)
        if not let_in:
            what = f"what is {actor.name}'s own" if found == "actor" else "something else"
            return self._denied(cell, actor, f"answered {attempt.status} with {what}")
        if cell.owner == "other" and self._is_shared(actor, control):
            said = "shown in full in a list that everybody reads; say so in the policy"
            return Proof(cell, "unproven", said)
        return Proof(cell, "open", _described(attempt, control), _kind(cell))

    def _as_well(
        self, cell: Cell, actor: Someone, controls: dict[str, Control | None]
    ) -> Control | None:
        """What others are answered, and the actor as well."""
        for control in controls.values():
            if control is None or control.owner == actor:
                continue
            answer = self._asker.send(actor, control.ask)
            if answer.is_success and (cell.owner == "none" or shows(answer, control.answer)):
                return Control(actor, control.ask, answer)
        return None

    def _hidden(self, cell: Cell, actor: Someone, others: list[Control]) -> Proof:
        """What the answer to an owner shows of theirs must not be in the answer to the actor."""
        shown = {one.owner.name: self._telling(one, actor, named=True) for one in others}
        control = next((one for one in others if shown[one.owner.name]), None)
        if control is None:
            said = "the owner's own answer shows nothing that could be told"
            return Proof(cell, "unproven", said)
        attempt = self._asker.send(actor, control.ask)
        seen = [one for one in shown[control.owner.name] if tells(one, attempt)]
        if seen:
            return Proof(cell, "open", f"shows {seen[0].name} {seen[0].value}", OBJECT_LEVEL)
        if not attempt.is_success:
            said = f"answered {attempt.status}, where a success without it is the proof"
            return Proof(cell, "unproven", said)
        return self._denied(cell, actor)

    def _telling(self, control: Control, actor: Someone, *, named: bool = False) -> list[Value]:
        """What the owner made and is shown, but neither the actor made nor the request says.

        Words of the target file are what others may know of somebody; `named` takes them as well.
        """
        own = {(one.name, one.value) for one in self._asker.pools[actor.name] if one.made}
        ask = control.ask
        sent = {value for held in (ask.path, ask.query, ask.body) for _, value in leaves(held)}
        return [
            one
            for one in self._asker.pools[control.owner.name]
            if one.made
            and (named or one.path)
            and (one.name, one.value) not in own
            and one.value not in sent
            and tells(one, control.answer)
        ]

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
        proofs = []
        for cell in (one for one in cells if not one.allowed):
            proofs.append(self._write(cell, operation))
            self._asker.make_again()
        for cell in (one for one in cells if one.allowed):
            actor = self._asker.people.of_role(cell.role)
            owner = self._owner_for(cell, actor) if cell.owner == "other" else actor
            found = (
                self._succeed(operation, self._provided(operation, owner), actor) if owner else None
            )
            proofs.append(self._shown(cell, operation, actor, found))
            self._asker.make_again()
        return proofs

    def _provided(self, operation: Operation, owner: Someone) -> Someone:
        """The owner, with another thing to take away: each control uses one up."""
        above = operation.path.partition("{")[0].rstrip("/")
        for made in [one.ask.operation for one in self.controls.values()]:
            fitting = made.method == "post" and "{" not in made.path and made.path.startswith(above)
            if operation.method == "delete" and above and fitting:
                self._asker.send(owner, self._asker.fresh(made, owner))
        return owner

    def _owner_for(self, cell: Cell, actor: Someone) -> Someone | None:
        """Somebody else who may, of the same role if that one may: a control must succeed."""
        may = {
            one.role for one in self._policy.cells
            if one.operation == cell.operation and one.allowed
        }  # fmt: skip
        others = [one for one in self._asker.people.known if one.name != actor.name]
        return min(
            others, key=lambda one: (one.role not in may, one.role != actor.role), default=None
        )

    def _write(self, cell: Cell, operation: Operation) -> Proof:
        people = self._asker.people
        actor = people.of_role(cell.role)
        owner = self._owner_for(cell, actor)
        if owner is None:
            return Proof(cell, "unproven", self._no_control(cell))
        asks = list(self._asker.asks(operation, self._provided(operation, owner)))
        if not asks:
            return Proof(cell, "unproven", self._asker.spared.get(cell.operation, "never asked"))
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
        before = self._looks.before(ask, owner)
        other = with_password(ask, OTHER_PASSWORD) if ask.about else ask
        if other != ask:  # no log-in works until it is given back, so that no session may end
            for someone in (actor, owner):
                self._asker.people.begin_anew(self._asker.people.now(someone), FRESH_S / 2)
        attempt = self._asker.send(actor, other)
        after = self._looks.after(ask, owner, before)
        happened = before.became(after)
        if attempt.is_success and other != ask:
            self._give_back(ask, actor, owner)
        if not attempt.is_success and not happened:
            control = self._asker.send(owner, ask)
            if not control.is_success:
                return None
            self.controls[cell.operation] = Control(owner, ask, control)
            said = "" if before.anything else NOT_LOOKED_UP
            return self._refused(cell, actor, attempt, said)
        if happened or cell.owner != "other":
            said = f"answered {attempt.status}" + (", and the owner finds it changed" * happened)
            return Proof(cell, "open", said, _kind(cell))
        if ask.operation.method == "delete" and self._asker.send(owner, ask).status in (404, 410):
            return Proof(cell, "open", f"answered {attempt.status}, and it is gone", _kind(cell))
        said = f"answered {attempt.status}, and no effect on what is {owner.name}'s was seen"
        if self._would_be_seen(other, owner, after):
            self.controls[cell.operation] = Control(owner, ask, self._asker.send(owner, ask))
            return self._denied(cell, actor, f"{said}, where {owner.name}'s own request has one")
        return Proof(cell, "unproven", said)

    def _would_be_seen(self, ask: Ask, owner: Someone, before: Seen) -> bool:
        """Whether the look-ups see what the same request does when its owner sends it."""
        if not before.anything or not self._asker.send(owner, ask).is_success:
            return False
        after = self._looks.after(ask, owner, before)
        self._give_back(ask, owner, owner)
        return before.became(after)

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

    # --- what an attempt shows -------------------------------------------------------------

    def _shown(
        self, cell: Cell, operation: Operation, actor: Someone, control: Control | None
    ) -> Proof:
        if control is not None:
            self.controls.setdefault(cell.operation, control)
            return Proof(cell, "proven")
        last = [one for one in self._asker.answers
                if one.who.name == actor.name and one.ask.operation is operation]  # fmt: skip
        said = self._asker.spared.get(cell.operation, "never asked")
        if last:
            said = f"answered {last[-1].status} {' '.join(last[-1].text.split()):.120}"
        return Proof(cell, "unproven", said)

    def _controls_for(
        self, cell: Cell, actor: Someone, controls: dict[str, Control | None]
    ) -> list[Control]:
        others = [one for one in controls.values() if one is not None and one.owner != actor]
        if cell.owner == "other" and not cell.hidden:
            others = [one for one in others if one.ask.about]
        return sorted(others, key=lambda one: one.owner.role != actor.role)

    def _no_control(self, cell: Cell) -> str:
        if len(self._asker.people.known) < 1 + (cell.role != VISITOR):
            return "the target file has too few identities to tell one's own from another's"
        return "no request succeeded for the one who may"

    def _refused(self, cell: Cell, actor: Someone, attempt: Answered, said: str = "") -> Proof:
        if cell.refused_with(attempt.status):
            return self._denied(cell, actor, said)
        said = f"refused with {attempt.status}, the policy says {cell.expected}"
        return Proof(cell, "unproven", said)

    def _denied(self, cell: Cell, actor: Someone, said: str = "") -> Proof:
        """Proven, where the service knows who was denied: it refuses whom it does not know, too."""
        if not self._doors.recognised(actor):
            said = f"{actor.name}'s credentials are not known to work"
            return Proof(cell, "unproven", said)
        return Proof(cell, "proven", said)


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
