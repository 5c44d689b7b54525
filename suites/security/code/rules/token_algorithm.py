"""Signed tokens read by whatever rule they bring along."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule, argument, has_spread

_CHECKS = frozenset({"verify_signature", "verify_exp", "verify_aud", "verify_iss"})


def _look(module: Module) -> Iterator[Fault]:
    for call in module.calls:
        name = module.full_name(call.func)
        if name not in {"jwt.decode", "jwt.decode_complete"} or has_spread(call):
            continue
        algorithms = argument(call, 2, "algorithms")
        if any(_is_off(word) for word in call.keywords):
            yield call, "a check of the token is switched off: leave all of them on"
        elif algorithms is None:
            yield call, "no algorithm is named: pass algorithms=[the one in use]"
        elif not isinstance(algorithms, ast.List | ast.Tuple | ast.Set) or any(
            not isinstance(one, ast.Constant | ast.Name) or _is_none_algorithm(one)
            for one in algorithms.elts
        ):
            yield call, "the algorithm is not fixed: pass algorithms=[the one in use]"


def _is_none_algorithm(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and str(node.value).lower() == "none"


def _is_off(word: ast.keyword) -> bool:
    if word.arg in {"verify", "verify_signature"}:
        return isinstance(word.value, ast.Constant) and word.value.value is False
    if word.arg != "options" or not isinstance(word.value, ast.Dict):
        return False
    return any(
        isinstance(key, ast.Constant) and key.value in _CHECKS
        and isinstance(value, ast.Constant) and value.value is False
        for key, value in zip(word.value.keys, word.value.values, strict=True)
    )  # fmt: skip


RULE = Rule(
    "token-algorithm",
    "high",
    "import jwt\n"
    "def read(token, key):\n"
    "    return jwt.decode(token, key, algorithms=[jwt.get_unverified_header(token)['alg']])\n",
    _look,
)
