"""The hash that chains the audit rows about one subject."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.operations.links import row_hash

pytestmark = pytest.mark.objective("audit-trail")

ROW: dict[str, Any] = {
    "previous_hash": b"\x01" * 32,
    "sequence": 2,
    "at": datetime(2026, 3, 1, 12, tzinfo=UTC),
    "actor_id": 7,
    "action": "prediction.changed",
    "subject_kind": "prediction",
    "subject_id": "9",
    "request_id": "r-1",
    "details": {"home_goals": 2, "away_goals": 1},
}
OTHER: dict[str, Any] = {
    "previous_hash": b"\x02" * 32,
    "sequence": 3,
    "at": ROW["at"] + timedelta(microseconds=1),
    "actor_id": None,
    "action": "prediction.created",
    "subject_kind": "match",
    "subject_id": "10",
    "request_id": "r-2",
    "details": {"home_goals": 2, "away_goals": 2},
}


@pytest.mark.parametrize("field", sorted(ROW))
def test_a_change_of_any_field_changes_the_hash(field: str) -> None:
    assert row_hash(**{**ROW, field: OTHER[field]}) != row_hash(**ROW)


def test_the_first_row_about_a_subject_has_no_hash_before_it() -> None:
    assert row_hash(**{**ROW, "previous_hash": None}) != row_hash(**ROW)


def test_the_order_of_details_does_not_matter() -> None:
    turned = dict(reversed(list(ROW["details"].items())))
    assert row_hash(**{**ROW, "details": turned}) == row_hash(**ROW)


_TEXT = st.text(max_size=20).filter(lambda value: "\x00" not in value)


@given(left=st.tuples(_TEXT, _TEXT, _TEXT), right=st.tuples(_TEXT, _TEXT, _TEXT))
def test_moving_text_between_fields_changes_the_hash(
    left: tuple[str, str, str], right: tuple[str, str, str]
) -> None:
    def hashed(parts: tuple[str, str, str]) -> bytes:
        kind, subject, request = parts
        return row_hash(
            **{**ROW, "subject_kind": kind, "subject_id": subject, "request_id": request}
        )

    assert (hashed(left) == hashed(right)) == (left == right)
