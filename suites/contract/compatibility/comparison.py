"""Two documents compared: every rule, applied to every operation of the older one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from suites.contract.compatibility import (
    answer_rules,
    object_rules,
    operation_rules,
    parameter_rules,
    schema_rules,
    value_rules,
)
from suites.contract.compatibility.document import Document, Operation
from suites.contract.compatibility.rules import OPERATION_RULES, SCHEMA_RULES, Break
from suites.contract.compatibility.schemas import pairs
from suites.contract.compatibility.sunset import sunset_of

OF_DOCUMENTS = (
    "path-removed",
    "operation-removed",
    "operation-removed-before-its-sunset",
    "path-parameter-renamed",
    "webhook-removed",
)
# Importing these modules registers their rules; an empty register would pass everything.
REGISTERED = (
    answer_rules, object_rules, operation_rules, parameter_rules, schema_rules, value_rules,
)  # fmt: skip
assert OPERATION_RULES, REGISTERED
assert SCHEMA_RULES, REGISTERED


@dataclass(frozen=True)
class Comparison:
    """All breaks, and the operations that were compared; `missing` says why one was not."""

    breaks: tuple[Break, ...]
    compared: tuple[str, ...]
    missing: tuple[str, ...]


def names() -> tuple[str, ...]:
    """The names of all rules."""
    return (*OF_DOCUMENTS, *OPERATION_RULES, *SCHEMA_RULES)


def compare(old: Document, new: Document, today: date) -> Comparison:
    """Apply every rule to every operation of the older document.

    `today` decides whether the sunset of an operation that is gone has passed.
    """
    breaks: list[Break] = []
    compared: list[str] = []
    unreadable = {fault.partition(": ")[0]: fault for fault in new.faults}
    missing = [f"released {fault}" for fault in old.faults]
    shapes = {operation.shape: operation for operation in new.operations.values()}
    for name, before in old.operations.items():
        after = new.operations.get(name) or shapes.get(before.shape)
        if name in unreadable:
            missing.append(f"served {unreadable[name]}")
            continue
        compared.append(name)
        if after is None:
            breaks += _removed(before, new, today)
        else:
            breaks += _changed(old, new, before, after)
    breaks += _webhooks_removed(old, new)
    return Comparison(tuple(dict.fromkeys(breaks)), tuple(compared), tuple(missing))


def _removed(before: Operation, new: Document, today: date) -> Iterator[Break]:
    sunset = sunset_of(before.body)
    if sunset is not None and before.body.get("deprecated"):
        if today < sunset:
            change = f"is gone, {(sunset - today).days} days before its sunset on {sunset}"
            yield Break(OF_DOCUMENTS[2], str(before), "operation", change)
        return
    path_stands = before.path in new.raw.get("paths", {})
    rule = OF_DOCUMENTS[1] if path_stands else OF_DOCUMENTS[0]
    yield Break(rule, str(before), "operation", "is gone")


def _changed(old: Document, new: Document, before: Operation, after: Operation) -> Iterator[Break]:
    if before.path != after.path:
        yield Break(OF_DOCUMENTS[3], str(before), "path", f"is now {after.path}")
        after = after.with_path_of(before)
    for name, operation_rule in OPERATION_RULES.items():
        for where, change in operation_rule(before, after):
            yield Break(name, str(before), where, change)
    for pair in pairs(old, new, before, after):
        for name, schema_rule in SCHEMA_RULES.items():
            for where, change in schema_rule(pair):
                yield Break(name, str(before), where, change)


def _webhooks_removed(old: Document, new: Document) -> Iterator[Break]:
    for name in old.raw.get("webhooks", {}):
        if name not in new.raw.get("webhooks", {}):
            yield Break(OF_DOCUMENTS[4], f"webhook {name}", "webhook", "is no longer sent")
