from __future__ import annotations

from time import process_time

import pytest
from httpx import AsyncClient, Response

from fixtures import clients
from fixtures.builders import Builders
from fixtures.clients import PASSWORD
from suites.integration.sql import Sql
from suites.integration.web.browsing import (
    Visit,
    address_of,
    field_of,
    is_logged_in,
    log_in,
    place_of,
    text_of,
)
from sut.settings import Settings


def registration(**changes: str) -> dict[str, str]:
    return {
        "email": "eve@example.org",
        "password": "unrelated words 17",
        "display_name": "Eve",
        "next": "/leaderboard",
        **changes,
    }


def limit_of(answer: Response) -> str:
    """By which limit a request was counted."""
    return answer.headers["ratelimit"].partition(";")[0].strip('"')


async def test_who_registers_is_logged_in_and_goes_on(browser: AsyncClient) -> None:
    answer = await browser.post("/register", data=registration())

    assert place_of(answer) == "/leaderboard?done=registered"
    assert "Welcome. Your account is ready." in text_of(await browser.get(place_of(answer)))
    assert "Eve" in text_of(await browser.get("/account"))


async def test_a_registration_with_faults_keeps_what_was_typed_but_the_password(
    browser: AsyncClient,
) -> None:
    answer = await browser.post("/register", data=registration(email=" a@b", password="short"))

    assert answer.status_code == 422
    assert "This is too short: at least 12 characters." in text_of(answer)
    assert field_of(answer, "display_name", "/register") == "Eve"
    assert "short" not in answer.text.replace("too short", "")
    assert not await is_logged_in(browser)


async def test_an_address_that_is_taken_is_refused(browser: AsyncClient, build: Builders) -> None:
    player = await build.player()

    answer = await browser.post("/register", data=registration(email=address_of(player)))

    assert answer.status_code == 409
    assert "Log in with it, or register with another address." in text_of(answer)


async def test_a_log_in_leads_where_the_person_wanted_to_go(
    browser: AsyncClient, build: Builders
) -> None:
    player = await build.player()
    sent_away = place_of(await browser.get("/predictions?after=x"))
    form = await browser.get(sent_away)

    assert sent_away == "/login?next=%2Fpredictions%3Fafter%3Dx"
    await log_in(browser, address_of(player), field_of(form, "next", "/login"))
    assert await is_logged_in(browser)


async def test_a_log_in_leads_to_no_other_site(browser: AsyncClient, build: Builders) -> None:
    player = await build.player()
    form = {"email": address_of(player), "password": PASSWORD, "next": "//elsewhere.example/x"}

    assert place_of(await browser.post("/login", data=form)) == "/"


async def test_a_wrong_password_is_refused_in_words(browser: AsyncClient, build: Builders) -> None:
    player = await build.player()
    form = {"email": address_of(player), "password": "not the password", "next": "/"}

    answer = await browser.post("/login", data=form)

    assert answer.status_code == 401
    assert "Check both and try again." in text_of(answer)
    assert field_of(answer, "email", "/login") == address_of(player)
    assert not await is_logged_in(browser)


async def test_a_log_in_without_an_address_names_the_field(browser: AsyncClient) -> None:
    answer = await browser.post("/login", data={"email": "", "password": PASSWORD})

    assert answer.status_code == 422
    assert "Look at: email." in text_of(answer) or "Correct what is marked" in text_of(answer)


async def test_who_is_logged_in_is_sent_past_both_forms(visit: Visit) -> None:
    assert place_of(await visit.browser.get("/login?next=/leaderboard")) == "/leaderboard"
    assert place_of(await visit.browser.get("/register")) == "/"


async def test_both_forms_are_shown_to_a_visitor(browser: AsyncClient) -> None:
    assert field_of(await browser.get("/login?next=/account"), "next", "/login") == "/account"
    assert field_of(await browser.get("/register"), "next", "/register") == "/"


async def test_a_second_log_in_ends_the_session_that_it_replaces(visit: Visit, sql: Sql) -> None:
    await log_in(visit.browser, address_of(visit.player))

    assert await sql.value("select count(*) from sessions where ended_at is null") == 1


async def test_a_log_out_ends_the_session_and_takes_the_cookie_back(visit: Visit) -> None:
    cookie = dict(visit.browser.cookies)
    answer = await visit.browser.post("/logout")

    assert place_of(answer) == "/?done=logged-out"
    assert not visit.browser.cookies
    visit.browser.cookies.update(cookie)
    assert not await is_logged_in(visit.browser)


async def test_a_log_out_without_a_session_is_what_was_wanted(browser: AsyncClient) -> None:
    assert place_of(await browser.post("/logout")) == "/?done=logged-out"


