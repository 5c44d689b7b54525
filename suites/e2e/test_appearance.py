"""Readable in light and dark, on a phone, by keyboard and by a screen reader."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import NewContext
from fixtures.evidence import Evidence
from fixtures.live import LiveService
from suites.e2e.entering import Door
from suites.e2e.looking import look_at
from sut.web.pages import PageRoute
from sut.web.routes import router

NOWHERE = "/nowhere"
VISITOR_PAGES = ("/", "/login", "/register", "/leaderboard", NOWHERE)
PLAYER_PAGES = ("/", "/predictions", "/leaderboard", "/account")
STATUS = {NOWHERE: 404}
PHONE = {"width": 360, "height": 740}

# Every piece of text that is shown, against the nearest ground below it (WCAG 2.2, 1.4.3).
LOW_CONTRAST = """() => {
  const parse = (colour) => { const [r, g, b, a = 1] = colour.match(/[\\d.]+/g).map(Number);
    return {r, g, b, a}; };
  const light = ({r, g, b}) => { const [x, y, z] = [r, g, b].map((v) => { v /= 255;
    return v <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4; });
    return .2126 * x + .7152 * y + .0722 * z; };
  const over = (top, below) => ({r: top.r * top.a + below.r * (1 - top.a),
    g: top.g * top.a + below.g * (1 - top.a), b: top.b * top.a + below.b * (1 - top.a), a: 1});
  const ground = (element) => { const layers = [];
    for (let e = element; e; e = e.parentElement) layers.push(
      parse(getComputedStyle(e).backgroundColor));
    return layers.reverse().reduce((below, layer) => over(layer, below),
      {r: 255, g: 255, b: 255, a: 1}); };
  const faults = [];
  let judged = 0;
  for (const element of document.body.querySelectorAll("*")) {
    const text = [...element.childNodes].filter((n) => n.nodeType === 3)
      .map((n) => n.data.trim()).join("");
    const style = getComputedStyle(element);
    if (!text || !element.checkVisibility({visibilityProperty: true})
      || element.matches(".hidden, .hidden *, :disabled, .skip")) continue;
    judged += 1;
    const below = ground(element), a = light(over(parse(style.color), below)), b = light(below);
    const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
    const size = parseFloat(style.fontSize), bold = Number(style.fontWeight) >= 700;
    const needed = size >= 24 || (bold && size >= 18.66) ? 3 : 4.5;
    const name = `${element.tagName} "${text.slice(0, 30)}"`;
    if (ratio < needed) faults.push(`${name} ${ratio.toFixed(2)}`);
  }
  return {judged, faults};
}"""

UNLABELLED = """() => [...document.querySelectorAll("input:not([type=hidden]), select, textarea")]
  .filter((field) => field.checkVisibility() && !field.labels.length).map((field) => field.name)"""


def walk(page: Page, door: Door) -> Iterator[str]:
    """Every page, as a visitor first and then as a player who sees their name on it."""
    for address in VISITOR_PAGES:
        look_at(page, address, STATUS.get(address, 200))
        yield address
    person = door.enter(page)
    for address in PLAYER_PAGES:
        look_at(page, address)
        expect(page.get_by_role("banner")).to_contain_text(person.name)
        yield address


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_text_stands_out_from_its_ground(
    new_context: NewContext, live_service: LiveService, door: Door, scheme: Literal["light", "dark"]
) -> None:
    page = new_context(base_url=live_service.url, color_scheme=scheme).new_page()
    for address in walk(page, door):
        seen = page.evaluate(LOW_CONTRAST)
        assert seen["judged"] > 5, f"{address}: hardly any text was found to judge"
        assert not seen["faults"], f"{address} in {scheme}: {seen['faults']}"


def test_the_two_colour_schemes_differ(new_context: NewContext, live_service: LiveService) -> None:
    grounds = set()
    for scheme in ("light", "dark"):
        page = new_context(base_url=live_service.url, color_scheme=scheme).new_page()
        page.goto("/")
        grounds.add(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert len(grounds) == 2


def test_no_page_is_wider_than_a_phone(
    new_context: NewContext, live_service: LiveService, door: Door
) -> None:
    page = new_context(base_url=live_service.url, viewport=PHONE).new_page()
    for address in walk(page, door):
        width = page.evaluate("document.documentElement.scrollWidth")
        assert width <= PHONE["width"], f"{address} is {width} px wide"


def test_every_page_has_one_heading_landmarks_and_labels(page: Page, door: Door) -> None:
    for address in walk(page, door):
        assert page.get_by_role("main").count() == 1, address
        assert page.get_by_role("banner").count() == 1, address
        assert page.get_by_role("navigation", name="Main").count() == 1, address
        assert page.get_by_role("heading", level=1).count() == 1, address
        assert page.evaluate(UNLABELLED) == [], address
        assert page.locator("html").get_attribute("lang") == "en", address
        assert len(page.title()) > len(" · SoccerAI"), address


@pytest.mark.objective("sec-input")
def test_every_page_is_reached_and_none_breaks_its_content_security_policy(
    page: Page, door: Door, evidence: Evidence
) -> None:
    reached = set()
    for address in walk(page, door):
        answer = page.reload()
        assert answer is not None
        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy, policy
        reached.add(address)
    with page.expect_download():
        page.get_by_role("link", name="Export everything").click()
    reached.add("/account/export")
    assert page.request.get("/service-worker.js").ok
    reached.add("/service-worker.js")
    pages = {
        route.path
        for route in router.routes
        if isinstance(route, PageRoute) and "GET" in (route.methods or ()) and "{" not in route.path
    }
    missing = sorted(pages - reached)
    evidence.instrument(
        "pages_visited", len(pages & reached), total=len(pages), missing=missing, unit="pages"
    )
    assert not missing
