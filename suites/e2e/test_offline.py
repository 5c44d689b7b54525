"""The last seen fixtures stay readable when the service can no longer be reached."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import NewContext
from fixtures.live import LiveService
from suites.e2e.line import Line, line_to
from suites.e2e.looking import wait_for
from suites.e2e.people import Person, register, someone

pytestmark = pytest.mark.objective("web-offline")

KEPT = "caches.match('/').then((kept) => kept ? kept.text() : '')"


@pytest.fixture
def line(live_service: LiveService) -> Iterator[Line]:
    """This test's own way to the service."""
    with line_to(live_service.url) as whole:
        yield whole


def visit(new_context: NewContext, line: Line, person: Person | None = None) -> Page:
    """See the fixtures, logged in or not, until the service worker has kept them."""
    page = new_context(base_url=line.url).new_page()
    page.goto("/")
    wait_for(page, "navigator.serviceWorker.controller !== null")
    if person is not None:
        register(page, person)
        expect(page.get_by_role("banner")).to_contain_text(person.name)
    wait_for(page, KEPT)
    return page


def test_without_a_network_the_last_seen_fixtures_are_shown_and_say_so(
    new_context: NewContext, line: Line
) -> None:
    page = visit(new_context, line)
    expect(page.get_by_text("You are offline")).to_be_hidden()
    seen = page.locator(".side").all_inner_texts()
    assert len(seen) > 2, "a seeded season has matches this week"
    line.cut()
    page.goto("/")
    expect(page.get_by_text("You are offline")).to_be_visible()
    assert page.locator(".side").all_inner_texts() == seen
    assert page.evaluate("document.styleSheets[0].cssRules.length") > 10, "the style is kept too"


def test_without_a_network_other_pages_lead_to_the_kept_fixtures(
    new_context: NewContext, line: Line
) -> None:
    page = visit(new_context, line)
    line.cut()
    page.goto("/leaderboard")
    expect(page.get_by_role("heading", level=1)).to_have_text("Fixtures")
    expect(page.get_by_text("You are offline")).to_be_visible()


def test_what_is_kept_holds_nothing_of_the_person_who_looked(
    new_context: NewContext, line: Line
) -> None:
    person = someone()
    page = visit(new_context, line, person)
    page.goto("/")
    page.goto("/account")
    kept = page.evaluate(KEPT)
    assert "Fixtures" in kept
    assert person.name not in kept
    assert "Log out" not in kept
    names = page.evaluate(
        """async () => { const paths = (keys) => keys.map((one) => new URL(one.url).pathname);
        const kept = (await caches.keys()).map(async (name) => (await caches.open(name)).keys());
        return (await Promise.all(kept)).flatMap(paths); }"""
    )
    assert sorted(set(names)) == ["/", "/static/icon.svg", "/static/site.css", "/static/site.js"]
