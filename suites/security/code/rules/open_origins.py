"""Pages of any origin let in with their visitor's credentials."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule


def _look(module: Module) -> Iterator[Fault]:
    for call in module.calls:
        words = {word.arg: word.value for word in call.keywords}
        origins, pattern = words.get("allow_origins"), words.get("allow_origin_regex")
        credentials = words.get("allow_credentials")
        if not (isinstance(credentials, ast.Constant) and credentials.value is True):
            continue
        if _holds(origins, "*") or _is_any(pattern):
            yield call, "credentials from every origin: name the origins that may send them"


def _holds(node: ast.expr | None, text: str) -> bool:
    return isinstance(node, ast.List | ast.Tuple | ast.Set) and any(
        isinstance(item, ast.Constant) and item.value == text for item in node.elts
    )


def _is_any(node: ast.expr | None) -> bool:
    """A pattern that does not say where a host ends lets in whoever registers the right one."""
    if not isinstance(node, ast.Constant) or not isinstance(node.value, str):
        return False
    return node.value.startswith((".*", "https?://.*", "http://.*", "https://.*"))


RULE = Rule(
    "open-origins",
    "high",
    "from starlette.middleware.cors import CORSMiddleware\n"
    "def wire(app):\n"
    "    app.add_middleware(CORSMiddleware, allow_origins=['*'], allow_credentials=True)\n",
    _look,
)
