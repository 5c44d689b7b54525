"""A person gets all that is held of them, and nothing of anybody else."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.privacy.everything import in_postgres, traces
from suites.integration.privacy.person import EMAIL, KEY, NAME, REQUEST_ID, Person
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out
from sut.app import Service
from sut.operations.sweeper import Sweeper

pytestmark = pytest.mark.objective("gdpr-export")

# Columns whose values are secrets or bookkeeping about nobody: what the export leaves out.
LEFT_OUT = {
    "accounts": {"password_hash", "erased_at", "tier"},
    "sessions": {"browser_token_hash"},
    "refresh_tokens": {"token_hash"},
    "idempotency_keys": {"request_hash", "answer"},
    "audit_rows": {"hash", "previous_hash"},
}
# Where the export shows a table; the account itself is one object.
SHOWN = {
    "sessions": "sessions",
    "refresh_tokens": "refresh_tokens",
    "predictions": "predictions",
    "idempotency_keys": "idempotency_keys",
    "scores": "scores",
    "forecast_views": "forecast_views",
    "audit_rows": "audit",
}
NOT_OF_PEOPLE = {"alembic_version", "generations", "stale_tags", "teams", "matches", "audit_heads"}

_OWN = {
    "accounts": "select * from accounts where id = %(id)s",
    "sessions": "select * from sessions where account_id = %(id)s",
    "refresh_tokens": "select t.* from refresh_tokens t join sessions s on s.id = t.session_id "
    "where s.account_id = %(id)s",
    "predictions": "select * from predictions where account_id = %(id)s",
    "idempotency_keys": "select * from idempotency_keys where account_id = %(id)s",
    "scores": "select * from scores where account_id = %(id)s",
    "forecast_views": "select * from forecast_views where account_id = %(id)s",
    "audit_rows": "select * from audit_rows where actor_id = %(id)s "
    "or (subject_kind = 'account' and subject_id = %(id)s::text) "
    "or (subject_kind = 'session' and subject_id in "
    "(select subject_id from audit_rows where action = 'session.began' and actor_id = %(id)s))",
}


async def export(person: Person) -> dict[str, Any]:
    answer = await person.client.get("/api/me/export")
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    return body


async def test_every_table_is_either_in_the_export_or_holds_nothing_of_people(sql: Sql) -> None:
    tables = await sql.column("select tablename from pg_tables where schemaname = 'public'")
    assert set(tables) == {"accounts", *SHOWN} | NOT_OF_PEOPLE


async def test_what_somebody_else_did_with_a_stolen_token_is_in_the_export(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    stolen = await clients.log_in(client, str(account.email))
    for _ in range(2):
        await client.post("/api/sessions/refresh", json={"refresh_token": stolen["refresh_token"]})
    own = await clients.as_account(client, account)
    told = (await own.get("/api/me/export")).json()
    assert "session.token_reused" in [row["action"] for row in told["audit"]]


async def test_what_befell_a_session_is_in_the_export_when_it_has_long_been_cleared_up(
    app: Service, client: AsyncClient, build: Builders, sql: Sql
) -> None:
    account = await build.player()
    stolen = await clients.log_in(client, str(account.email))
    for _ in range(2):
        await client.post("/api/sessions/refresh", json={"refresh_token": stolen["refresh_token"]})
    await sql.run("update sessions set expires_at = now() - interval '2 days'")
    await Sweeper(app.state.platform).purge()
    assert await sql.value("select count(*) from sessions") == 0
    own = await clients.as_account(client, account)
    told = (await own.get("/api/me/export")).json()
    of_it = [row["action"] for row in told["audit"] if row["subject_id"] == stolen["session_id"]]
    assert of_it == ["session.began", "session.refreshed", "session.token_reused"]


async def test_every_row_and_every_column_that_is_held_of_a_person_is_in_the_export(
    person: Person, sql: Sql
) -> None:
    shown = await export(person)
    for table, query in _OWN.items():
        cursor = await sql.connection.execute(query, {"id": person.account_id})
        rows = await cursor.fetchall()
        assert rows, f"the test's person has nothing in {table}"
        told = shown[SHOWN[table]] if table in SHOWN else [shown["account"]]
        assert len(told) == len(rows), table
        for row in rows:
            assert {*row} - LEFT_OUT.get(table, set()) <= {*told[0]}, table


async def test_a_session_that_has_ended_is_in_the_export_with_its_tokens(person: Person) -> None:
    ended = person.tokens[0]["session_id"]
    assert (await person.client.delete(f"/api/sessions/{ended}")).status_code == 204
    shown = await export(person)
    (session,) = [one for one in shown["sessions"] if one["id"] == ended]
    assert session["ended_at"] is not None
    # the one that was given at the log-in, and the one that it was exchanged for
    tokens = [one for one in shown["refresh_tokens"] if one["session_id"] == ended]
    assert [one["used_at"] is None for one in tokens] == [False, True]


async def test_an_export_made_during_a_change_is_wholly_of_before_it(
    person: Person, sql: Sql, watcher: Sql
) -> None:
    before = await export(person)
    async with sql.transaction():
        await sql.run("lock table predictions")  # the account has been read by then
        making = asyncio.create_task(export(person))
        await until_locked_out(watcher)
        await sql.run("update accounts set display_name = 'Later' where id = %s", person.account_id)
        await sql.run("delete from forecast_views where account_id = %s", person.account_id)
        await sql.run("update scores set points = 77 where account_id = %s", person.account_id)
    during, after = await making, await export(person)
    changed = ("account", "scores", "forecast_views")
    assert [during[kind] for kind in changed] == [before[kind] for kind in changed]
    assert [kind for kind in changed if after[kind] == before[kind]] == []


async def test_what_was_marked_is_found_again(person: Person) -> None:
    told = json.dumps(await export(person))
    for marker in (EMAIL, NAME, REQUEST_ID, f"{KEY}-0", f"{KEY}-1", '"home_goals": 11'):
        assert marker in told, marker


async def test_the_export_holds_what_postgres_holds_of_the_markers(
    person: Person, sql: Sql
) -> None:
    places = traces(await in_postgres(sql), EMAIL, NAME, KEY, REQUEST_ID)
    tables = {place.partition(".")[0] for place in places}
    assert tables <= {"accounts", "idempotency_keys", "audit_rows"}


async def test_no_hash_and_no_token_is_handed_out(person: Person) -> None:
    told = json.dumps(await export(person)).lower()
    secrets = [s.hex() if isinstance(s, bytes) else s.lower() for s in person.secrets]
    assert [secret for secret in secrets if secret in told] == []
    assert "$2b$" not in told


async def test_nothing_of_anybody_else_is_in_it(
    person: Person, client: AsyncClient, build: Builders
) -> None:
    other = await build.player(email="other@example.org", display_name="Otherwise Unheard")
    match = await build.match()
    prediction = await build.prediction(other, match, 19, 17)
    told = await export(person)
    assert "Otherwise Unheard" not in json.dumps(told)
    assert "other@example.org" not in json.dumps(told)
    assert prediction.id not in [one["id"] for one in told["predictions"]]
    theirs = await clients.as_account(client, other)
    mine = (await theirs.get("/api/me/export")).json()
    assert [one["id"] for one in mine["predictions"]] == [prediction.id]
    assert EMAIL not in json.dumps(mine)


async def test_a_visitor_exports_nothing(client: AsyncClient) -> None:
    assert refusal(await client.get("/api/me/export")) == (401, "unauthenticated")
