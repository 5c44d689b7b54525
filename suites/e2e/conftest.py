"""The browser, the admin, people who are logged in, and matches that a test has to itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import expect

from fixtures.browser import open_browser
from fixtures.live import LiveService
from fixtures.services.guard import Guard
from suites.e2e.entering import Door
from suites.e2e.people import Game, Organiser, organiser_at

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# Two cores carry a browser, workers and servers at once: patience, not a measure of speed.
expect.set_options(timeout=20_000)


@pytest.fixture(scope="package")
def browser(guard: Guard) -> Iterator[Browser]:
    """One browser for this folder's tests; it is gone before another layer's test begins."""
    with open_browser(guard.folder) as opened:
        yield opened


@pytest.fixture(scope="session")
def organiser(live_service: LiveService) -> Iterator[Organiser]:
    with organiser_at(live_service.url) as admin:
        yield admin


@pytest.fixture
def door(live_service: LiveService) -> Door:
    """`door.enter(page)`: somebody new, logged in without a form."""
    return Door(live_service)


@pytest.fixture
def game(organiser: Organiser) -> Iterator[Game]:
    """An open match of this test alone, called off afterwards unless it was played."""
    made = organiser.new_match()
    yield made
    _call_off(organiser, made)


def _call_off(organiser: Organiser, game: Game) -> None:
    status = organiser.client.get(f"/api/matches/{game.id}").json()["status"]
    if status in ("scheduled", "postponed"):
        organiser.call_off(game)
