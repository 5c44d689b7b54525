from __future__ import annotations

from itertools import product

from sqlalchemy import Integer, column, select, values
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from fixtures.database import Database
from sut.predictions.scoring import points
from sut.predictions.scoring_in_sql import points_in_sql

SCORES = list(product(range(21), range(21)))
RESULTS = list(product(range(5), range(5)))


async def test_the_database_gives_the_points_that_the_rule_gives(database: Database) -> None:
    guesses = values(column("home", Integer), column("away", Integer), name="guesses").data(SCORES)
    engine = create_async_engine(database.url, poolclass=NullPool)
    async with engine.connect() as connection:
        for result in RESULTS:
            rule = points_in_sql(guesses.c.home, guesses.c.away, result)
            rows = await connection.execute(select(guesses.c.home, guesses.c.away, rule))
            for home, away, earned in rows:
                assert earned == points((home, away), result), (home, away, result)
    await engine.dispose()
