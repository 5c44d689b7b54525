"""Reading the audit trail, a page at a time."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from sut import cursors, paging
from sut.operations.models import AuditRow
from sut.operations.schemas import AuditFilter, AuditPage, AuditRowAnswer

CURSOR = "audit"


async def page(session: AsyncSession, wanted: AuditFilter) -> AuditPage:
    """Rows, newest first, by their number; pages neither repeat nor skip while rows are added."""
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(wanted.limit + 1)
    if wanted.subject_kind is not None:
        statement = statement.where(AuditRow.subject_kind == wanted.subject_kind)
    if wanted.subject_id is not None:
        statement = statement.where(AuditRow.subject_id == wanted.subject_id)
    if wanted.cursor is not None:
        (below,) = cursors.decode(CURSOR, wanted.cursor, 1)
        statement = statement.where(AuditRow.id < below)
    rows = list(await session.scalars(statement))
    shown, following = paging.cut(rows, wanted.limit, lambda last: cursors.encode(CURSOR, last.id))
    return AuditPage.model_construct(items=[_answer(row) for row in shown], next_cursor=following)


def _answer(row: AuditRow) -> AuditRowAnswer:
    return AuditRowAnswer.model_construct(
        id=row.id,
        at=row.at,
        actor_id=row.actor_id,
        action=row.action,
        subject_kind=row.subject_kind,
        subject_id=row.subject_id,
        sequence=row.sequence,
        request_id=row.request_id,
        details=row.details,
        hash=row.hash.hex(),
        previous_hash=row.previous_hash.hex() if row.previous_hash else None,
    )
