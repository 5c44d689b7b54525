"""What every list that comes in pages has in common."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from pydantic import Field
from pydantic.json_schema import SkipJsonSchema

from sut.cursors import CURSOR_CHARS_MAX
from sut.wire import Filter

PAGE_ROWS_MAX = 100
Row = TypeVar("Row")


class PageFilter(Filter):
    """Which page, and how long it may be."""

    cursor: Annotated[str, Field(max_length=CURSOR_CHARS_MAX)] | SkipJsonSchema[None] = Field(
        default=None, description="`next_cursor` of the page before; left out for the first page."
    )
    limit: Annotated[int, Field(ge=1, le=PAGE_ROWS_MAX)] = Field(
        default=20, description="Rows on the page, at most."
    )


def cut(
    rows: Sequence[Row], limit: int, cursor: Callable[[Row], str]
) -> tuple[Sequence[Row], str | None]:
    """A page and, where there is more, the cursor that its last row gives.

    `rows` were asked for with one row over `limit`: it is not shown, it says that there is more.
    """
    page = rows[:limit]
    return page, cursor(page[-1]) if len(rows) > limit else None
