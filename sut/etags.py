"""Entity tags: how they are described, and how `If-Match` is answered (RFC 9110, 13.1.1)."""

from __future__ import annotations

import re
from typing import Any

from sut.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem

HEADER: dict[str, Any] = {
    "ETag": {
        "description": "Names this version; for If-Match or If-None-Match.",
        "schema": {"type": "string"},
    }
}
NOT_MODIFIED: dict[int | str, dict[str, Any]] = {
    304: {"description": "The client holds this version already", "headers": HEADER}
}
_TAG = re.compile(r'(?:W/)?"[^"]*"')


def demand(if_match: str | None, current: str) -> None:
    """Let a change go on only if `if_match` names the version `current`.

    Raises Problem (precondition-required) without the header, and for `*`, which names no version
    and so would let the later of two edits undo the earlier one unseen; (precondition-failed) for
    any other version. Weak tags name none: a change needs a strong one.
    """
    if if_match is None or if_match.strip() == "*":
        raise Problem(PRECONDITION_REQUIRED, "Send If-Match with the ETag of what you changed.")
    if current not in _TAG.findall(if_match):
        raise Problem(PRECONDITION_FAILED, "Read it again, and change that version.")
