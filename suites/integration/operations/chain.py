"""Checks the audit trail's chain from the rows alone, apart from the service's own reading."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from suites.integration.sql import Sql
from sut.operations.audit import row_hash

_ROWS = """
    select id, at, actor_id, action, subject_kind, subject_id, sequence, request_id,
           details, previous_hash, hash
    from audit_rows order by subject_kind, subject_id, sequence"""


async def broken_links(sql: Sql) -> list[str]:
    """A line for each row that was changed, or whose predecessor about the same subject is gone."""
    faults: list[str] = []
    rows = await sql.rows(_ROWS)
    for subject, chain in groupby(rows, key=lambda row: (row["subject_kind"], row["subject_id"])):
        before: bytes | None = None
        for expected, row in enumerate(chain, start=1):
            if row["sequence"] != expected or row["previous_hash"] != before:
                faults.append(f"{subject}: the row before number {row['sequence']} is missing")
                break
            if _hash(row) != row["hash"]:
                faults.append(f"{subject}: row number {expected} was changed")
            before = row["hash"]
    return faults


def _hash(row: dict[str, Any]) -> bytes:
    content = {name: value for name, value in row.items() if name not in ("id", "hash")}
    return row_hash(**content)