async def test_a_form_from_another_site_does_nothing(visit: Visit) -> None:
    for header in ({"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}):
        answer = await visit.browser.post("/logout", headers=header)
        assert answer.status_code == 403
        assert "For your safety nothing was done." in text_of(answer)
    assert await is_logged_in(visit.browser)


async def test_an_old_browser_says_by_its_origin_that_a_form_is_ours(visit: Visit) -> None:
    del visit.browser.headers["sec-fetch-site"]

    for origin in ("http://elsewhere.example", "null", ""):
        refused = await visit.browser.post("/logout", headers={"origin": origin})
        assert refused.status_code == 403
    done = await visit.browser.post("/logout", headers={"origin": "http://testserver"})
    assert place_of(done) == "/?done=logged-out"


async def test_unknown_doubled_and_uploaded_fields_are_refused(browser: AsyncClient) -> None:
    unknown = await browser.post("/login", data={"role": "admin"})
    doubled = await browser.post("/login", data={"email": ["a@example.org", "b@example.org"]})
    upload = await browser.post("/login", files={"email": ("a.txt", b"a@example.org")})

    assert [unknown.status_code, doubled.status_code, upload.status_code] == [422, 422, 422]
    assert "text/html" in unknown.headers["content-type"]


async def test_guesses_through_the_form_count_with_those_of_the_api(
    browser: AsyncClient, build: Builders
) -> None:
    email = address_of(await build.player())
    form = {"email": email, "password": "a wrong password"}
    statuses = [(await browser.post("/login", data=form)).status_code for _ in range(6)]
    assert statuses == [401] * 5 + [429]
    right = {"email": email, "password": PASSWORD}
    assert (await browser.post("/api/sessions", json=right)).status_code == 429


async def cookie_of_an_ended_session(visit: Visit, settings: Settings) -> dict[str, str]:
    name = settings.browser_cookie
    cookie = {"cookie": f"{name}={visit.browser.cookies[name]}"}
    await visit.browser.post("/logout")
    visit.browser.cookies.clear()
    return cookie


async def test_who_sends_the_cookie_of_an_ended_session_spends_a_visitors_limit(
    visit: Visit, settings: Settings
) -> None:
    cookie = await cookie_of_an_ended_session(visit, settings)
    shown = [await visit.browser.get("/account", headers=cookie) for _ in range(3)]
    assert [answer.status_code for answer in shown] == [303] * 3
    # the first asks the database
    assert [limit_of(answer) for answer in shown] == ["player", "visitor", "visitor"]


async def test_the_cookie_of_an_ended_session_spends_a_visitors_limit_on_public_reads_too(
    visit: Visit, settings: Settings
) -> None:
    cookie = await cookie_of_an_ended_session(visit, settings)
    for path in ("/api/teams", "/api/matches", "/api/teams"):  # nobody asks the database whose
        assert limit_of(await visit.browser.get(path, headers=cookie)) == "visitor"


async def test_of_two_cookies_the_one_that_logs_in_is_the_one_that_is_counted(
    visit: Visit, settings: Settings, build: Builders
) -> None:
    name = settings.browser_cookie
    mine = visit.browser.cookies[name]
    await log_in(visit.browser, address_of(await build.player(display_name="Bea")))
    theirs = visit.browser.cookies[name]
    visit.browser.cookies.clear()
    await visit.browser.get("/account", headers={"cookie": f"{name}={mine}"})  # has ended
    for first, last, shown, limit in (
        (mine, theirs, 200, "player"),
        (theirs, mine, 303, "visitor"),
    ):
        two = {"cookie": f"{name}={first}; {name}={last}"}
        answer = await visit.browser.get("/account", headers=two)
        assert (answer.status_code, limit_of(answer)) == (shown, limit)


@pytest.mark.parametrize("name", ["other", "session"])
async def test_a_long_cookie_of_whatever_name_takes_nobody_any_time(
    visit: Visit, settings: Settings, name: str
) -> None:
    own = f"{settings.browser_cookie}={visit.browser.cookies[settings.browser_cookie]}"
    visit.browser.cookies.clear()
    cookie = {"cookie": name + '="' + "\\a" * 30_000 + '"; ' + own}
    began = process_time()
    for path in ("/account", "/api/me", "/nowhere"):
        assert limit_of(await visit.browser.get(path, headers=cookie))
    assert (await visit.browser.get("/account", headers=cookie)).status_code == 200
    assert process_time() - began < 5


async def test_of_a_token_beside_a_cookie_each_counts_where_it_is_gone_by(
    visit: Visit, settings: Settings, build: Builders
) -> None:
    other = await build.player()
    tokens = await clients.log_in(visit.browser, address_of(other))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}

    async def left(path: str, **headers: str) -> int:
        told = (await visit.browser.get(path, headers=headers)).headers["ratelimit"]
        assert told.startswith('"player"')
        return int(told.partition(";r=")[2].partition(";")[0])

    before = await left("/account")
    assert await left("/api/me", **bearer) == settings.player_limit_per_minute - 1
    assert await left("/account", **bearer) == before - 1
    assert await left("/api/me", **bearer) == settings.player_limit_per_minute - 2


async def test_a_token_alone_is_nothing_to_the_pages(browser: AsyncClient, build: Builders) -> None:
    tokens = await clients.log_in(browser, address_of(await build.player()))
    bearer = {"authorization": f"Bearer {tokens['access_token']}"}
    answer = await browser.get("/account", headers=bearer)
    assert (answer.status_code, limit_of(answer)) == (303, "visitor")


async def test_a_player_on_the_pages_has_a_players_limit(visit: Visit) -> None:
    assert limit_of(await visit.browser.get("/account")) == "player"
