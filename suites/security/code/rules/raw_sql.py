"""SQL whose text is not all in the source: `text(sort)`, `order_by(f"{column} desc")`."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from suites.security.code.rules.interface import Fault, Module, Rule, argument, is_literal

# Where SQLAlchemy takes its argument for SQL as it is. https://docs.sqlalchemy.org/en/21/core/
_MAKERS = frozenset({"text", "literal_column", "DDL", "TextClause"})
_RUNNERS = frozenset({"exec_driver_sql"})
# Where a string is taken for SQL too, and anything else is an expression.
_CLAUSES = frozenset({"order_by", "group_by", "execute", "scalar", "scalars", "stream"})


def _look(module: Module) -> Iterator[Fault]:
    for call in module.calls:
        name = module.full_name(call.func)
        last = name.rpartition(".")[2]
        if last in _RUNNERS or (last in _MAKERS and name.startswith("sqlalchemy.")):
            sql = argument(call, 0, "text" if last in _MAKERS else "statement")
            built = sql is not None and not _stands_here(module, sql)
        else:
            takes_it = last in _CLAUSES and isinstance(call.func, ast.Attribute)
            built = takes_it and any(map(_is_built_text, call.args))
        if built:
            yield call, f"{last}() of SQL that is put together: bind values, and choose names"


def _stands_here(module: Module, node: ast.expr) -> bool:
    if isinstance(node, ast.Name):
        return node.id in module.constants
    if isinstance(node, ast.JoinedStr):
        values = [part.value for part in node.values if isinstance(part, ast.FormattedValue)]
        return all(_stands_here(module, value) for value in values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return _stands_here(module, node.left) and _stands_here(module, node.right)
    return is_literal(node)


def _is_built_text(node: ast.expr) -> bool:
    if isinstance(node, ast.JoinedStr):
        return not is_literal(node)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add | ast.Mod):
        return any(
            (isinstance(side, ast.Constant) and isinstance(side.value, str)) or _is_built_text(side)
            for side in (node.left, node.right)
        )
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "format"
        and isinstance(node.func.value, ast.Constant)
    )


RULE = Rule(
    "raw-sql",
    "high",
    "from sqlalchemy import select, text\n"
    "def page(session, sort):\n"
    "    return session.execute(select(1).order_by(text(sort)))\n",
    _look,
)
