from __future__ import annotations

import pytest
from httpx import AsyncClient

from fixtures.application import BASE_URL
from fixtures.clients import PASSWORD
from suites.integration.sql import Sql
from suites.integration.web.browsing import (
    HEADERS,
    Visit,
    address_of,
    field_of,
    is_logged_in,
    log_in,
    place_of,
    text_of,
)

NEW_PASSWORD = "other words entirely"


async def test_the_account_shows_who_one_is(visit: Visit) -> None:
    shown = await visit.browser.get("/account")

    assert shown.headers["cache-control"] == "no-store"
    assert address_of(visit.player) in text_of(shown)
    assert field_of(shown, "display_name", "/account/name") == "Ada"
    assert "This browser" in text_of(shown)


async def test_another_name_holds_at_once(visit: Visit) -> None:
    done = await visit.browser.post("/account/name", data={"display_name": " Ada L. "})

    assert "Your name is changed." in text_of(await visit.browser.get(place_of(done)))
    shown = await visit.browser.get("/account")
    assert field_of(shown, "display_name", "/account/name") == "Ada L."


async def test_a_name_that_is_too_long_is_refused_and_stays_typed(visit: Visit) -> None:
    refused = await visit.browser.post("/account/name", data={"display_name": "x" * 41})

    assert refused.status_code == 422
    assert "This is too long: at most 40 characters." in text_of(refused)
    assert field_of(refused, "display_name", "/account/name") == "x" * 41


async def test_another_password_ends_every_session_and_opens_the_next(visit: Visit) -> None:
    form = {"current_password": PASSWORD, "new_password": NEW_PASSWORD, "username": "ada"}
    done = await visit.browser.post("/account/password", data=form)

    assert place_of(done) == "/login?done=password"
    assert not await is_logged_in(visit.browser)
    again = {"email": address_of(visit.player), "password": NEW_PASSWORD}
    assert place_of(await visit.browser.post("/login", data=again)) == "/"


@pytest.mark.parametrize(
    ("current", "new", "status", "said"),
    [
        ("not the password", NEW_PASSWORD, 403, "Type your current password and try again."),
        (PASSWORD, "short", 422, "This is too short: at least 12 characters."),
    ],
)
async def test_a_password_that_cannot_be_changed_stays(
    visit: Visit, current: str, new: str, status: int, said: str
) -> None:
    form = {"current_password": current, "new_password": new}
    refused = await visit.browser.post("/account/password", data=form)

    assert refused.status_code == status
    assert said in text_of(refused)
    assert await is_logged_in(visit.browser)


async def test_another_session_is_ended_from_the_list(visit: Visit, sql: Sql) -> None:
    transport = visit.browser._transport
    async with AsyncClient(transport=transport, base_url=BASE_URL, headers=HEADERS) as other:
        await log_in(other, address_of(visit.player))
        shown = await visit.browser.get("/account")
        action = shown.text.partition('action="/account/sessions/')[2].partition('"')[0]
        done = await visit.browser.post(f"/account/sessions/{action}")

        assert place_of(done) == "/account?done=session"
        assert not await is_logged_in(other)
    assert await is_logged_in(visit.browser)
    assert "Another session" not in text_of(await visit.browser.get("/account"))


async def test_a_session_of_nobody_is_not_found(visit: Visit) -> None:
    address = "/account/sessions/00000000-0000-4000-8000-000000000000/end"

    assert (await visit.browser.post(address)).status_code == 404
    assert (await visit.browser.post("/account/sessions/mine/end")).status_code == 422


async def test_logging_out_everywhere_ends_this_session_too(visit: Visit) -> None:
    done = await visit.browser.post("/account/sessions/end")

    assert place_of(done) == "/?done=everywhere"
    assert not visit.browser.cookies
    assert not await is_logged_in(visit.browser)


async def test_what_is_held_of_a_person_is_a_file_to_keep(visit: Visit) -> None:
    answer = await visit.browser.get("/account/export")

    assert answer.headers["content-disposition"] == 'attachment; filename="soccerai-export.json"'
    assert answer.headers["cache-control"] == "no-store"
    assert address_of(visit.player) in answer.text


async def test_an_account_is_erased_by_who_knows_its_password(visit: Visit, sql: Sql) -> None:
    wrong = await visit.browser.post("/account/erase", data={"password": "not the password"})
    empty = await visit.browser.post("/account/erase", data={"password": ""})
    assert await is_logged_in(visit.browser)
    done = await visit.browser.post("/account/erase", data={"password": PASSWORD})

    assert (wrong.status_code, empty.status_code) == (403, 422)
    assert "Nothing was changed." in text_of(wrong)
    assert place_of(done) == "/?done=erased"
    assert not await is_logged_in(visit.browser)
    held = "select count(*) from accounts where email = %s"
    assert await sql.value(held, address_of(visit.player)) == 0


async def test_an_account_is_for_who_is_logged_in(browser: AsyncClient) -> None:
    assert place_of(await browser.get("/account")) == "/login?next=%2Faccount"
    browser.cookies.set("soccerai_session", "made up", domain="testserver.local")
    assert place_of(await browser.get("/account/export")) == "/login?next=%2Faccount%2Fexport"
