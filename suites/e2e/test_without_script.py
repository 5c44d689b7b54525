"""Everything works in a browser that runs no script at all."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import NewContext
from fixtures.live import LiveService
from suites.e2e.entering import Door
from suites.e2e.people import Game, log_in, register, someone

READABLE_PX = 10


@pytest.fixture
def plain(new_context: NewContext, live_service: LiveService) -> Page:
    return new_context(base_url=live_service.url, java_script_enabled=False).new_page()


def test_without_script_a_person_registers_predicts_and_changes_their_mind(
    plain: Page, game: Game
) -> None:
    person = someone()
    register(plain, person)
    expect(plain.get_by_role("banner")).to_contain_text(person.name)
    plain.get_by_role("link", name="Predictions").click()
    slip = plain.locator(game.field)
    for home, away in ((1, 0), (2, 2)):
        slip.get_by_label(game.home).fill(str(home))
        slip.get_by_label(game.away).fill(str(away))
        slip.get_by_role("button").click()
        expect(slip).to_contain_text(f"Saved: {home} : {away}")


def test_without_script_the_countdown_is_the_time_of_kick_off(
    plain: Page, door: Door, game: Game
) -> None:
    door.enter(plain)
    plain.goto("/predictions")
    countdown = plain.locator(game.field).locator("time[data-countdown]")
    expect(countdown).to_be_visible()
    box = countdown.bounding_box()
    assert box, "it has no place on the page"
    assert min(box["width"], box["height"]) > READABLE_PX, f"nobody can read it: {box}"
    expect(countdown).to_have_text(f"Closes {game.kick_off:%H:%M} UTC")


def test_without_script_one_can_log_out_and_in_again(plain: Page, door: Door) -> None:
    person = door.enter(plain)
    plain.goto("/")
    plain.get_by_role("button", name="Log out").click()
    expect(plain.get_by_role("status")).to_contain_text("You are logged out")
    log_in(plain, person)
    expect(plain.get_by_role("banner")).to_contain_text(person.name)
