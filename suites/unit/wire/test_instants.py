"""Moments on the wire: with an offset, or refused; UTC inside."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from sut.wire import Instant

INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)
pytestmark = pytest.mark.objective("sec-input")


@pytest.mark.parametrize(
    "text",
    [
        "2026-08-15T14:00:00Z",
        "2026-08-15t14:00:00z",
        "2026-08-15T16:00:00+02:00",
        "2026-08-15T08:30:00.000-05:30",
        "2026-08-15 14:00:00.000000+00:00",
    ],
)
def test_a_moment_with_an_offset_becomes_the_same_moment_in_utc(text: str) -> None:
    read = INSTANT.validate_python(text)
    assert read == datetime(2026, 8, 15, 14, tzinfo=UTC)
    assert read.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    "value",
    [
        "2026-08-15T14:00:00",
        "2026-08-15",
        "14:00:00Z",
        "2026-08-15T14:00Z",
        "2026-02-30T14:00:00Z",
        "2026-08-15T25:00:00Z",
        "2026-08-15T14:00:00+25:00",
        "\uff12\uff10\uff12\uff16-08-15T14:00:00Z",
        "2026-08-15T14:00:00Z\n",
        "now",
        "",
        1_786_802_400,
        1_786_802_400.5,
        None,
        True,
        datetime(2026, 8, 15, 14),  # noqa: DTZ001  naive on purpose
    ],
)
def test_anything_else_is_refused(value: object) -> None:
    with pytest.raises(ValidationError):
        INSTANT.validate_python(value)


@pytest.mark.parametrize("year", ["0001", "1999", "2000", "2099", "9999"])
def test_a_moment_that_no_match_can_have_is_refused(year: str) -> None:
    with pytest.raises(ValidationError, match="must lie between 2001 and 2098"):
        INSTANT.validate_python(f"{year}-06-15T14:00:00Z")


@given(
    moment=st.datetimes(datetime(2001, 1, 2), datetime(2098, 12, 30)),  # noqa: DTZ001
    offset_min=st.integers(-23 * 60, 23 * 60),
)
def test_every_moment_survives_the_wire_in_any_offset(moment: datetime, offset_min: int) -> None:
    sent = moment.replace(tzinfo=timezone(timedelta(minutes=offset_min)))
    assert INSTANT.validate_python(sent.isoformat()) == sent


@given(st.text(max_size=40))
def test_no_text_makes_it_fail_in_another_way(text: str) -> None:
    try:
        read = INSTANT.validate_python(text)
    except ValidationError:
        return
    assert read.tzinfo is not None
