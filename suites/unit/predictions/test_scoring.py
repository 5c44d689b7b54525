from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sut.predictions.scoring import EXACT, GOAL_DIFFERENCE, NOTHING, OUTCOME, points

GOALS = st.integers(0, 20)
SCORES = st.tuples(GOALS, GOALS)


def outcome(score: tuple[int, int]) -> str:
    return "home" if score[0] > score[1] else "away" if score[0] < score[1] else "draw"


@pytest.mark.parametrize(
    ("predicted", "result", "expected"),
    [
        ((2, 1), (2, 1), 5),
        ((0, 0), (0, 0), 5),
        ((3, 2), (2, 1), 3),
        ((1, 1), (2, 2), 3),
        ((0, 2), (1, 3), 3),
        ((3, 1), (1, 0), 2),
        ((0, 1), (0, 4), 2),
        ((1, 2), (2, 1), 0),
        ((1, 1), (1, 0), 0),
        ((1, 0), (0, 0), 0),
        ((20, 0), (0, 20), 0),
    ],
)
def test_a_prediction_earns_what_the_table_says(
    predicted: tuple[int, int], result: tuple[int, int], expected: int
) -> None:
    assert points(predicted, result) == expected


@given(SCORES, SCORES)
def test_points_fall_into_four_classes_by_what_was_right(
    predicted: tuple[int, int], result: tuple[int, int]
) -> None:
    earned = points(predicted, result)
    exact = predicted == result
    difference = predicted[0] - predicted[1] == result[0] - result[1]
    right_outcome = outcome(predicted) == outcome(result)
    assert (earned == EXACT) == exact
    assert (earned == GOAL_DIFFERENCE) == (difference and not exact)
    assert (earned == OUTCOME) == (right_outcome and not difference)
    assert (earned == NOTHING) == (not right_outcome)


@given(SCORES, SCORES)
def test_points_are_the_same_seen_from_the_other_side(
    predicted: tuple[int, int], result: tuple[int, int]
) -> None:
    assert points(predicted, result) == points(predicted[::-1], result[::-1])


@given(SCORES, SCORES)
def test_prediction_and_result_can_change_places(
    predicted: tuple[int, int], result: tuple[int, int]
) -> None:
    assert points(predicted, result) == points(result, predicted)
