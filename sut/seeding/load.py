"""Fills an empty database with a made-up season, by COPY and in one transaction."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

import asyncpg
import numpy as np
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.pool import NullPool

from sut.leaderboard.service import TAG as LEADERBOARD
from sut.matches.service import ANY_MATCH, RESULTS, TABLE, tag_of
from sut.matches.service import CLUBS as TEAMS
from sut.passwords import hash_now
from sut.seeding.people import (
    ADMIN_EMAIL,
    PASSWORD,
    Guess,
    Person,
    add_up,
    make_guesses,
    make_people,
    predictable,
)
from sut.seeding.season import CLUBS, Fixture, make_season
from sut.settings import Settings

CACHE_TAGS = (ANY_MATCH, TABLE, RESULTS, TEAMS, LEADERBOARD)
_FINISHING = """
    select setval(pg_get_serial_sequence('teams', 'id'), max(id)) from teams;
    select setval(pg_get_serial_sequence('matches', 'id'), max(id)) from matches;
    select setval(pg_get_serial_sequence('accounts', 'id'), max(id)) from accounts;
    analyze teams, matches, accounts, predictions, scores"""


@dataclass(frozen=True)
class Plan:
    """How large a season to make, from which random seed, and whether in place of another.

    `public_password`: that everybody can know the password of every account is understood.
    """

    players: int = 2_000
    predictions: int = 20_000
    seed: int = 1
    fresh: bool = False
    public_password: bool = False


@dataclass(frozen=True)
class Seeded:
    """What was made, and how long it took."""

    teams: int
    matches: int
    players: int
    predictions: int
    seconds: float


class SeedRefused(Exception):  # noqa: N818 (a refusal, not a fault)
    """The season cannot be made as asked; the message says why and what to do."""


async def seed(settings: Settings, plan: Plan) -> Seeded:
    """Make the season around the database's present moment.

    `fresh` first removes every row but the audit trail, which is append-only, and owes the cache
    of every running worker its invalidation.

    Raises SeedRefused when the database holds a season already, when it must not be emptied, when
    nobody has said that the accounts of a production may be anybody's, or when the players have no
    room for the predictions.
    """
    if settings.environment != "development" and not plan.public_password:
        raise SeedRefused(
            f"it makes accounts, {ADMIN_EMAIL} among them, with a password that anybody can read "
            "in the sources; where that is wanted outside development, add --public-password"
        )
    began = time.perf_counter()
    engine = create_async_engine(settings.database_url, poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            raw = await connection.get_raw_connection()
            driver = raw.driver_connection
            assert isinstance(driver, asyncpg.Connection)
            async with driver.transaction():
                teams, matches, players, predictions = await _fill(driver, settings, plan)
    finally:
        await engine.dispose()
    return Seeded(teams, matches, players, predictions, time.perf_counter() - began)


async def _fill(
    driver: asyncpg.Connection, settings: Settings, plan: Plan
) -> tuple[int, int, int, int]:
    if plan.fresh:
        await _empty(driver, settings)
    elif await driver.fetchval(
        "select exists (select from teams) or exists (select from accounts)"
    ):
        raise SeedRefused("the database holds data already; migrate a new one, or add --fresh")
    now: datetime = await driver.fetchval("select clock_timestamp()")
    random = np.random.default_rng(plan.seed)
    fixtures = make_season(random, now)
    people = make_people(plan.players, now)
    players, open_to_guess = people[1:], predictable(fixtures)
    room = len(players) * len(open_to_guess)
    if plan.predictions > room:
        raise SeedRefused(
            f"{plan.players} players have room for {room} predictions, not {plan.predictions}; "
            "ask for more players or fewer predictions"
        )
    guesses = make_guesses(random, players, open_to_guess, plan.predictions, now)
    await _copy_matches(driver, fixtures)
    await _copy_people(driver, people, hash_now(PASSWORD, settings.bcrypt_rounds))
    await _copy_guesses(driver, guesses)
    await _copy_scores(driver, players, guesses)
    await _finish(driver)
    return len(CLUBS), len(fixtures), len(players), len(guesses)


async def _empty(driver: asyncpg.Connection, settings: Settings) -> None:
    if settings.environment != "development":
        raise SeedRefused("--fresh removes every account; it runs in development only")
    matches = await driver.fetch("select id from matches")
    await driver.execute("truncate accounts, teams restart identity cascade")
    tags = [*CACHE_TAGS, *(tag_of(row["id"]) for row in matches)]
    await driver.executemany("insert into stale_tags (tag) values ($1)", [(tag,) for tag in tags])


async def _copy(
    driver: asyncpg.Connection,
    table: str,
    columns: Sequence[str],
    rows: Iterable[tuple[object, ...]],
) -> None:
    await driver.copy_records_to_table(table, records=rows, columns=columns)


async def _copy_matches(driver: asyncpg.Connection, fixtures: Sequence[Fixture]) -> None:
    clubs = ((number, *club) for number, club in enumerate(CLUBS, start=1))
    await _copy(driver, "teams", ("id", "name", "short_name"), clubs)
    await _copy(
        driver,
        "matches",
        ("id", "round", "home_team_id", "away_team_id", "kick_off", "status",
         "home_goals", "away_goals"),
        (
            (f.id, f.round, f.home_team_id, f.away_team_id, f.kick_off, f.status,
             *(f.result or (None, None)))
            for f in fixtures
        ),
    )  # fmt: skip


async def _copy_people(
    driver: asyncpg.Connection, people: Sequence[Person], password_hash: bytes
) -> None:
    await _copy(
        driver,
        "accounts",
        ("id", "email", "display_name", "password_hash", "role", "tier", "tier_expires_at",
         "created_at"),
        (
            (p.id, p.email, p.display_name, password_hash, p.role, p.tier, p.tier_expires_at,
             p.created_at)
            for p in people
        ),
    )  # fmt: skip


async def _copy_guesses(driver: asyncpg.Connection, guesses: Sequence[Guess]) -> None:
    await _copy(
        driver,
        "predictions",
        ("account_id", "match_id", "home_goals", "away_goals", "points", "created_at",
         "updated_at"),
        (
            (g.account_id, g.match_id, *g.goals, g.points, g.created_at, g.created_at)
            for g in guesses
        ),
    )  # fmt: skip


async def _copy_scores(
    driver: asyncpg.Connection, players: Sequence[Person], guesses: Sequence[Guess]
) -> None:
    generation = await driver.fetchval("select current from generations")
    await _copy(
        driver,
        "scores",
        ("account_id", "points", "exact_hits", "registered_at", "from_generation"),
        (
            (player.id, earned, exact, player.created_at, generation)
            for player, earned, exact in add_up(players, guesses)
        ),
    )


async def _finish(driver: asyncpg.Connection) -> None:
    """Let the sequences go on after the ids that were given, and the planner know the sizes."""
    await driver.execute(_FINISHING)
