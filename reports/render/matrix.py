"""Who may do what, as it was proven: rows of operations, columns of roles. Text alone."""

from __future__ import annotations

from collections.abc import Sequence

from reports.evidence import LayerEvidence, Measurement

METRIC = "access_cell"
NOTHING = "·"


def access_matrix(evidence: Sequence[LayerEvidence]) -> str:
    """A table in columns of text; empty where no cell was recorded.

    A cell says what was expected, and what was found where that is another thing.
    """
    cells = [
        record.dimensions
        for layer in evidence
        for record in layer.records
        if isinstance(record, Measurement) and record.metric == METRIC
    ]
    if not cells:
        return ""
    columns = tuple(dict.fromkeys((cell["role"], cell.get("owner", "none")) for cell in cells))
    operations = tuple(dict.fromkeys(cell["operation"] for cell in cells))
    said = {(c["operation"], c["role"], c.get("owner", "none")): _said(c) for c in cells}
    head = ("", *(role if owner == "none" else f"{role}, {owner}" for role, owner in columns))
    rows = [
        (operation, *(said.get((operation, *column), NOTHING) for column in columns))
        for operation in operations
    ]
    widths = [max(len(row[index]) for row in (head, *rows)) for index in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (head, *rows)
    )


def _said(cell: dict[str, str] | object) -> str:
    assert isinstance(cell, dict)
    expected, outcome = cell.get("expected", "?"), cell.get("outcome", "unproven")
    return f"✓ {expected}" if outcome == "proven" else f"✕ {expected}, {outcome}"
