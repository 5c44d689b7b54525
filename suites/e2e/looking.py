"""Opening a page that must be the one asked for, and waiting for something inside a page.

Playwright's own `wait_for_function` evaluates a string in the page again and again, which the
pages' content security policy forbids; looking from outside does not need its leave.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from playwright.sync_api import Page, Response

from fixtures.services.waiting import NotYetError, wait_until

WITHIN_S = 30.0


def look_at(page: Page, address: str, status: int = 200) -> Response:
    """Open the page: an error, or the way to the log-in, can be looked at as well as any other."""
    answer = page.goto(address)
    assert answer is not None
    assert answer.status == status, f"{address} answers {answer.status}"
    wanted, there = (urlsplit(one).path or "/" for one in (address, page.url))
    assert there == wanted, f"{address} led to {there}"
    return answer


def wait_for(page: Page, expression: str) -> Any:
    """What `expression` is in the page, once it is neither null, false nor empty."""

    def look() -> Any:
        found = page.evaluate(expression)
        if not found:
            raise NotYetError(f"it is {found!r}")
        return found

    return wait_until(
        look,
        what=f"{page.url}: {expression}",
        within_s=WITHIN_S,
        advice="Beside the evidence stand the page, its look and a trace of what led there.",
    )
