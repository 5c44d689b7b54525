from __future__ import annotations

import pytest
from pydantic import BaseModel, Field, ValidationError, field_validator

from sut import problems
from sut.problems import Problem, ProblemType
from sut.web.messages import faults_of, invalid, refusal_of


class Form(BaseModel):
    name: str = Field(min_length=2, max_length=3)
    goals: int = Field(ge=0, le=20)

    @field_validator("name")
    @classmethod
    def _no_digits(cls, value: str) -> str:
        if any(letter.isdigit() for letter in value):
            raise ValueError("digits are for goals")
        return value


def faults(**values: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Form.model_validate({"name": "ab", "goals": 1, **values})
    return faults_of(caught.value)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"name": "a"}, {"name": "This is too short: at least 2 characters."}),
        ({"name": "abcd"}, {"name": "This is too long: at most 3 characters."}),
        ({"goals": -1}, {"goals": "The least is 0."}),
        ({"goals": 21}, {"goals": "The most is 20."}),
        ({"goals": "two"}, {"goals": "Give a whole number."}),
        ({"name": "a1"}, {"name": "Digits are for goals."}),
    ],
)
def test_a_fault_is_said_in_a_sentence(values: dict[str, object], said: dict[str, str]) -> None:
    assert faults(**values) == said


def test_a_form_with_faults_names_its_fields_in_order() -> None:
    assert invalid({"password": "", "email": ""}).detail == "Look at: email, password."


def test_advice_follows_from_the_problem() -> None:
    shown = refusal_of(Problem(problems.PREDICTION_CLOSED))

    assert shown.status == problems.PREDICTION_CLOSED.status
    assert shown.advice == "Predictions close at kick-off. Nothing was changed."


def test_what_an_invalid_request_says_itself_comes_before_the_general_advice() -> None:
    assert refusal_of(Problem(problems.INVALID_REQUEST)).advice.startswith("Correct what is")
    assert refusal_of(Problem(problems.INVALID_REQUEST, "Too many goals.")).advice == (
        "Too many goals."
    )


def test_a_wait_is_told_in_seconds() -> None:
    busy = Problem(problems.TOO_MANY_REQUESTS, headers={"retry-after": "17"})

    assert refusal_of(busy).advice == "Try again in 17 seconds."


@pytest.mark.parametrize(("detail", "advice"), [("It rains.", "It rains."), (None, "Try again.")])
def test_a_problem_without_advice_of_its_own_says_its_detail(
    detail: str | None, advice: str
) -> None:
    strange = ProblemType("strange", 418, "Strange")

    assert refusal_of(Problem(strange, detail) if detail else Problem(strange)).advice == advice
