"""The leaderboard worked out from scratch, apart from the service's own way."""

from __future__ import annotations

from dataclasses import dataclass

from suites.integration.sql import Sql

_ROWS = """
    select a.id, a.display_name, a.created_at,
           p.home_goals as ph, p.away_goals as pa, m.home_goals as mh, m.away_goals as ma
    from accounts a
    left join (predictions p join matches m on m.id = p.match_id and m.status = 'finished')
           on p.account_id = a.id
    where a.role = 'player'"""


@dataclass(frozen=True)
class Rank:
    """One line as the API shows it."""

    rank: int
    account_id: int
    display_name: str
    points: int
    exact_hits: int


def earned(predicted: tuple[int, int], result: tuple[int, int]) -> int:
    """Points by the rules as they are written down."""
    if predicted == result:
        return 5
    if predicted[0] - predicted[1] == result[0] - result[1]:
        return 3
    same_winner = (predicted[0] > predicted[1]) == (result[0] > result[1])
    same_loser = (predicted[0] < predicted[1]) == (result[0] < result[1])
    return 2 if same_winner and same_loser else 0


async def from_scratch(sql: Sql) -> list[Rank]:
    """Every player's line, from predictions and results alone."""
    totals: dict[int, list[int]] = {}
    people = {}
    for row in await sql.rows(_ROWS):
        people[row["id"]] = row
        points, exact = totals.setdefault(row["id"], [0, 0])
        if row["mh"] is not None:
            gained = earned((row["ph"], row["pa"]), (row["mh"], row["ma"]))
            totals[row["id"]] = [points + gained, exact + (gained == 5)]
    order = sorted(
        totals,
        key=lambda one: (-totals[one][0], -totals[one][1], people[one]["created_at"], one),
    )
    return [
        Rank(place, one, people[one]["display_name"], *totals[one])
        for place, one in enumerate(order, start=1)
    ]
