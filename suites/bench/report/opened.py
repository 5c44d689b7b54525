"""A page as a browser finds it: how large it is, how long it takes to open, what it asks for."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import axe_playwright_python

from fixtures.browser import open_browser

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Request, ViewportSize

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
TIMES = 5
LONGEST_MS = 180_000  # pages of other tools take seconds on a machine that is free
# A page is open when its words have been laid out and painted, and not before its scripts ran.
PAINTED = """() => new Promise((done) => requestAnimationFrame(() => setTimeout(() =>
  done(performance.now()))))"""
WHOLE: ViewportSize = {"width": 1440, "height": 900}
ZOOMED: ViewportSize = {"width": 720, "height": 450}  # as at 200 %


@dataclass(frozen=True)
class Opened:
    """`seconds` is the median of several times; `rules` are axe's that any way of looking broke."""

    bytes: int
    seconds: float
    elements: int
    requests: int
    rules: tuple[str, ...]


@contextmanager
def chromium(folder: Path) -> Iterator[Browser]:
    """A browser without a window, gone afterwards."""
    with open_browser(folder) as browser:
        yield browser


def opened(browser: Browser, page: Path, *, every_way: bool = True) -> Opened:
    """Open a page several times, then look at it, `every_way` also dark and twice as large."""
    visits = [_visit(browser, page) for _ in range(TIMES)]
    schemes: tuple[Literal["light", "dark"], ...] = ("light", "dark") if every_way else ("light",)
    sizes = (WHOLE, ZOOMED) if every_way else (WHOLE,)
    rules = {rule for scheme in schemes for size in sizes
             for rule in _broken(browser, page, scheme, size)}  # fmt: skip
    return Opened(
        page.stat().st_size,
        statistics.median(seconds for seconds, _, _ in visits),
        max(elements for _, elements, _ in visits),
        max(requests for _, _, requests in visits),
        tuple(sorted(rules)),
    )


def _visit(browser: Browser, page: Path) -> tuple[float, int, int]:
    """Open once: seconds until its words are painted, elements, requests that left the disk."""
    context = browser.new_context(viewport=WHOLE)
    tab, away = context.new_page(), []

    def note(request: Request) -> None:
        if not request.url.startswith(("file:", "data:", "blob:")):
            away.append(request.url)

    tab.on("request", note)
    tab.goto(page.as_uri(), wait_until="load", timeout=LONGEST_MS)
    seconds = tab.evaluate(PAINTED) / 1000
    elements = tab.evaluate("document.querySelectorAll('*').length")
    context.close()
    return seconds, elements, len(away)


def _broken(
    browser: Browser, page: Path, scheme: Literal["light", "dark"], size: ViewportSize
) -> list[str]:
    context = browser.new_context(viewport=size, color_scheme=scheme)
    tab = context.new_page()
    tab.goto(page.as_uri(), wait_until="load", timeout=LONGEST_MS)
    tab.evaluate(AXE.read_text("utf-8"))
    found = tab.evaluate("async () => (await axe.run()).violations.map((rule) => rule.id)")
    context.close()
    return list(found)
