"""Our own rules over Python files: each file parsed, or named with the reason.

The rules hold for what serves or judges. Tests are parsed and left alone: made-up secrets, raw SQL
and instants without an offset are what they are about.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from pathlib import Path

from suites.security.code.rules import RULES
from suites.security.code.rules.interface import Module
from suites.security.code.scans import Canary, Scan, Spot, as_findings, name_of

TOOL = "touchline-rules"
_TESTS = "suites/"
CODE = (__name__, Module.__module__, *(rule.look.__module__ for rule in RULES))
"""The modules that decide what is found."""
CANARIES = tuple(Canary(f"{rule.name}.py", rule.canary, rule.name) for rule in RULES)


def scan(files: Sequence[Path], root: Path) -> Scan:
    """Every rule over every file."""
    spots: list[Spot] = []
    looked_at, missing = [], []
    for path in files:
        name = name_of(path, root)
        try:
            module = Module(ast.parse(path.read_bytes(), str(path)))
        except OSError as error:
            missing.append(f"{name}: {error.strerror}")
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            missing.append(f"{name}: cannot be parsed ({error})")
        else:
            looked_at.append(name)
            spots += () if name.startswith(_TESTS) else _spots(module, name)
    return Scan(as_findings(TOOL, spots, root), tuple(looked_at), tuple(missing))


def _spots(module: Module, name: str) -> Iterator[Spot]:
    for rule in RULES:
        for node, message in rule.look(module):
            line = getattr(node, "lineno", 0)
            yield Spot(rule.name, name, line, rule.severity, rule.severity, message)
