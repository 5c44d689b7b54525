"""Secrets compared with `==`, which takes the longer the more of them is right."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule

_SECRET = re.compile(
    r"(^|_)(token|secret|signature|hmac|mac|seal|password|passwd|api_?key|csrf|otp|pin)"
    r"(_?(hash|value|hex|digest))?$",
    re.IGNORECASE,
)
_DIGESTS = frozenset({"digest", "hexdigest"})


def _look(module: Module) -> Iterator[Fault]:
    # What a test asserts tells nobody but the tester how long it took.
    asserted = {
        id(inner)
        for node in module.nodes
        if isinstance(node, ast.Assert)
        for inner in ast.walk(node)
    }
    for node in module.nodes:
        if not isinstance(node, ast.Compare) or id(node) in asserted:
            continue
        sides = [node.left, *node.comparators]
        for operator, left, right in zip(node.ops, sides, sides[1:], strict=False):
            if not isinstance(operator, ast.Eq | ast.NotEq):
                continue
            if (_is_secret(left) or _is_secret(right)) and not (
                _is_plain(left) or _is_plain(right)
            ):
                yield node, "a secret compared with ==: hmac.compare_digest takes the same time"


def _is_secret(node: ast.expr) -> bool:
    if isinstance(node, ast.Call):
        function = node.func
        return isinstance(function, ast.Attribute) and (
            function.attr in _DIGESTS and "hmac" in ast.unparse(function.value)
        )
    name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "id", "")
    return bool(_SECRET.search(name))


def _is_plain(node: ast.expr) -> bool:
    """A literal holds no secret; a column of a table makes SQL of the comparison."""
    if isinstance(node, ast.Constant | ast.Tuple | ast.List):
        return True
    if not isinstance(node, ast.Attribute):
        return False
    owner = node.value
    name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
    return name in {"c", "columns"} or name[:1].isupper()


RULE = Rule(
    "secret-comparison",
    "medium",
    "def allowed(request, token):\n    return request.headers['x-token'] == token\n",
    _look,
)
