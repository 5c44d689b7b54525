"""The audit trail: one row for each change of data or rights, chained by subject.

The row is written in the caller's transaction. Writers about one subject take turns by an advisory
lock that ends with the transaction; writers about different subjects never wait for each other.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson
from sqlalchemy import func, select, text

from sut.database import UnitOfWork
from sut.operations.models import AuditRow


def row_hash(
    *,
    previous_hash: bytes | None,
    sequence: int,
    at: datetime,
    actor_id: int | None,
    action: str,
    subject_kind: str,
    subject_id: str,
    request_id: str,
    details: Mapping[str, Any],
) -> bytes:
    """SHA-256 over everything that a row says and the hash of the row before it."""
    content = [
        (previous_hash or b"").hex(), sequence, at.isoformat(), actor_id, action,
        subject_kind, subject_id, request_id, dict(details),
    ]  # fmt: skip
    return hashlib.sha256(orjson.dumps(content, option=orjson.OPT_SORT_KEYS)).digest()


async def record(
    work: UnitOfWork,
    action: str,
    *,
    subject_kind: str,
    subject_id: object,
    actor_id: int | None,
    details: Mapping[str, Any] | None = None,
) -> None:
    """Write one audit row in `work`'s transaction. `details` must hold no personal data."""
    session, subject = work.session, str(subject_id)
    await session.execute(
        text("select pg_advisory_xact_lock(hashtextextended(:subject, 7))"),
        {"subject": f"{subject_kind}:{subject}"},
    )
    last = await session.execute(
        select(AuditRow.sequence, AuditRow.hash)
        .where(AuditRow.subject_kind == subject_kind, AuditRow.subject_id == subject)
        .order_by(AuditRow.sequence.desc())
        .limit(1)
    )
    before = last.one_or_none()
    at = (await session.execute(select(func.clock_timestamp()))).scalar_one()
    content: dict[str, Any] = {
        "previous_hash": before.hash if before else None,
        "sequence": before.sequence + 1 if before else 1,
        "at": at,
        "actor_id": actor_id,
        "action": action,
        "subject_kind": subject_kind,
        "subject_id": subject,
        "request_id": work.request_id,
        "details": dict(details or {}),
    }
    session.add(AuditRow(**content, hash=row_hash(**content)))
    await session.flush()
