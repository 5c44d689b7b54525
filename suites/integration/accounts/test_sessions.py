"""Sessions: begun by a password, carried on by refresh tokens, ended at once in every worker."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.refusals import refusal
from suites.integration.sql import Sql
from suites.integration.waiting import until_locked_out

pytestmark = pytest.mark.objective("sec-tokens")

PASSWORD = clients.PASSWORD
UNAUTHENTICATED = (401, "unauthenticated")
INVALID = (401, "invalid-refresh-token")


def bearing(tokens: dict[str, Any]) -> dict[str, str]:
    return {"authorization": f"Bearer {tokens['access_token']}"}


async def refresh(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.post(
        "/api/sessions/refresh", json={"refresh_token": tokens["refresh_token"]}
    )


async def test_an_unknown_address_and_a_wrong_password_are_answered_alike(
    client: AsyncClient, build: Builders
) -> None:
    known = await build.player()
    answers = [
        await client.post("/api/sessions", json={"email": email, "password": "not the password"})
        for email in (known.email, "nobody@example.org")
    ]
    assert [refusal(answer) for answer in answers] == [(401, "wrong-credentials")] * 2
    bodies = [{k: v for k, v in a.json().items() if k != "request_id"} for a in answers]
    assert bodies[0] == bodies[1]
    varying = {"x-request-id", "ratelimit"}
    headers = [{k: v for k, v in a.headers.items() if k not in varying} for a in answers]
    assert headers[0] == headers[1]


async def test_who_sends_the_token_of_an_ended_session_spends_a_visitors_limit(
    client: AsyncClient, build: Builders
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    await client.delete("/api/sessions", headers=bearing(tokens))
    refused = [await client.get("/api/me", headers=bearing(tokens)) for _ in range(3)]
    assert [refusal(answer) for answer in refused] == [UNAUTHENTICATED] * 3
    who = [answer.headers["ratelimit"].partition(";")[0] for answer in refused]
    assert who == ['"player"', '"visitor"', '"visitor"']  # the first asks the database


async def test_tokens_of_a_log_in_open_the_own_account(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    tokens = await clients.log_in(client, str(account.email))
    answer = await client.get("/api/me", headers=bearing(tokens))
    assert answer.json()["id"] == account.id
    assert answer.headers["cache-control"] == "no-store"
    assert (tokens["token_type"], tokens["expires_in_s"]) == ("bearer", 600)


async def test_a_refresh_token_gives_new_tokens_for_the_same_session(
    client: AsyncClient, build: Builders
) -> None:
    first = await clients.log_in(client, str((await build.player()).email))
    second = (await refresh(client, first)).json()
    assert second["session_id"] == first["session_id"]
    assert second["refresh_token"] != first["refresh_token"]
    for tokens in (first, second):
        assert (await client.get("/api/me", headers=bearing(tokens))).status_code == 200


async def test_a_refresh_token_can_be_used_once(client: AsyncClient, build: Builders) -> None:
    first = await clients.log_in(client, str((await build.player()).email))
    assert (await refresh(client, first)).status_code == 200
    assert refusal(await refresh(client, first)) == INVALID


async def test_using_a_refresh_token_twice_revokes_its_whole_family_in_every_worker(
    client: AsyncClient, other_client: AsyncClient, build: Builders
) -> None:
    first = await clients.log_in(client, str((await build.player()).email))
    second = (await refresh(client, first)).json()
    assert refusal(await refresh(client, first)) == INVALID
    assert refusal(await refresh(other_client, second)) == INVALID
    for tokens in (first, second):
        answer = await other_client.get("/api/me", headers=bearing(tokens))
        assert refusal(answer) == UNAUTHENTICATED


async def test_an_older_link_of_the_chain_revokes_the_family_too(
    client: AsyncClient, build: Builders
) -> None:
    first = await clients.log_in(client, str((await build.player()).email))
    second = (await refresh(client, first)).json()
    third = (await refresh(client, second)).json()
    assert refusal(await refresh(client, first)) == INVALID
    assert refusal(await refresh(client, third)) == INVALID


async def test_revoking_one_family_leaves_the_other_sessions_alone(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    stolen, other = [await clients.log_in(client, str(account.email)) for _ in range(2)]
    await refresh(client, stolen)
    await refresh(client, stolen)
    assert (await client.get("/api/me", headers=bearing(other))).status_code == 200
    assert (await refresh(client, other)).status_code == 200


async def test_of_many_uses_at_once_one_wins_and_the_family_ends(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    answers = await asyncio.gather(
        *(refresh(worker, tokens) for worker in (client, other_client) for _ in range(4))
    )
    won = [answer for answer in answers if answer.status_code == 200]
    assert len(won) == 1
    assert refusal(await refresh(client, won[0].json())) == INVALID
    assert await sql.value("select ended_at is not null from sessions")


async def test_two_uses_in_the_same_moment_take_turns_one_wins_and_the_family_ends(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    async with sql.transaction():
        await sql.run("select 1 from sessions for update")
        asked = [asyncio.create_task(refresh(one, tokens)) for one in (client, other_client)]
        await until_locked_out(watcher, 2)
        # neither may have touched the token yet: whoever reads it must see what the other did
        assert await sql.value("select used_at is null from refresh_tokens for update nowait")
    answers = sorted(await asyncio.gather(*asked), key=lambda answer: answer.status_code)
    assert answers[0].status_code == 200
    assert refusal(answers[1]) == INVALID
    assert refusal(await refresh(client, answers[0].json())) == INVALID
    assert await sql.column("select action from audit_rows where subject_kind = 'session' "
                            "order by sequence") == ["session.began", "session.refreshed",
                                                     "session.token_reused"]  # fmt: skip


@pytest.mark.parametrize(
    "ending",
    [
        "update sessions set ended_at = clock_timestamp()",
        "update sessions set expires_at = clock_timestamp()",
        "delete from sessions",
    ],
    ids=["ended", "expired", "removed with the account"],
)
async def test_a_refresh_that_comes_while_its_session_ends_gets_nothing(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql, ending: str
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    async with sql.transaction():
        await sql.run(ending)
        late = asyncio.create_task(refresh(client, tokens))
        await until_locked_out(watcher)
    assert refusal(await late) == INVALID
    assert (
        await sql.value("select count(*) from audit_rows where action = 'session.refreshed'") == 0
    )
    assert await sql.value("select count(*) from refresh_tokens where used_at is not null") == 0


async def test_a_stolen_token_that_comes_while_the_family_is_carried_on_ends_it(
    client: AsyncClient, other_client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    first = await clients.log_in(client, str((await build.player()).email))
    second = (await refresh(client, first)).json()
    async with sql.transaction():
        await sql.run("select 1 from sessions for update")
        replay = asyncio.create_task(refresh(other_client, first))
        await until_locked_out(watcher, 1)
        rightful = asyncio.create_task(refresh(client, second))
        await until_locked_out(watcher, 2)
    answers = await asyncio.gather(replay, rightful)
    # Postgres lets them in in the order in which they came
    assert [refusal(answer) for answer in answers] == [INVALID, INVALID]
    assert await sql.value("select ended_at is not null from sessions")


async def test_only_digests_of_refresh_tokens_are_kept(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    await refresh(client, tokens)
    kept = await sql.column("select token_hash from refresh_tokens")
    assert len(kept) == 2
    assert all(len(digest) == 32 for digest in kept)
    assert tokens["refresh_token"] not in str(await sql.rows("select * from refresh_tokens"))


@pytest.mark.parametrize(
    "token", ["srt_" + "x" * 43, "x", "srt_ü", "x" * 200], ids=["made up", "short", "odd", "long"]
)
async def test_a_refresh_token_that_we_never_gave_is_refused(
    client: AsyncClient, token: str
) -> None:
    assert refusal(await refresh(client, {"refresh_token": token})) == INVALID


async def test_a_refresh_token_past_its_time_is_refused(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    await sql.run("update refresh_tokens set expires_at = clock_timestamp()")
    assert refusal(await refresh(client, tokens)) == INVALID


async def test_a_session_past_its_time_is_over_whatever_the_access_token_says(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    await sql.run("update sessions set expires_at = clock_timestamp()")
    assert refusal(await client.get("/api/me", headers=bearing(tokens))) == UNAUTHENTICATED
    assert refusal(await refresh(client, tokens)) == INVALID


async def test_a_session_past_its_time_is_not_in_the_list_of_live_ones(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    email = str((await build.player()).email)
    over, ended, held = [await clients.log_in(client, email) for _ in range(3)]
    await client.delete(f"/api/sessions/{ended['session_id']}", headers=bearing(held))
    await sql.run(
        "update sessions set expires_at = clock_timestamp() where id = %s", over["session_id"]
    )
    shown = (await client.get("/api/sessions", headers=bearing(held))).json()["items"]
    assert [(one["id"], one["current"]) for one in shown] == [(held["session_id"], True)]


Ending = Callable[[AsyncClient, dict[str, Any]], Awaitable[Response]]


async def _log_out(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.delete(f"/api/sessions/{tokens['session_id']}", headers=bearing(tokens))


async def _log_out_everywhere(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.delete("/api/sessions", headers=bearing(tokens))


async def _change_password(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    body = {"current_password": PASSWORD, "new_password": "another long password"}
    return await client.put("/api/me/password", json=body, headers=bearing(tokens))


async def _erase(client: AsyncClient, tokens: dict[str, Any]) -> Response:
    return await client.post("/api/me/erase", json={"password": PASSWORD}, headers=bearing(tokens))


@pytest.mark.parametrize("end", [_log_out, _log_out_everywhere, _change_password, _erase])
async def test_a_session_ends_at_once_in_every_worker(
    client: AsyncClient, other_client: AsyncClient, build: Builders, end: Ending
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    for worker in (client, other_client):
        assert (await worker.get("/api/me", headers=bearing(tokens))).status_code == 200
    assert (await end(client, tokens)).status_code == 204
    for worker in (other_client, client):
        assert refusal(await worker.get("/api/me", headers=bearing(tokens))) == UNAUTHENTICATED
        assert refusal(await refresh(worker, tokens)) == INVALID


@pytest.mark.parametrize("end", [_log_out_everywhere, _change_password, _erase])
async def test_every_other_session_ends_with_it(
    client: AsyncClient, other_client: AsyncClient, build: Builders, end: Ending
) -> None:
    account = await build.player()
    here, there = [await clients.log_in(client, str(account.email)) for _ in range(2)]
    await end(client, here)
    assert refusal(await other_client.get("/api/me", headers=bearing(there))) == UNAUTHENTICATED
    assert refusal(await refresh(other_client, there)) == INVALID


async def test_logging_out_of_one_session_leaves_the_others(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    here, there = [await clients.log_in(client, str(account.email)) for _ in range(2)]
    await _log_out(client, here)
    listed = (await client.get("/api/sessions", headers=bearing(there))).json()["items"]
    assert [(one["id"], one["current"]) for one in listed] == [(there["session_id"], True)]


async def test_one_session_can_end_another_of_the_same_person(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    here, there = [await clients.log_in(client, str(account.email)) for _ in range(2)]
    ended = await client.delete(f"/api/sessions/{there['session_id']}", headers=bearing(here))
    assert ended.status_code == 204
    assert refusal(await client.get("/api/me", headers=bearing(there))) == UNAUTHENTICATED
    assert (await client.get("/api/me", headers=bearing(here))).status_code == 200


@pytest.mark.objective("sec-input")
async def test_somebody_elses_session_is_not_there(client: AsyncClient, build: Builders) -> None:
    mine, theirs = [
        await clients.log_in(client, str((await build.player()).email)) for _ in range(2)
    ]
    for session_id in (theirs["session_id"], str(uuid.uuid4())):
        answer = await client.delete(f"/api/sessions/{session_id}", headers=bearing(mine))
        assert refusal(answer) == (404, "not-found")
    assert (await client.get("/api/me", headers=bearing(theirs))).status_code == 200
    listed = (await client.get("/api/sessions", headers=bearing(mine))).json()["items"]
    assert [one["id"] for one in listed] == [mine["session_id"]]


async def test_a_session_that_has_ended_cannot_be_ended_again(
    client: AsyncClient, build: Builders
) -> None:
    account = await build.player()
    here, there = [await clients.log_in(client, str(account.email)) for _ in range(2)]
    path = f"/api/sessions/{there['session_id']}"
    assert (await client.delete(path, headers=bearing(here))).status_code == 204
    assert refusal(await client.delete(path, headers=bearing(here))) == (404, "not-found")


@pytest.mark.parametrize("sent", ["Bearer", "Bearer ", "Bearer x", "Basic eA==", "x", ""])
async def test_anything_but_an_access_token_is_refused(client: AsyncClient, sent: str) -> None:
    answer = await client.get("/api/me", headers={"authorization": sent})
    assert refusal(answer) == UNAUTHENTICATED
    assert answer.headers["www-authenticate"].startswith("Bearer")


async def test_a_refresh_token_is_no_access_token(client: AsyncClient, build: Builders) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    answer = await client.get(
        "/api/me", headers={"authorization": f"Bearer {tokens['refresh_token']}"}
    )
    assert refusal(answer) == UNAUTHENTICATED


async def test_a_log_in_under_way_ends_with_logging_out_everywhere(
    client: AsyncClient, build: Builders, sql: Sql, watcher: Sql
) -> None:
    account = await build.player()
    player = await clients.as_account(client, account)
    body = {"email": account.email, "password": clients.PASSWORD}
    async with sql.transaction():
        await sql.run("lock table refresh_tokens in share mode")  # its session is begun by then
        knocking = asyncio.create_task(client.post("/api/sessions", json=body))
        await until_locked_out(watcher)
        leaving = asyncio.create_task(player.delete("/api/sessions"))
        await until_locked_out(watcher, 2)
    assert [(await knocking).status_code, (await leaving).status_code] == [201, 204]
    assert await sql.value("select count(*) from sessions where ended_at is null") == 0


async def test_a_refresh_puts_off_the_end_of_its_session(
    client: AsyncClient, build: Builders, sql: Sql
) -> None:
    tokens = await clients.log_in(client, str((await build.player()).email))
    await sql.run("update sessions set expires_at = clock_timestamp() + interval '1 hour'")
    body = {"refresh_token": tokens["refresh_token"]}
    again = (await client.post("/api/sessions/refresh", json=body)).json()
    left = "select extract(epoch from expires_at - clock_timestamp()) from sessions"
    assert again["refresh_expires_in_s"] - 60 < await sql.value(left)
