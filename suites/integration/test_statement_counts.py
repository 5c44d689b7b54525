"""Lists send the same number of statements for a hundred rows as for two."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx import AsyncClient
from redis.asyncio import Redis

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.sql import Sql
from suites.integration.statements import counted
from sut.app import Service

FILL = """
    with new_teams as (
        insert into teams (name, short_name) select 'T' || n, 'T' || n
        from generate_series(1, 2) n returning id
    ), new_accounts as (
        insert into accounts (email, display_name) select 'p' || n || '@example.org', 'P' || n
        from generate_series(1, 120) n returning id, created_at
    ), new_scores as (
        insert into scores (account_id, points, registered_at, from_generation)
        select id, id, created_at, 1 from new_accounts
    ), new_matches as (
        insert into matches (round, home_team_id, away_team_id, kick_off)
        select n % 38, (select min(id) from new_teams), (select max(id) from new_teams),
               clock_timestamp() + n * interval '1 hour'
        from generate_series(1, 120) n returning id
    ), mine as (
        insert into predictions (account_id, match_id, home_goals, away_goals)
        select {player}, id, 1, 0 from new_matches
    )
    insert into predictions (account_id, match_id, home_goals, away_goals)
    select id, {begun}, 1, 0 from new_accounts"""


async def statements(app: Service, reader: AsyncClient, path: str) -> tuple[int, int]:
    """How many statements a read sends, and how many rows it answers with."""
    with counted(app) as sent:
        answer = await reader.get(path)
    assert answer.status_code == 200, answer.text
    return len(sent), len(answer.json()["items"])


@pytest.mark.parametrize(
    "path",
    [
        "/api/leaderboard?limit=100",
        "/api/matches?limit=100",
        "/api/predictions?limit=100",
        "/api/matches/{begun}/predictions?limit=100",
        "/api/standings",
        "/api/audit?limit=100",
    ],
)
async def test_the_number_of_statements_does_not_grow_with_the_rows(
    app: Service, client: AsyncClient, build: Builders, sql: Sql, redis: Redis, path: str
) -> None:
    account, begun = await build.player(), await build.match(kick_off=timedelta(hours=-1))
    for match in (begun, await build.match()):
        await build.prediction(account, match)
    person = account if "audit" not in path else await build.admin()
    reader = await clients.as_account(client, person)
    path = path.format(begun=begun.id)
    few, small = await statements(app, reader, path)
    await sql.run(FILL.format(player=account.id, begun=begun.id))
    await sql.run(
        "insert into audit_rows (at, action, subject_kind, subject_id, sequence, request_id, "
        "details, hash) select clock_timestamp(), 'a', 'thing', n::text, 1, 'r', '{}', '' "
        "from generate_series(1, 120) n"
    )
    await redis.flushdb()  # the small answer may be cached
    many, large = await statements(app, reader, path)
    assert small < large
    assert 1 <= many == few <= 4
