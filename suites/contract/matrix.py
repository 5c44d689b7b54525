"""The access matrix: each cell of the policy proven by an attempt and, where denied, a control.

A denied cell is proven when the attempt is refused with the status that the policy writes, nothing
of what was asked for is in the answer, nothing has changed in the database, and the very same
request then succeeds for someone who may make it: so it was refused for who asked, not for how.
A hidden cell is proven when the answer lacks what the same request shows to the one who owns it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from httpx import Response

from suites.contract.access import Cell, Policy, Role
from suites.contract.faults import (
    AUTHENTICATION,
    EXISTENCE,
    FUNCTION_LEVEL,
    OBJECT_LEVEL,
    WRONGLY_401,
    Fault,
    Kind,
)
from suites.contract.recipes import RECIPES
from suites.contract.world import Person, Request, World

Outcome = Literal["proven", "open", "unproven"]


@dataclass(frozen=True)
class Proof:
    """What became of one cell; `detail` says why it is not proven."""

    cell: Cell
    outcome: Outcome
    detail: str = ""
    kind: Kind | None = None

    def __str__(self) -> str:
        return f"{self.cell}: {self.outcome}, {self.detail}"

    @property
    def shown(self) -> Literal["allowed", "denied", "open", "unproven"]:
        """What the attempts showed."""
        if self.outcome != "proven":
            return self.outcome
        return "allowed" if self.cell.allowed else "denied"

    @property
    def fault(self) -> Fault | None:
        """What is wrong, where something is known to be."""
        if self.kind is None:
            return None
        return Fault(self.kind, self.cell.operation, f"{self.cell.role}/{self.cell.owner}",
                     self.detail)  # fmt: skip


async def prove(world: World, policy: Policy, cell: Cell) -> Proof:
    """Try one cell."""
    recipe = RECIPES.get(cell.operation)
    if recipe is None:
        return Proof(cell, "unproven", "there is no recipe for its request")
    caller = None if cell.role == "visitor" else await world.person(cast("Role", cell.role))
    if cell.allowed:
        return await _prove_allowed(world, cell, await recipe(world, caller), caller)
    entitled = await world.person("player" if "player" in _entitled(policy, cell) else "admin")
    if cell.hidden:
        return await _prove_hidden(world, cell, await recipe(world, entitled), caller, entitled)
    return await _prove_denied(world, cell, await recipe(world, entitled), caller, entitled)


def _entitled(policy: Policy, cell: Cell) -> set[str]:
    return {one.role for one in policy.cells if one.operation == cell.operation and one.allowed}


async def _prove_allowed(
    world: World, cell: Cell, request: Request, caller: Person | None
) -> Proof:
    answer = await world.send(cell.operation, request, caller)
    fault = await _not_let_through(world, request, answer)
    return Proof(cell, "unproven", fault) if fault else Proof(cell, "proven")


async def _prove_denied(
    world: World, cell: Cell, request: Request, caller: Person | None, entitled: Person
) -> Proof:
    if await world.has_happened(request.effect):
        return Proof(cell, "unproven", "its effect shows before the attempt")
    attempt = await world.send(cell.operation, request, caller)
    if fault := await _let_through(world, request, attempt):
        return Proof(cell, "open", fault, _kind(cell))
    if not cell.refused_with(attempt.status_code):
        detail = f"refused with {attempt.status_code}, the policy says {cell.refusal}"
        return Proof(cell, "unproven", detail, _kind_of_refusal(cell, attempt.status_code))
    control = await world.send(cell.operation, request, entitled)
    fault = await _not_let_through(world, request, control)
    return (
        Proof(cell, "unproven", f"control of {entitled.role}: {fault}")
        if fault
        else Proof(cell, "proven")
    )


async def _let_through(world: World, request: Request, attempt: Response) -> str:
    """What shows that an attempt was let through; a refusal that did it all the same was too."""
    if attempt.is_success:
        return f"answered {attempt.status_code}"
    if await world.has_happened(request.effect):
        return f"answered {attempt.status_code}, and did it all the same"
    if request.marker and request.marker in attempt.text:
        return f"answered {attempt.status_code}, and showed {request.marker}"
    return ""


async def _prove_hidden(
    world: World, cell: Cell, request: Request, caller: Person | None, entitled: Person
) -> Proof:
    attempt = await world.send(cell.operation, request, caller)
    if request.marker in attempt.text:
        return Proof(cell, "open", f"showed {request.marker} of someone else", OBJECT_LEVEL)
    if not attempt.is_success:
        return Proof(cell, "unproven", f"answered {attempt.status_code} {attempt.text[:200]}")
    control = await world.send(cell.operation, request, entitled)
    fault = await _not_let_through(world, request, control)
    return Proof(cell, "unproven", f"control: {fault}") if fault else Proof(cell, "proven")


def _kind(cell: Cell) -> Kind:
    if cell.role == "visitor":
        return AUTHENTICATION
    return OBJECT_LEVEL if cell.owner == "other" else FUNCTION_LEVEL


def _kind_of_refusal(cell: Cell, status: int) -> Kind | None:
    """A refusal with another status than was written down, where that tells too much or wrongly."""
    if cell.refusal == 404 and status == 403:
        return EXISTENCE
    return WRONGLY_401 if status == 401 else None


async def _not_let_through(world: World, request: Request, answer: Response) -> str:
    """Why an answer does not show that the request was let through; empty when it does."""
    if not answer.is_success:
        return f"answered {answer.status_code} {answer.text[:200]}"
    if request.marker not in answer.text:
        return f"answered {answer.status_code} without {request.marker}"
    if await world.has_happened(request.effect) is False:
        return f"answered {answer.status_code}, but nothing happened"
    return ""
