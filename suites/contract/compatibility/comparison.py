"""Two documents compared: every rule, applied to every operation of the older one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from suites.contract.compatibility import operation_rules, schema_rules
from suites.contract.compatibility.document import Document, Operation
from suites.contract.compatibility.rules import OPERATION_RULES, SCHEMA_RULES, Break
from suites.contract.compatibility.schemas import pairs

REMOVED = ("path-removed", "operation-removed")
# Importing these modules registers their rules; an empty register would pass everything.
assert OPERATION_RULES, operation_rules.__name__
assert SCHEMA_RULES, schema_rules.__name__


@dataclass(frozen=True)
class Comparison:
    """All breaks, and the operations that were compared; `missing` says why one was not."""

    breaks: tuple[Break, ...]
    compared: tuple[str, ...]
    missing: tuple[str, ...]


def names() -> tuple[str, ...]:
    """The names of all rules."""
    return (*REMOVED, *OPERATION_RULES, *SCHEMA_RULES)


def compare(old: Document, new: Document) -> Comparison:
    """Apply every rule to every operation of the older document."""
    breaks: list[Break] = []
    compared: list[str] = []
    unreadable = {fault.partition(": ")[0]: fault for fault in new.faults}
    missing = [f"released {fault}" for fault in old.faults]
    for name, before in old.operations.items():
        after = new.operations.get(name)
        if name in unreadable:
            missing.append(f"served {unreadable[name]}")
            continue
        compared.append(name)
        breaks += _removed(before, new) if after is None else _changed(old, new, before, after)
    return Comparison(tuple(dict.fromkeys(breaks)), tuple(compared), tuple(missing))


def _removed(before: Operation, new: Document) -> Iterator[Break]:
    path_stands = before.path in new.raw.get("paths", {})
    rule = REMOVED[1] if path_stands else REMOVED[0]
    yield Break(rule, str(before), "operation", "is gone")


def _changed(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Break]:
    for name, operation_rule in OPERATION_RULES.items():
        for where, change in operation_rule(before, after):
            yield Break(name, str(before), where, change)
    for pair in pairs(old, new, before, after):
        for name, schema_rule in SCHEMA_RULES.items():
            for where, change in schema_rule(pair):
                yield Break(name, str(before), where, change)
