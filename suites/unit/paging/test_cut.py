"""Where a page ends, and whether another follows."""

from __future__ import annotations

import pytest

from sut.paging import cut


@pytest.mark.parametrize(
    ("rows", "page", "cursor"),
    [([], [], None), ([1], [1], None), ([1, 2], [1, 2], None), ([1, 2, 3], [1, 2], "after 2")],
    ids=["none", "fewer", "as many as fit", "one over"],
)
def test_only_a_row_over_the_limit_says_that_another_page_follows(
    rows: list[int], page: list[int], cursor: str | None
) -> None:
    assert cut(rows, 2, lambda last: f"after {last}") == (page, cursor)
