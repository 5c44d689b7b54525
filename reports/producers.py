"""Which objectives name something that nobody records.

An objective whose metric is misspelt would be `no evidence` for ever, after minutes of measuring.
So the names are looked up before anything runs: each must stand, quoted, in the source of some
producer.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from reports.objectives import ChecksClause, Objective, Objectives

PRODUCERS = ("suites", "scenarios", "fixtures")
# The tests of the judge name metrics by the dozen and record none of them.
NOT_PRODUCERS = ("suites/framework/reports",)


def sources(root: Path) -> str:
    """The text of every Python file of the producers, as one."""
    texts = []
    for room in PRODUCERS:
        for path in sorted((root / room).rglob("*.py")):
            inside = path.relative_to(root).as_posix()
            if not inside.startswith(NOT_PRODUCERS):
                texts.append(path.read_text("utf-8", "replace"))
    return "\n".join(texts)


def unrecorded(objectives: Iterable[Objective], text: str) -> tuple[str, ...]:
    """A sentence for each name that a clause needs and that stands nowhere in the producers."""
    found = []
    for objective in objectives:
        for clause in objective.requires:
            names: Sequence[str] = clause.names
            if isinstance(clause, ChecksClause):
                names = (objective.id,)
            found += [
                f'objective {objective.id}: no producer names "{name}" '
                f"(looked in {', '.join(PRODUCERS)})"
                for name in names
                if f'"{name}"' not in text and f"'{name}'" not in text
            ]
    return tuple(found)


def silent_layers(objectives: Objectives) -> tuple[str, ...]:
    """The layers that no objective reads: what they measure would never be judged."""
    read = {layer for objective in objectives.objectives for layer in objective.layers}
    return tuple(layer for layer in objectives.layers if layer not in read)
