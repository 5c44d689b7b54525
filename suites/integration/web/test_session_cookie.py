"""The session's cookie where there is TLS: nobody but this very host can have set it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from http.cookies import Morsel, SimpleCookie

import pytest
from httpx import ASGITransport, AsyncClient, Response

from fixtures.application import SettingsFactory
from fixtures.builders import Builders
from fixtures.clients import PASSWORD
from suites.integration.web.browsing import HEADERS, address_of, is_logged_in, log_in
from sut.app import Service
from sut.settings import Settings

NAME = "__Host-session"


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    return settings_with(cookie_secure=True)


@pytest.fixture
async def browser(app: Service) -> AsyncIterator[AsyncClient]:
    """A browser that has come by TLS; without it none would send a secure cookie back."""
    transport, address = ASGITransport(app=app), "https://testserver"
    async with AsyncClient(transport=transport, base_url=address, headers=HEADERS) as made:
        yield made


@pytest.fixture
async def entered(browser: AsyncClient, build: Builders) -> Response:
    """The answer to a log-in."""
    form = {"email": address_of(await build.player()), "password": PASSWORD, "next": "/"}
    answer = await browser.post("/login", data=form)
    assert answer.status_code == 303, answer.text
    return answer


def cookie_of(answer: Response) -> Morsel[str]:
    """The one cookie that an answer sets."""
    (sent,) = answer.headers.get_list("set-cookie")
    (morsel,) = SimpleCookie(sent).values()
    return morsel


def is_taken_by_browsers(cookie: Morsel[str]) -> bool:
    """What they ask of a cookie with such a name; any other they throw away."""
    return bool(cookie["secure"]) and cookie["path"] == "/" and not cookie["domain"]


async def test_a_log_in_sets_a_cookie_that_no_sibling_domain_can_set(entered: Response) -> None:
    cookie = cookie_of(entered)
    assert cookie.key == NAME
    assert is_taken_by_browsers(cookie), cookie.OutputString()


async def test_a_log_out_takes_it_back_in_a_way_that_browsers_accept(
    browser: AsyncClient, entered: Response
) -> None:
    cookie = cookie_of(await browser.post("/logout"))
    assert (cookie.key, cookie.value, cookie["max-age"]) == (NAME, "", "0")
    assert is_taken_by_browsers(cookie), cookie.OutputString()


async def test_whoever_logs_in_by_tls_is_logged_in(browser: AsyncClient, build: Builders) -> None:
    await log_in(browser, address_of(await build.player()))
    assert await is_logged_in(browser)


async def test_the_same_session_under_a_name_that_anyone_may_set_is_nobodys(
    browser: AsyncClient, entered: Response
) -> None:
    token = cookie_of(entered).value
    browser.cookies.clear()
    for name, opens in (("session", False), ("__Secure-session", False), (NAME, True)):
        answer = await browser.get("/account", headers={"cookie": f"{name}={token}"})
        assert (answer.status_code == 200) is opens, name
