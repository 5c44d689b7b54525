"""Redirects to wherever the request says."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Function, Module, Rule, argument

_REDIRECTS = frozenset({"RedirectResponse"})
# What a request holds that its sender chose.
_CHOSEN = frozenset({"query_params", "headers", "cookies", "path_params", "url"})


def _look(module: Module) -> Iterator[Fault]:
    for function in module.functions:
        chosen = _parameters(function)
        for node in _own_nodes(function):
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                _follow(chosen, node.targets[0].id, node.value)
            url = _target_of(module, node)
            if url is not None and _begins_with(url, chosen):
                yield node, "a redirect to what the request names: allow own paths alone"


def _target_of(module: Module, node: ast.AST) -> ast.expr | None:
    if not isinstance(node, ast.Call):
        return None
    is_redirect = module.full_name(node.func).rpartition(".")[2] in _REDIRECTS
    return argument(node, 0, "url") if is_redirect else None


def _own_nodes(function: Function) -> list[ast.AST]:
    nodes = [node for child in function.body for node in ast.walk(child)]
    return sorted(nodes, key=lambda node: getattr(node, "lineno", 0))


def _parameters(function: Function) -> set[str]:
    """Parameters that hold text, or of which nobody says what they hold."""
    every = (*function.args.posonlyargs, *function.args.args, *function.args.kwonlyargs)
    return {
        one.arg
        for one in every
        if one.arg not in {"self", "cls"}
        and (one.annotation is None or "str" in ast.unparse(one.annotation))
    }


def _follow(chosen: set[str], name: str, value: ast.expr) -> None:
    (chosen.add if _begins_with(value, chosen) else chosen.discard)(name)


def _begins_with(node: ast.expr, chosen: set[str]) -> bool:
    """Whether an address begins with what the sender chose; what comes behind a path is harmless.

    A call of anything else counts as a check of what it is given.
    """
    if isinstance(node, ast.Name):
        return node.id in chosen
    if isinstance(node, ast.JoinedStr):
        first = node.values[0] if node.values else None
        return isinstance(first, ast.FormattedValue) and _begins_with(first.value, chosen)
    if isinstance(node, ast.BinOp | ast.BoolOp | ast.IfExp):
        return any(_begins_with(one, chosen) for one in _branches(node))
    if isinstance(node, ast.Subscript):
        return _begins_with(node.value, chosen) or _is_of_request(node.value)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        return node.func.attr in {"get", "getlist"} and _is_of_request(node.func.value)
    return False


def _branches(node: ast.BinOp | ast.BoolOp | ast.IfExp) -> list[ast.expr]:
    if isinstance(node, ast.BinOp):
        return [node.left]
    return node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]


def _is_of_request(node: ast.expr) -> bool:
    if isinstance(node, ast.Await):
        node = node.value
    if isinstance(node, ast.Call):
        return isinstance(node.func, ast.Attribute) and node.func.attr in {"form", "json"}
    return isinstance(node, ast.Attribute) and node.attr in _CHOSEN


RULE = Rule(
    "open-redirect",
    "medium",
    "from fastapi.responses import RedirectResponse\n"
    "async def leave(next: str) -> RedirectResponse:\n"
    "    return RedirectResponse(next)\n",
    _look,
)
