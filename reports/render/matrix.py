"""Who may do what, as it was proven: rows of operations, columns of roles. Text alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.evidence import LayerEvidence, Measurement

METRIC = "access_cell"
NOTHING = "·"
_Cell = Mapping[str, str]


def access_matrix(evidence: Sequence[LayerEvidence]) -> str:
    """A table in columns of text; empty where no cell was recorded.

    A cell says what was expected, and what was found where that is another thing. Of several
    attempts at one cell, that which did not hold is shown.
    """
    cells = [cell for layer in evidence for cell in _cells(layer)]
    if not cells:
        return ""
    columns = tuple(dict.fromkeys(map(_column, cells)))
    operations = tuple(dict.fromkeys(map(_operation, cells)))
    said: dict[tuple[str, str, str], str] = {}
    for cell in sorted(cells, key=_is_proven):
        said.setdefault((_operation(cell), *_column(cell)), _said(cell))
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


def with_cells(evidence: Sequence[LayerEvidence]) -> tuple[str, ...]:
    """The layers that recorded rights."""
    return tuple(dict.fromkeys(layer.layer for layer in evidence if _cells(layer)))


def _cells(layer: LayerEvidence) -> list[_Cell]:
    """Each on one line, whatever was recorded: the table is text, and its lines are its rows."""
    return [
        {key: " ".join(value.split()) for key, value in record.dimensions.items()}
        for record in layer.records
        if isinstance(record, Measurement) and record.metric == METRIC
    ]


def _operation(cell: _Cell) -> str:
    return cell.get("operation", "?")


def _column(cell: _Cell) -> tuple[str, str]:
    return cell.get("role", "?"), cell.get("owner", "none")


def _is_proven(cell: _Cell) -> bool:
    return cell.get("outcome") == "proven"


def _said(cell: _Cell) -> str:
    expected, outcome = cell.get("expected", "?"), cell.get("outcome", "unproven")
    return f"✓ {expected}" if _is_proven(cell) else f"✕ {expected}, {outcome}"
