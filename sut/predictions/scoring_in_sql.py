"""What predictions earn, as an expression that the database works out for many at once."""

from __future__ import annotations

from sqlalchemy import ColumnElement, SQLColumnExpression, case, func

from sut.predictions.scoring import EXACT, GOAL_DIFFERENCE, NOTHING, OUTCOME


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
