"""Every operation that changes something leaves its audit row, with the request's id."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from httpx import AsyncClient, Response
from psycopg.sql import SQL, Identifier

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.operations.chain import broken_links
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from sut.app import Service

pytestmark = pytest.mark.objective("audit-trail")

HOUR = timedelta(hours=1)
REQUEST_ID = "the-request-of-the-test"
MUTATING = {"post", "put", "patch", "delete"}
REFUSING = """
    create function refuses() returns trigger language plpgsql as $$ begin raise 'no'; end $$;
    create trigger refuses before insert on audit_rows for each row execute function refuses()"""


@dataclass
class Cast:
    """Who and what a change can be about."""

    visitor: AsyncClient
    player: AsyncClient
    admin: AsyncClient
    email: str
    account_id: int
    tokens: dict[str, Any]
    ahead: int
    begun: int
    teams: tuple[int, int]
    prediction: Response


@pytest.fixture
async def cast(client: AsyncClient, build: Builders) -> Cast:
    """A player with a prediction and a session, an admin, two matches."""
    account = await build.player()
    ahead, begun = await build.match(), await build.match(kick_off=-HOUR)
    third = await build.match()
    tokens = await clients.log_in(client, str(account.email))
    player = await clients.as_account(client, account)
    body = {"match_id": ahead.id, "home_goals": 2, "away_goals": 1}
    made = await player.post("/api/predictions", json=body)
    admin = await clients.as_account(client, await build.admin())
    return Cast(
        client,
        player,
        admin,
        str(account.email),
        account.id,
        tokens,
        third.id,
        begun.id,
        (ahead.home_team_id, ahead.away_team_id),
        made,
    )


@dataclass(frozen=True)
class Change:
    """One operation: how to make it, and the action that its row must name."""

    make: Callable[[Cast], Awaitable[Response]]
    action: str


NAMED = {"x-request-id": REQUEST_ID}
NEW = {"email": "new@example.org", "password": "twelve chars", "display_name": "New"}
SCORE = {"home_goals": 3, "away_goals": 3}


def _log_out(c: Cast) -> Awaitable[Response]:
    return c.player.delete(f"/api/sessions/{c.tokens['session_id']}", headers=NAMED)


def _create_match(c: Cast) -> Awaitable[Response]:
    body = {
        "home_team_id": c.teams[0],
        "away_team_id": c.teams[1],
        "kick_off": "2027-01-05T15:00:00Z",
        "round": 9,
    }
    return c.admin.post("/api/matches", json=body, headers=NAMED)


def _change_prediction(c: Cast) -> Awaitable[Response]:
    headers = NAMED | {"if-match": c.prediction.headers["etag"]}
    return c.player.put(c.prediction.headers["location"], json=SCORE, headers=headers)


CHANGES: dict[str, Change] = {
    "register": Change(
        lambda c: c.visitor.post("/api/accounts", json=NEW, headers=NAMED), "account.registered"
    ),
    "log_in": Change(
        lambda c: c.visitor.post(
            "/api/sessions", json={"email": c.email, "password": clients.PASSWORD}, headers=NAMED
        ),
        "session.began",
    ),
    "refresh": Change(
        lambda c: c.visitor.post(
            "/api/sessions/refresh",
            json={"refresh_token": c.tokens["refresh_token"]},
            headers=NAMED,
        ),
        "session.refreshed",
    ),
    "log_out": Change(_log_out, "session.ended"),
    "log_out_everywhere": Change(
        lambda c: c.player.delete("/api/sessions", headers=NAMED), "account.sessions_ended"
    ),
    "change_profile": Change(
        lambda c: c.player.patch("/api/me", json={"display_name": "Other"}, headers=NAMED),
        "account.renamed",
    ),
    "change_password": Change(
        lambda c: c.player.put(
            "/api/me/password",
            json={"current_password": clients.PASSWORD, "new_password": "another password"},
            headers=NAMED,
        ),
        "account.password_changed",
    ),
    "erase_me": Change(
        lambda c: c.player.post(
            "/api/me/erase", json={"password": clients.PASSWORD}, headers=NAMED
        ),
        "account.erased",
    ),
    "change_tier": Change(
        lambda c: c.admin.put(
            f"/api/accounts/{c.account_id}/tier", json={"tier": "pro"}, headers=NAMED
        ),
        "account.tier_changed",
    ),
    "create_match": Change(_create_match, "match.created"),
    "change_match": Change(
        lambda c: c.admin.patch(
            f"/api/matches/{c.ahead}", json={"status": "postponed"}, headers=NAMED
        ),
        "match.changed",
    ),
    "enter_result": Change(
        lambda c: c.admin.put(f"/api/matches/{c.begun}/result", json=SCORE, headers=NAMED),
        "match.result_entered",
    ),
    "create_prediction": Change(
        lambda c: c.player.post(
            "/api/predictions", json={"match_id": c.ahead, **SCORE}, headers=NAMED
        ),
        "prediction.created",
    ),
    "change_prediction": Change(_change_prediction, "prediction.changed"),
}


def mutating(app: Service) -> set[str]:
    """Every operation of the served document that is asked for by a changing method."""
    return {
        operation["operationId"]
        for path in app.openapi()["paths"].values()
        for method, operation in path.items()
        if method in MUTATING
    }


async def test_every_operation_that_changes_something_is_in_this_table(app: Service) -> None:
    assert mutating(app) == CHANGES.keys()


@pytest.mark.parametrize("operation", CHANGES)
async def test_a_change_and_its_one_row_are_made_together_or_not_at_all(
    cast: Cast, sql: Sql, operation: str
) -> None:
    change = CHANGES[operation]
    await sql.run(REFUSING)
    before = await _everything(sql)
    assert refusal(await change.make(cast)) == (500, "internal-error")
    assert await _everything(sql) == before
    await sql.run("drop function refuses() cascade")
    answer = await change.make(cast)
    assert answer.is_success, answer.text
    assert answer.headers["x-request-id"] == REQUEST_ID
    known = [row["id"] for row in before["audit_rows"]]
    row = await sql.row("select * from audit_rows where id <> all(%s)", known)
    assert (row["action"], row["request_id"]) == (change.action, REQUEST_ID)
    assert row["actor_id"] is not None
    assert row["subject_id"]
    assert await broken_links(sql) == []


async def _everything(sql: Sql) -> dict[str, list[dict[str, Any]]]:
    tables = await sql.column("select tablename from pg_tables where schemaname = 'public'")
    every_row = SQL("select * from {}")
    return {
        table: sorted(await sql.rows(every_row.format(Identifier(table))), key=repr)
        for table in tables
    }


async def test_rows_of_a_correction_tell_what_was_there_before(cast: Cast, sql: Sql) -> None:
    path = f"/api/matches/{cast.begun}/result"
    await cast.admin.put(path, json=SCORE)
    await cast.admin.put(path, json={"home_goals": 0, "away_goals": 3})
    details = await sql.column(
        "select details from audit_rows where subject_kind = 'match' order by sequence"
    )
    assert details == [
        {"result": [3, 3], "before": None},
        {"result": [0, 3], "before": [3, 3]},
    ]


@pytest.mark.parametrize("end", [None, "2097-01-01T00:00:00Z"], ids=["for good", "until"])
async def test_a_tier_that_is_given_again_is_no_change_and_leaves_no_row(
    cast: Cast, sql: Sql, end: str | None
) -> None:
    path, body = f"/api/accounts/{cast.account_id}/tier", {"tier": "pro", "expires_at": end}
    first, second = [await cast.admin.put(path, json=body) for _ in range(2)]
    assert (first.status_code, first.json()) == (second.status_code, second.json())
    given = "select details from audit_rows where action = 'account.tier_changed'"
    (told,) = await sql.column(given)
    assert told["tier"] == ["free", "pro"]
    await cast.admin.put(path, json={"tier": "free"})
    assert len(await sql.column(given)) == 2


async def test_a_reused_refresh_token_leaves_its_own_row(cast: Cast, sql: Sql) -> None:
    body = {"refresh_token": cast.tokens["refresh_token"]}
    for _ in range(2):
        await cast.visitor.post("/api/sessions/refresh", json=body)
    actions = await sql.column(
        "select action from audit_rows where subject_id = %s order by sequence",
        cast.tokens["session_id"],
    )
    assert actions == ["session.began", "session.refreshed", "session.token_reused"]


async def test_no_row_holds_an_address_a_name_or_a_token(cast: Cast, sql: Sql) -> None:
    for change in CHANGES.values():
        await change.make(cast)
    told = str(await sql.rows("select * from audit_rows")).lower()
    words = ["@example.org", "player 1", "twelve chars", clients.PASSWORD, "srt_", "eyj"]
    assert [word for word in words if word.lower() in told] == []


async def test_the_trail_tells_no_admin_what_is_predicted_before_kick_off(cast: Cast) -> None:
    await _change_prediction(cast)
    told = (await cast.admin.get("/api/audit", params={"subject_kind": "prediction"})).json()
    match_id = cast.prediction.json()["match_id"]
    # the goals of neither version, not even within what a hash that is shown was made of
    assert [row["details"] for row in told["items"]] == [
        {"match_id": match_id, "version": version} for version in (2, 1)
    ]


async def test_an_admin_reads_the_trail_by_pages_and_by_subject(cast: Cast) -> None:
    for status in ("postponed", "scheduled", "postponed"):
        await cast.admin.patch(f"/api/matches/{cast.ahead}", json={"status": status})
    query: dict[str, Any] = {"subject_kind": "match", "subject_id": cast.ahead, "limit": 2}
    first = (await cast.admin.get("/api/audit", params=query)).json()
    await cast.admin.patch(f"/api/matches/{cast.ahead}", json={"status": "scheduled"})
    second = (
        await cast.admin.get("/api/audit", params=query | {"cursor": first["next_cursor"]})
    ).json()
    rows = [*first["items"], *second["items"]]
    assert [row["sequence"] for row in rows] == [3, 2, 1]
    assert second["next_cursor"] is None
    assert [row["previous_hash"] for row in rows[:2]] == [row["hash"] for row in rows[1:]]


async def test_the_trail_of_one_subject_holds_no_row_about_another(cast: Cast) -> None:
    matches = [cast.ahead, cast.prediction.json()["match_id"]]
    for match in matches * 2:
        for status in ("postponed", "scheduled"):
            await cast.admin.patch(f"/api/matches/{match}", json={"status": status})
    for subject in matches:
        query = {"subject_kind": "match", "subject_id": subject}
        rows = (await cast.admin.get("/api/audit", params=query)).json()["items"]
        assert [(row["subject_id"], row["sequence"]) for row in rows] == [
            (str(subject), number) for number in (4, 3, 2, 1)
        ]


async def test_nobody_but_an_admin_reads_the_trail(cast: Cast) -> None:
    assert refusal(await cast.visitor.get("/api/audit")) == (401, "unauthenticated")
    assert refusal(await cast.player.get("/api/audit")) == (403, "forbidden")
