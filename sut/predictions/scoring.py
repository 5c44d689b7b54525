"""What a prediction earns. `sut.predictions.scoring_in_sql` is the same rule for the database."""

from __future__ import annotations

EXACT = 5
GOAL_DIFFERENCE = 3
OUTCOME = 2
NOTHING = 0


def points(predicted: tuple[int, int], result: tuple[int, int]) -> int:
    """Points for goals (home, away): exact score 5, goal difference 3, outcome 2, else 0."""
    if predicted == result:
        return EXACT
    expected, actual = predicted[0] - predicted[1], result[0] - result[1]
    if expected == actual:
        return GOAL_DIFFERENCE
    if (expected > 0, expected < 0) == (actual > 0, actual < 0):
        return OUTCOME
    return NOTHING
