"""The query of every list that comes in pages."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from sut.cursors import CURSOR_CHARS_MAX
from sut.wire import Filter

PAGE_ROWS_MAX = 100


class PageFilter(Filter):
    """Which page, and how long it may be."""

    cursor: Annotated[str, Field(max_length=CURSOR_CHARS_MAX)] | SkipJsonSchema[None] = Field(
        default=None, description="`next_cursor` of the page before; left out for the first page."
    )
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = Field(
        default=20, description="Rows on the page, at most."
    )
