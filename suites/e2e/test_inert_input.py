"""What people type is text on every page, whatever it looks like."""

from __future__ import annotations

from datetime import timedelta
from urllib.parse import quote

import pytest
from playwright.sync_api import Page, expect

from suites.e2e.entering import Door
from suites.e2e.people import Game, Organiser, Person, register, someone
from suites.e2e.turning import turn_to

pytestmark = pytest.mark.objective("sec-input")

PAYLOADS = (
    "<img src=x onerror=alert(1)>",
    "<script>alert(1)</script>",
    '" autofocus onfocus=alert(1) x="',
    "</title><svg onload=alert(1)>",
    "{{7*7}}{%print(1)%}",
    "javascript:alert(1)//'",
)
PAGES = ("/", "/predictions", "/leaderboard", "/account")
# What a payload would have become if a page had believed it.
ALIVE = (
    "img, svg[onload], [onerror], [onfocus], script:not([src]), iframe, [autofocus], "
    "[href^='javascript:' i], [action^='javascript:' i], [formaction^='javascript:' i]"
)


@pytest.mark.parametrize(
    "believed",
    [
        PAYLOADS[0],
        PAYLOADS[1],
        f'<input value="{PAYLOADS[2]}">',
        f"<title>{PAYLOADS[3]}</title>",
        f'<a href="{PAYLOADS[5]}">onward</a>',
        f'<form action="{PAYLOADS[5]}"></form>',
    ],
)
def test_what_a_payload_becomes_where_it_is_believed_would_be_seen(
    page: Page, believed: str
) -> None:
    found = """([html, alive]) => new DOMParser().parseFromString(html, "text/html")
        .querySelectorAll(alive).length"""
    assert page.evaluate(found, [believed, ALIVE]) > 0


def assert_inert(page: Page) -> None:
    """No element came out of text; the page's watch fails the test for any dialog."""
    expect(page.locator(ALIVE)).to_have_count(0)


def test_a_name_that_looks_like_markup_is_shown_as_it_was_typed(page: Page, door: Door) -> None:
    door.enter(page)
    name = page.get_by_label("Name on the leaderboard")
    for payload in PAYLOADS:
        page.goto("/account")
        name.fill(payload)
        page.get_by_role("button", name="Save name").click()
        expect(page.get_by_role("status")).to_contain_text("Your name is changed")
        expect(page.get_by_role("banner")).to_contain_text(payload)
        expect(name).to_have_value(payload)
        assert_inert(page)
    for address in PAGES:
        page.goto(address)
        expect(page.get_by_role("banner")).to_contain_text(PAYLOADS[-1])
        assert_inert(page)


def test_a_name_that_looks_like_markup_is_inert_on_the_leaderboard(
    page: Page, game: Game, organiser: Organiser
) -> None:
    payload = "<img src=x onerror=alert(1)>"
    register(page, Person(payload))
    page.goto("/predictions")
    slip = page.locator(game.field)
    slip.get_by_label(game.home).fill("9")
    slip.get_by_label(game.away).fill("9")
    slip.get_by_role("button").click()
    expect(slip).to_contain_text("Saved: 9 : 9")
    organiser.move_kick_off(game, timedelta(seconds=-1))
    organiser.enter_result(game, 9, 9)
    turn_to(page, 'class="me"')
    expect(page.get_by_role("row").filter(has_text=payload).first).to_be_visible()
    assert_inert(page)


@pytest.mark.parametrize(
    "address", ["/?done=", "/?week=", "/login?next=", "/leaderboard?cursor=", "/nowhere/"]
)
def test_an_address_that_holds_markup_shows_none(page: Page, address: str) -> None:
    for payload in PAYLOADS:
        page.goto(address + quote(payload, safe=""))
        expect(page.get_by_role("main")).to_be_visible()
        assert_inert(page)


def test_what_was_typed_into_a_refused_form_comes_back_as_text(page: Page) -> None:
    payload = '"><img src=x onerror=alert(1)>'
    page.goto("/login")
    page.locator("form[action='/login']").evaluate("form => form.noValidate = true")
    page.get_by_label("E-mail address").fill(payload)
    page.get_by_label("Password").fill(someone().password)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.get_by_label("E-mail address")).to_have_attribute("value", payload)
    assert_inert(page)
