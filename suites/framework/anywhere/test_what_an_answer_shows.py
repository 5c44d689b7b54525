"""Whose thing an answer shows, held against what its owner is shown."""

from __future__ import annotations

import json
from typing import Any

import pytest

from suites.contract.anywhere.asking import Answered, Ask
from suites.contract.anywhere.naming import Value
from suites.contract.anywhere.people import Someone
from suites.contract.anywhere.showing import Whose, shows, tells, whose
from suites.contract.compatibility.document import parse

PATHS = {"/things/{id}": {"get": {"operationId": "one", "responses": {}}}}
(OPERATION,) = parse({"paths": PATHS}).operations.values()
WORD = Value("title", "probe-title-1001", "/things", made=True)


def answered(said: Any, about: str = "1") -> Answered:
    text = said if isinstance(said, str) else json.dumps(said)
    body = None if isinstance(said, str) else said
    ask = Ask(OPERATION, path={"id": about}, about=about)
    return Answered(Someone("ada", "ada"), ask, 200, text, body)


@pytest.mark.parametrize(
    ("attempt", "held", "expected"),
    [
        ("a text\nof two lines", "a text\nof two lines", "owner"),
        ("another text", "a text\nof two lines", "unknown"),
        ("", "", "unknown"),
        ({"a": "b"}, {"a": "b"}, "owner"),
        ({"id": 1, "at": 3}, {"id": 1, "at": 2}, "owner"),
        ({"id": 12, "at": 3}, {"id": 1, "at": 2}, "unknown"),
        ({"id": 12, "at": 1}, {"id": 1, "at": 2}, "unknown"),
        ({"title": "probe-title-1001", "at": 3}, {"title": "probe-title-1001", "at": 2}, "owner"),
        ({"title": "another title", "at": 3}, {"title": "probe-title-1001", "at": 2}, "unknown"),
        ({"detail": "not yours"}, {"title": "probe-title-1001"}, "nobody"),
        ({"detail": "no"}, "a text", "nobody"),
        ({"title": None}, {"title": "probe-title-1001"}, "unknown"),
        ([], [{"id": 7}], "nobody"),
        ([], [], "unknown"),
        ({"title": "of bob", "at": 2}, {"title": "probe-title-1001", "at": 2}, "actor"),
    ],
)
def test_whose_it_is_is_told_by_what_stands_in_it(attempt: Any, held: Any, expected: Whose) -> None:
    own = answered({"title": "of bob", "at": 2}, about="2")
    assert whose(answered(attempt), answered(held), own, [WORD]) == expected


def test_a_refusal_that_repeats_a_long_name_shows_nothing() -> None:
    attempt = answered({"detail": "ada-the-first is not yours"}, about="ada-the-first")
    held = answered({"name": "ada-the-first"}, about="ada-the-first")
    assert whose(attempt, held, None, []) == "nobody"


def test_a_long_name_shows_a_thing_whatever_else_has_changed() -> None:
    attempt = answered({"name": "ada-the-first", "at": 3}, about="ada-the-first")
    assert shows(attempt, answered({"name": "ada-the-first", "at": 2}, about="ada-the-first"))


@pytest.mark.parametrize(
    ("name", "body", "expected"),
    [
        ("id", [{"id": 1}], True),
        ("thing_id", [{"thing_id": 1}], True),
        ("id", [{"id": 12, "count": 1}], False),
        ("count", [{"count": 1}], False),
    ],
)
def test_a_short_value_is_told_where_it_is_the_id_of_a_thing(
    name: str, body: Any, *, expected: bool
) -> None:
    assert tells(Value(name, 1, "/things", made=True), answered(body)) is expected
