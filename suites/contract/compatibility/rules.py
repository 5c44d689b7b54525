"""The register of breaking-change rules.

A rule is one function with a name; it says where a client that relied on the older document is let
down by the newer one. Rules about operations get both operations, rules about schemas a pair of
schemas in the same place. The direction decides: what a client sends may only be taken more
widely, what it receives may only be answered more narrowly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from reports.evidence import Finding, fingerprint
from suites.contract.compatibility.document import Operation
from suites.contract.compatibility.pairing import Pair

TOOL = "compatibility"


@dataclass(frozen=True)
class Break:
    """One thing taken away: the rule, the operation, the place in it, and what changed there."""

    rule: str
    operation: str
    where: str
    change: str

    def as_finding(self) -> Finding:
        """The break as evidence; its fingerprint holds the change, so that a further one is new."""
        return Finding(
            tool=TOOL,
            rule=self.rule,
            severity="high",
            message=f"{self.operation}: {self.where}: {self.change}",
            fingerprint=fingerprint(TOOL, self.rule, self.operation, self.where, self.change),
            path="suites/contract/openapi.json",
            objectives=("contract-compatibility",),
        )


# (where, change) of each break
Found = Iterator[tuple[str, str]]
OperationRule = Callable[[Operation, Operation], Found]
SchemaRule = Callable[[Pair], Found]
OPERATION_RULES: dict[str, OperationRule] = {}
SCHEMA_RULES: dict[str, SchemaRule] = {}


def about_operations(rule: OperationRule) -> OperationRule:
    """Register a rule about two operations; its name is the function's."""
    OPERATION_RULES[_name(rule)] = rule
    return rule


def about_schemas(rule: SchemaRule) -> SchemaRule:
    """Register a rule about two schemas in one place; its name is the function's."""
    SCHEMA_RULES[_name(rule)] = rule
    return rule


def _name(rule: Callable[..., Found]) -> str:
    name: str = getattr(rule, "__name__")  # noqa: B009  mypy knows no name of a Callable
    return name.replace("_", "-")
