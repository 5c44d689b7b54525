"""The kinds of value that cross the wire, each with its refusals."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

ID_MAX = 2**53 - 1  # what every JSON reader takes without rounding, and the document can say
YEAR_MIN, YEAR_MAX = 2000, 2099
_INSTANT = re.compile(
    r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]\d{2}:\d{2})", re.ASCII
)


class Body(BaseModel):
    """What a client sends: unknown fields are refused, no value is bent to another type."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Filter(BaseModel):
    """A request's query: unknown parameters are refused; numbers come as text."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Answer(BaseModel):
    """What the service says; made from our own values, so it is not validated twice."""

    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


def _refuse_nul(text: str) -> str:
    if "\x00" in text:
        raise ValueError("must not hold a NUL character")
    return text


def _offset_needed(value: object) -> object:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _INSTANT.fullmatch(value):
        raise ValueError("must be an RFC 3339 time with an offset, as 2026-08-15T14:00:00Z")
    return datetime.fromisoformat(value.upper())


def _as_utc(value: datetime) -> datetime:
    if value.tzinfo is None:
        raise ValueError("must have an offset")
    if not YEAR_MIN < value.year < YEAR_MAX:
        raise ValueError(f"must lie between {YEAR_MIN + 1} and {YEAR_MAX - 1}")
    return value.astimezone(UTC)


PlainText = Annotated[str, AfterValidator(_refuse_nul)]
"""Text that Postgres can hold."""


def _whole(value: object) -> object:
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = BeforeValidator(_whole)
"""JSON has one kind of number: 2.0 in a body is the whole number 2.

Bounds stand before it in an annotation: behind it they would hold, but not be in the document.
"""

Id = Annotated[int, Field(ge=1, le=ID_MAX), Whole]
"""A row's number, in a path, a query or a body."""

Instant = Annotated[
    datetime,
    AfterValidator(_as_utc),
    BeforeValidator(_offset_needed),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
"""A moment with an offset on the wire, UTC inside."""
