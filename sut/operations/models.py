"""The audit trail and pending cache invalidations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, DateTime, Identity, Index, Integer, LargeBinary, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from sut.tables import Base


class AuditRow(Base):
    """One change of data or rights. The database refuses to change or remove a row.

    `sequence` counts the rows about one subject from 1; `hash` is the SHA-256 of this row's content
    and `previous_hash`, the hash of the row before it about the same subject.
    """

    __tablename__ = "audit_rows"
    __table_args__ = (
        Index(
            "uq_audit_rows_subject_sequence", "subject_kind", "subject_id", "sequence", unique=True
        ),
        Index("ix_audit_rows_actor_id", "actor_id"),
    )

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    actor_id: Mapped[int | None] = mapped_column(BigInteger)
    action: Mapped[str] = mapped_column(Text)
    subject_kind: Mapped[str] = mapped_column(Text)
    subject_id: Mapped[str] = mapped_column(Text)
    sequence: Mapped[int] = mapped_column(Integer)
    request_id: Mapped[str] = mapped_column(Text)
    details: Mapped[dict[str, Any]] = mapped_column(JSONB)
    previous_hash: Mapped[bytes | None] = mapped_column(LargeBinary)
    hash: Mapped[bytes] = mapped_column(LargeBinary)


class AuditHead(Base):
    """Where a subject's chain ends: without it, a chain whose last rows are gone would look whole.

    Writers about one subject take turns by locking its head.
    """

    __tablename__ = "audit_heads"

    subject_kind: Mapped[str] = mapped_column(Text, primary_key=True)
    subject_id: Mapped[str] = mapped_column(Text, primary_key=True)
    sequence: Mapped[int] = mapped_column(Integer)
    hash: Mapped[bytes | None] = mapped_column(LargeBinary)


class StaleTag(Base):
    """A cache tag whose invalidation is owed: written in the transaction that made it stale.

    Deleted once Redis has been told. A row that stays, because Redis was away or the worker died
    between the two, is made good by the sweeper of any worker.
    """

    __tablename__ = "stale_tags"

    id: Mapped[int] = mapped_column(BigInteger, Identity(), primary_key=True)
    tag: Mapped[str] = mapped_column(Text)
    owed_since: Mapped[datetime] = mapped_column(DateTime(timezone=True), server_default=func.now())
