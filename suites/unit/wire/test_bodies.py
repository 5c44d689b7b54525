"""What a client sends is taken as it stands, or refused."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from sut.wire import ID_MAX, Body, Id, PlainText

pytestmark = pytest.mark.objective("sec-input")


class Score(Body):
    """A body as any route has it."""

    home_goals: int
    note: PlainText = ""


@pytest.mark.parametrize(
    "body",
    [
        {"home_goals": 1, "away": 2},
        {"home_goals": "1"},
        {"home_goals": 1.0},
        {"home_goals": True},
        {"home_goals": None},
        {"home_goals": 1, "note": 5},
        {"home_goals": 1, "note": "a\x00b"},
        {},
    ],
)
def test_a_body_that_is_not_as_described_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Score.model_validate(body)


def test_a_body_as_described_is_taken() -> None:
    assert Score.model_validate({"home_goals": 1, "note": "ü"}).home_goals == 1


@pytest.mark.parametrize("number", [0, -1, ID_MAX + 1])
def test_a_number_that_no_row_can_have_is_refused(number: int) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Id).validate_python(number)


@pytest.mark.parametrize("number", [1, ID_MAX])
def test_a_number_that_a_row_can_have_is_taken(number: int) -> None:
    assert TypeAdapter(Id).validate_python(number) == number
