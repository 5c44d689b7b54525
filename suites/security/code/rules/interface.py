"""What a rule is, and a parsed module as rules see it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

from reports.evidence import Severity

Function = ast.FunctionDef | ast.AsyncFunctionDef
Fault = tuple[ast.AST, str]


@dataclass(frozen=True)
class Module:
    """The syntax tree of one file, with the names that its imports bring in."""

    tree: ast.Module

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node, the outer ones first."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def calls(self) -> tuple[ast.Call, ...]:
        """Every call."""
        return tuple(node for node in self.nodes if isinstance(node, ast.Call))

    @cached_property
    def functions(self) -> tuple[Function, ...]:
        """Every function, those inside others too."""
        kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
        return tuple(node for node in self.nodes if isinstance(node, kinds))

    @cached_property
    def constants(self) -> frozenset[str]:
        """Names that the module binds to a literal, outside functions, and never again."""
        bound = [node for node in self.tree.body if isinstance(node, ast.Assign | ast.AnnAssign)]
        times = Counter(name for node in self.nodes for name in _bound(node))
        return frozenset(
            target.id
            for node in bound
            if node.value is not None and is_literal(node.value)
            for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
            if isinstance(target, ast.Name) and times[target.id] == 1
        )

    @cached_property
    def _imported(self) -> dict[str, str]:
        names: dict[str, str] = {}
        for node in self.nodes:
            if isinstance(node, ast.Import):
                for alias in node.names:
                    top = alias.name.partition(".")[0]
                    names[alias.asname or top] = alias.name if alias.asname else top
            elif isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    names[alias.asname or alias.name] = f"{node.module or ''}.{alias.name}"
        return names

    def full_name(self, node: ast.AST) -> str:
        """What a name or an attribute stands for, by the imports: `sqlalchemy.text` for `text`."""
        if isinstance(node, ast.Attribute):
            before = self.full_name(node.value)
            return f"{before}.{node.attr}" if before else node.attr
        if isinstance(node, ast.Name):
            return self._imported.get(node.id, node.id)
        return ""


def _bound(node: ast.AST) -> Iterator[str]:
    """The names that a node binds: by an assignment, as a parameter, by an import or a pattern."""
    if isinstance(node, ast.Name) and not isinstance(node.ctx, ast.Load):
        yield node.id
    elif isinstance(node, ast.arg):
        yield node.arg
    elif isinstance(node, ast.alias):
        yield node.asname or node.name.partition(".")[0]
    elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar) and node.name:
        yield node.name
    elif isinstance(node, ast.MatchMapping) and node.rest:
        yield node.rest


@dataclass(frozen=True)
class Rule:
    """One kind of fault: its name, its severity, a file that has it, and how it is found."""

    name: str
    severity: Severity
    canary: str
    look: Callable[[Module], Iterator[Fault]]


def argument(call: ast.Call, position: int, name: str) -> ast.expr | None:
    """What a call passes there, by position or by name."""
    if position < len(call.args):
        return call.args[position]
    return next((word.value for word in call.keywords if word.arg == name), None)


def has_spread(call: ast.Call) -> bool:
    """Whether a call passes on arguments that cannot be seen here."""
    return any(word.arg is None for word in call.keywords) or any(
        isinstance(one, ast.Starred) for one in call.args
    )


def is_literal(node: ast.expr) -> bool:
    """Whether an expression is made of text that stands in the source, and of nothing else."""
    if isinstance(node, ast.Constant):
        return True
    if isinstance(node, ast.JoinedStr):
        return all(isinstance(part, ast.Constant) for part in node.values)
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return is_literal(node.left) and is_literal(node.right)
    return False
