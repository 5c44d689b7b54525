"""Deprecation: a thing that will go says so, and until when it stays.

OpenAPI has `deprecated` and no date; `x-sunset` (an ISO 8601 date) is the extension that other
tools read too, and RFC 8594 is the header of the same meaning.
"""

from __future__ import annotations

from datetime import date, datetime

from suites.contract.compatibility.document import Json

SUNSET = "x-sunset"


def sunset_of(holder: Json) -> date | None:
    """The day from which the thing may be gone; None where none is given that can be read."""
    written = holder.get(SUNSET)
    try:
        return None if written is None else datetime.fromisoformat(str(written)).date()
    except ValueError:
        return None
