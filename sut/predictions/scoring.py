"""What a prediction earns, as a function and as the same rule for the database."""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func

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


def points_in_sql(
    home: SQLColumnExpression[int], away: SQLColumnExpression[int], result: tuple[int, int]
) -> ColumnElement[int]:
    """`points` of each row, given its columns of predicted goals."""
    difference = result[0] - result[1]
    outcome = (difference > 0) - (difference < 0)
    return case(
        ((home == result[0]) & (away == result[1]), EXACT),
        (home - away == difference, GOAL_DIFFERENCE),
        (func.sign(home - away) == outcome, OUTCOME),
        else_=NOTHING,
    )
