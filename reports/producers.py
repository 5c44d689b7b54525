"""Which objectives name something that nobody records.

An objective whose metric is misspelt would be `no evidence` for ever, after minutes of measuring.
So the names are looked up before anything runs: each must stand as a string in the source of some
producer, or be made there by an f-string whose parts stand in the same file.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.objectives import ChecksClause, Objective, Objectives

ROOMS = ("suites", "scenarios", "fixtures")
# Tests of the framework name metrics by the dozen as examples, and record none of them.
EXAMPLES = ("suites/framework/fixtures", "suites/framework/reports", "suites/framework/scenarios")


@dataclass(frozen=True)
class Vocabulary:
    """The strings of one file, and the shapes of the strings that it makes."""

    literals: frozenset[str]
    shapes: tuple[re.Pattern[str], ...]

    def holds(self, name: str) -> bool:
        """Whether the file can say the name."""
        if name in self.literals:
            return True
        matches = (shape.fullmatch(name) for shape in self.shapes)
        return any(match and self.literals.issuperset(match.groups()) for match in matches)


def vocabularies(root: Path) -> tuple[Vocabulary, ...]:
    """What every Python file of the producers can say; files that are no Python say nothing."""
    found = []
    for room in ROOMS:
        for path in sorted((root / room).rglob("*.py")):
            if path.relative_to(root).as_posix().startswith(EXAMPLES):
                continue
            try:
                found.append(vocabulary(path.read_text("utf-8", "replace")))
            except SyntaxError:
                continue
    return tuple(found)


def vocabulary(source: str) -> Vocabulary:
    """The strings in a piece of source. Raises SyntaxError."""
    nodes = list(ast.walk(ast.parse(source)))
    literals = {
        node.value
        for node in nodes
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    shapes = [_shape(node) for node in nodes if isinstance(node, ast.JoinedStr)]
    return Vocabulary(frozenset(literals), tuple(shapes))


def _shape(node: ast.JoinedStr) -> re.Pattern[str]:
    parts = (
        re.escape(str(part.value)) if isinstance(part, ast.Constant) else r"(.+)"
        for part in node.values
    )
    return re.compile("".join(parts), re.DOTALL)


def unrecorded(objectives: Iterable[Objective], spoken: Sequence[Vocabulary]) -> tuple[str, ...]:
    """A sentence for each name that a clause needs and that no producer can say."""
    found = []
    for objective in objectives:
        for clause in objective.requires:
            names = (objective.id,) if isinstance(clause, ChecksClause) else clause.names
            found += [
                f'objective {objective.id}: no producer names "{name}" '
                f"(looked in {', '.join(ROOMS)})"
                for name in names
                if not any(file.holds(name) for file in spoken)
            ]
    return tuple(dict.fromkeys(found))


def silent_layers(objectives: Objectives) -> tuple[str, ...]:
    """The layers that no objective reads: what they measure would never be judged."""
    read = {layer for objective in objectives.objectives for layer in objective.layers}
    return tuple(layer for layer in objectives.layers if layer not in read)
