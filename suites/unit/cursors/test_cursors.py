from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.cursors import CURSOR_CHARS_MAX, decode, encode, moment_to_us, us_to_moment
from sut.problems import INVALID_CURSOR, Problem

NUMBERS = st.lists(st.integers(-(2**63), 2**63 - 1), min_size=1, max_size=6)
KINDS = st.sampled_from(["matches", "leaderboard", "predictions"])


def refused(kind: str, cursor: str, count: int) -> bool:
    try:
        decode(kind, cursor, count)
    except Problem as problem:
        return problem.type is INVALID_CURSOR
    return False


@given(KINDS, NUMBERS)
def test_a_cursor_holds_what_was_written_and_fits_a_query(kind: str, numbers: list[int]) -> None:
    cursor = encode(kind, *numbers)
    assert decode(kind, cursor, len(numbers)) == tuple(numbers)
    assert len(cursor) <= CURSOR_CHARS_MAX


@given(NUMBERS, st.data())
def test_a_changed_character_is_refused(numbers: list[int], data: st.DataObject) -> None:
    cursor = encode("matches", *numbers)
    place = data.draw(st.integers(0, len(cursor) - 1))
    other = data.draw(st.characters().filter(lambda one: one != cursor[place]))
    changed = cursor[:place] + other + cursor[place + 1 :]
    assert refused("matches", changed, len(numbers))


@given(NUMBERS, st.data())
def test_a_cut_or_grown_cursor_is_refused(numbers: list[int], data: st.DataObject) -> None:
    cursor = encode("matches", *numbers)
    place = data.draw(st.integers(0, len(cursor) - 1))
    assert refused("matches", cursor[:place], len(numbers))
    assert refused("matches", cursor + data.draw(st.text(min_size=1)), len(numbers))


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    assert refused("matches", text, 2)


@pytest.mark.parametrize("text", ["", "====", "\x00", "%00", "AAAA", "ä", "a" * 10_000, " "])
def test_odd_text_is_refused(text: str) -> None:
    assert refused("matches", text, 1)


def test_a_cursor_of_another_list_is_refused() -> None:
    assert refused("matches", encode("leaderboard", 1, 2), 2)


def test_a_cursor_with_another_count_is_refused() -> None:
    assert refused("matches", encode("matches", 1, 2), 3)


@given(st.datetimes(timezones=st.just(UTC)))
def test_a_moment_survives_to_the_microsecond(moment: datetime) -> None:
    assert us_to_moment(moment_to_us(moment)) == moment


@pytest.mark.parametrize("us", [2**63 - 1, -(2**63)])
def test_a_moment_beyond_the_calendar_is_refused_as_a_cursor(us: int) -> None:
    with pytest.raises(Problem) as caught:
        us_to_moment(us)
    assert caught.value.type is INVALID_CURSOR


def test_another_spelling_of_the_same_bytes_is_refused() -> None:
    cursor = encode("matches", 1, 2)
    # pragma: allowlist nextline secret (the alphabet of base64url)
    last = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    spelled = [cursor[:-1] + letter for letter in last]
    bytes_of = {one: base64.urlsafe_b64decode(one + "=" * (-len(one) % 4)) for one in spelled}
    twins = [one for one in spelled if bytes_of[one] == bytes_of[cursor] and one != cursor]

    assert twins
    assert all(refused("matches", one, 2) for one in twins)
