"""Turning the pages of the leaderboard."""

from __future__ import annotations

import re
from html import unescape

from playwright.sync_api import Page

NEXT = re.compile(r'rel="next" href="([^"]+)"')


def turn_to(page: Page, words: str) -> None:
    """Show the first page of the leaderboard whose source holds `words`.

    From the top, by the links that lead from page to page, which is where a person would look;
    only the page that was looked for is drawn.
    """
    address = "/leaderboard"
    while words not in (source := page.request.get(address).text()):
        following = NEXT.search(source)
        assert following, f"no page of the leaderboard holds {words!r}"
        address = unescape(following[1])
    page.goto(address)
