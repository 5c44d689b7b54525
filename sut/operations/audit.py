"""The audit trail: one row for each change of data or rights, chained by subject.

The row is written in the caller's transaction. Writers about one subject take turns by locking the
head of its chain until they commit; writers about different subjects never wait for each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Executable, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from sut.database import QuickWork, UnitOfWork
from sut.direct import Runs
from sut.operations.links import row_hash
from sut.operations.models import AuditHead, AuditRow


async def record(
    work: UnitOfWork | QuickWork,
    action: str,
    *,
    subject_kind: str,
    subject_id: object,
    actor_id: int | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row in `work`'s transaction. `details` must hold no personal data."""
    session, subject = work.session, str(subject_id)
    await session.flush()
    head = await _hold_head(session, subject_kind, subject)
    row = _row(work, head, action, subject_kind, subject, actor_id, details)
    await session.execute(_ADD, row)


async def record_first(
    work: QuickWork,
    action: str,
    *,
    subject_kind: str,
    subject_id: object,
    actor_id: int | None,
    at: datetime,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write the first row about what this transaction has made, at a moment of its clock.

    Nobody else can know of it yet, so nobody has to be waited for, as `record` would.
    """
    head = _Head(0, None, at)
    row = _row(work, head, action, subject_kind, str(subject_id), actor_id, details)
    await work.session.execute(_BEGIN, row)


def _row(
    work: UnitOfWork | QuickWork, head: _Head, action: str, subject_kind: str, subject: str,
    actor_id: int | None, details: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """The values of the row that follows `head`."""
    content: dict[str, Any] = {
        "previous_hash": head.hash,
        "sequence": head.sequence + 1,
        "at": head.at,
        "actor_id": actor_id,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject,
        "request_id": work.request_id,
        "details": dict(details or {}),
    }
    digest = row_hash(**content)
    return {f"new_{name}": value for name, value in content.items()} | {"new_hash": digest}


def _row_added() -> CTE:
    columns = [column for column in AuditRow.__table__.columns if column.name != "id"]
    return (
        insert(AuditRow)
        .values({column.name: bindparam(f"new_{column.name}", column.type) for column in columns})
        .returning(AuditRow.subject_kind, AuditRow.subject_id, AuditRow.sequence, AuditRow.hash)
        .cte("added")
    )


def _added() -> Executable:
    """The row and the head's new end, in one statement: they stand in different tables."""
    row = _row_added()
    return (
        update(AuditHead)
        .where(
            AuditHead.subject_kind == row.c.subject_kind, AuditHead.subject_id == row.c.subject_id
        )
        .values(sequence=row.c.sequence, hash=row.c.hash)
        .execution_options(synchronize_session=False)
    )


def _begun() -> Executable:
    """The first row, and a head whose end it is."""
    row = _row_added()
    ends = ["subject_kind", "subject_id", "sequence", "hash"]
    return insert(AuditHead).from_select(ends, select(*(row.c[name] for name in ends)))


_ADD, _BEGIN = _added(), _begun()


@dataclass(frozen=True)
class _Head:
    sequence: int
    hash: bytes | None
    at: datetime


_HOLD = (
    upsert(AuditHead)
    .values(subject_kind=bindparam("kind"), subject_id=bindparam("subject"), sequence=0)
    .on_conflict_do_update(
        index_elements=[AuditHead.subject_kind, AuditHead.subject_id],
        set_={"sequence": AuditHead.sequence},  # changes nothing, but locks
    )
    .returning(AuditHead.sequence, AuditHead.hash, func.clock_timestamp().label("at"))
)


async def _hold_head(session: Runs, subject_kind: str, subject_id: str) -> _Head:
    """Lock the end of a subject's chain and read it as it then stands."""
    row = (await session.execute(_HOLD, {"kind": subject_kind, "subject": subject_id})).one()
    return _Head(row.sequence, row.hash, row.at)


@dataclass(frozen=True)
class Chain:
    """What a reading of one subject's chain found; `fault` is None when nothing is amiss."""

    rows: int
    fault: str | None = None


async def verify(session: AsyncSession, subject_kind: str, subject_id: object) -> Chain:
    """Whether a subject's rows are all there, in order and as they were written."""
    subject = str(subject_id)
    found = await session.scalars(
        select(AuditRow)
        .where(AuditRow.subject_kind == subject_kind, AuditRow.subject_id == subject)
        .order_by(AuditRow.sequence)
    )
    rows, before = 0, None
    for row in found:
        rows += 1
        if row.sequence != rows or row.previous_hash != before:
            return Chain(rows, f"the row before number {row.sequence} is missing or was changed")
        if _hash_of(row) != row.hash:
            return Chain(rows, f"row number {row.sequence} was changed")
        before = row.hash
    head = await session.get(AuditHead, (subject_kind, subject))
    if (head.sequence, head.hash) != (rows, before) if head else rows:
        return Chain(rows, f"the rows after number {rows} are missing")
    return Chain(rows)


def _hash_of(row: AuditRow) -> bytes:
    return row_hash(
        previous_hash=row.previous_hash,
        sequence=row.sequence,
        at=row.at,
        actor_id=row.actor_id,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        request_id=row.request_id,
        details=row.details,
    )
