"""What health and the audit trail look like on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field

from sut.cursors import CURSOR_CHARS_MAX
from sut.wire import Answer, Filter

State = Literal["up", "down"]


class Alive(Answer):
    """The process lives."""

    status: Literal["ok"] = "ok"


class Dependencies(Answer):
    """What the service stands on."""

    postgres: State
    redis: State


class Ready(Answer):
    """Requests can be answered; `degraded` while Redis is missing."""

    status: Literal["ok", "degraded"]
    dependencies: Dependencies


class AuditFilter(Filter):
    """Which rows to list; newest first."""

    subject_kind: Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")] | None = None
    subject_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{1,64}$")] | None = None
    cursor: Annotated[str, Field(max_length=CURSOR_CHARS_MAX)] | None = None
    limit: Annotated[int, Field(ge=1, le=100)] = 20


class AuditRowAnswer(Answer):
    """One change: who, what, when, by which request; hashes in hexadecimal digits."""

    id: int
    at: datetime
    actor_id: int | None
    action: str
    subject_kind: str
    subject_id: str
    sequence: int
    request_id: str
    details: dict[str, Any]
    hash: str
    previous_hash: str | None


class AuditPage(Answer):
    """Rows of the audit trail; the cursor leads to older ones."""

    items: list[AuditRowAnswer]
    next_cursor: str | None
