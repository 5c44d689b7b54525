"""What holds the audit trail together: each row's hash covers the hash of the row before it."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import orjson


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
