"""Two documents compared: every rule, applied to every operation of the older one.

Of callbacks and webhooks the names are compared, and what the service sends by them; not what
clients answer to that.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import chain

from suites.contract.compatibility import (
    answer_rules,
    object_rules,
    operation_rules,
    parameter_rules,
    schema_rules,
    value_rules,
)
from suites.contract.compatibility.document import Document, Operation
from suites.contract.compatibility.pairing import Pair, pairs, received
from suites.contract.compatibility.rules import OPERATION_RULES, SCHEMA_RULES, Break
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
    breaks += _webhooks(old, new)
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
    found = pairs(old, new, before, after)
    yield from _schemas_changed(str(before), chain(found, _called_back(old, new, before, after)))


def _schemas_changed(operation: str, found: Iterable[Pair]) -> Iterator[Break]:
    for pair in found:
        for name, schema_rule in SCHEMA_RULES.items():
            for where, change in schema_rule(pair):
                yield Break(name, operation, where, change)


def _called_back(
    old: Document, new: Document, before: Operation, after: Operation
) -> Iterator[Pair]:
    for name, callback in before.body.get("callbacks", {}).items():
        if name in after.body.get("callbacks", {}):
            older, newer = old.resolve(callback), new.resolve(after.body["callbacks"][name])
            # Each is a path by an expression that tells where it is.
            for expression in older:
                if expression in newer:
                    where = f"callback {name}"
                    yield from received(old, new, where, older[expression], newer[expression])


def _webhooks(old: Document, new: Document) -> Iterator[Break]:
    newer = new.raw.get("webhooks", {})
    for name, webhook in old.raw.get("webhooks", {}).items():
        if name not in newer:
            yield Break(OF_DOCUMENTS[4], f"webhook {name}", "webhook", "is no longer sent")
            continue
        found = received(old, new, "body", webhook, newer[name])
        yield from _schemas_changed(f"webhook {name}", found)
