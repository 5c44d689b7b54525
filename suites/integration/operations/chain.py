"""Checks the audit trail's chain from the rows alone, apart from the service's own reading."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from suites.integration.sql import Sql
from sut.operations.links import row_hash

Subject = tuple[str, str]

_ROWS = """
    select id, at, actor_id, action, subject_kind, subject_id, sequence, request_id,
           details, previous_hash, hash
    from audit_rows order by subject_kind, subject_id, sequence"""
_HEADS = "select subject_kind, subject_id, sequence, hash from audit_heads"


async def broken_links(sql: Sql) -> list[str]:
    """A line for each subject whose rows were changed or are not all there."""
    heads = {_subject(row): (row["sequence"], row["hash"]) for row in await sql.rows(_HEADS)}
    faults: list[str] = []
    for subject, rows in groupby(await sql.rows(_ROWS), key=_subject):
        faults += _faults(subject, list(rows), heads.pop(subject, None))
    return faults + [f"{subject}: every row is missing" for subject in heads]


def _faults(
    subject: Subject, rows: list[dict[str, Any]], head: tuple[int, bytes] | None
) -> list[str]:
    before: bytes | None = None
    for expected, row in enumerate(rows, start=1):
        if row["sequence"] != expected or row["previous_hash"] != before:
            return [f"{subject}: the row before number {row['sequence']} is missing"]
        if _hash(row) != row["hash"]:
            return [f"{subject}: row number {expected} was changed"]
        before = row["hash"]
    if head != (len(rows), before):
        return [f"{subject}: the rows after number {len(rows)} are missing"]
    return []


def _subject(row: dict[str, Any]) -> Subject:
    return row["subject_kind"], row["subject_id"]


def _hash(row: dict[str, Any]) -> bytes:
    return row_hash(**{name: row[name] for name in row if name not in ("id", "hash")})
