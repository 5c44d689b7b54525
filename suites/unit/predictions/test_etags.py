from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.etags import demand
from sut.predictions.schemas import etag
from sut.problems import PRECONDITION_FAILED, PRECONDITION_REQUIRED, Problem, ProblemType

CURRENT = etag(7, 3)


def refusal(if_match: str | None) -> ProblemType | None:
    try:
        demand(if_match, CURRENT)
    except Problem as problem:
        return problem.type
    return None


@pytest.mark.parametrize("if_match", [CURRENT, f'"other", {CURRENT}', f" {CURRENT} ,"])
def test_the_current_version_lets_the_change_go_on(if_match: str) -> None:
    assert refusal(if_match) is None


@pytest.mark.parametrize("if_match", [None, "*", " * "])
def test_naming_no_version_is_not_enough(if_match: str | None) -> None:
    assert refusal(if_match) is PRECONDITION_REQUIRED


@pytest.mark.parametrize(
    "if_match",
    ["", etag(7, 2), etag(8, 3), f"W/{CURRENT}", CURRENT.strip('"'), CURRENT[:-1], '"', "\x00"],
)
def test_any_other_version_is_refused(if_match: str) -> None:
    assert refusal(if_match) is PRECONDITION_FAILED


@given(st.text())
def test_no_text_but_the_tag_itself_passes(text: str) -> None:
    assert (refusal(text) is None) == (CURRENT in text and f"W/{CURRENT}" not in text)


@given(st.integers(1, 2**63 - 1), st.integers(1, 2**31 - 1), st.integers(1, 2**31 - 1))
def test_each_version_has_a_tag_of_its_own(number: int, version: int, other: int) -> None:
    assert (etag(number, version) == etag(number, other)) == (version == other)
