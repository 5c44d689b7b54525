"""Instants without an offset, which mean another moment on another machine."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule, argument, has_spread

# Position of the time zone among the arguments.
_NEEDING_ZONE = {"now": 0, "fromtimestamp": 1}
_NEVER = frozenset({"utcnow", "utcfromtimestamp", "today"})
_FORGETS = "a column that forgets offsets: DateTime(timezone=True)"
_COLUMNS = frozenset({"sqlalchemy.DateTime", "sqlalchemy.types.DateTime"})


def _look(module: Module) -> Iterator[Fault]:
    called = {id(call.func) for call in module.calls}
    # given the machine's offset at once
    placed = {
        id(node.value)
        for node in module.nodes
        if isinstance(node, ast.Attribute) and node.attr == "astimezone"
    }
    for call in module.calls:
        if not has_spread(call) and id(call) not in placed and (said := _fault_of(module, call)):
            yield call, said
    for node in module.nodes:
        named = isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
        if named and id(node) not in called and module.full_name(node) in _COLUMNS:
            yield node, _FORGETS


def _fault_of(module: Module, call: ast.Call) -> str:
    name = module.full_name(call.func)
    owner, _, last = name.rpartition(".")
    if owner == "datetime.datetime":
        if last in _NEVER:
            return f"{last}() gives an instant without an offset: now(UTC)"
        if last in _NEEDING_ZONE and _is_none(argument(call, _NEEDING_ZONE[last], "tz")):
            return f"{last}() without a time zone: pass UTC"
    if name == "datetime.datetime" and _is_none(argument(call, 7, "tzinfo")):
        return "a datetime without tzinfo: pass tzinfo=UTC"
    if name in _COLUMNS and not _is_true(argument(call, 0, "timezone")):
        return _FORGETS
    return ""


def _is_none(node: ast.expr | None) -> bool:
    return node is None or (isinstance(node, ast.Constant) and node.value is None)


def _is_true(node: ast.expr | None) -> bool:
    return isinstance(node, ast.Constant) and node.value is True


RULE = Rule(
    "naive-time",
    "medium",
    "from datetime import datetime\ndef expired(moment):\n    return moment < datetime.now()\n",
    _look,
)
