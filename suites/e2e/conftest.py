"""The admin, and matches that a test has to itself."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import expect

from fixtures.live import LiveService
from suites.e2e.people import Game, Organiser, organiser_at

# Two cores carry a browser, workers and servers at once: patience, not a measure of speed.
expect.set_options(timeout=20_000)


@pytest.fixture
def organiser(live_service: LiveService) -> Iterator[Organiser]:
    with organiser_at(live_service.url) as admin:
        yield admin


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
