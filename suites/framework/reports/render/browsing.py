"""The report in a real browser: opened from a file as people do, and watched while it is used.

The asynchronous interface, since a synchronous one would keep an event loop running in the thread
of tests that need their own.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import axe_playwright_python
from playwright.async_api import Browser, Page, Route, async_playwright

from fixtures.browser import find_browser

AXE = Path(axe_playwright_python.__file__).with_name("axe.min.js")
ADDRESS = "http://127.0.0.1:1/report.html"  # nothing listens there: the answer is made up


@dataclass
class Seen:
    """What a page did that it should not: requests beside itself, errors, refusals, dialogs."""

    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    @property
    def trouble(self) -> list[str]:
        """All of it."""
        return [*self.requests, *self.errors, *self.dialogs]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window."""
    async with async_playwright() as driver:
        executable = find_browser(Path(driver.chromium.executable_path))
        flags = ["--disable-gpu", "--no-sandbox", "--renderer-process-limit=2"]
        browser = await driver.chromium.launch(executable_path=executable, args=flags)
        yield browser
        await browser.close()


@dataclass
class Desk:
    """Opens reports."""

    browser: Browser
    folder: Path

    @asynccontextmanager
    async def open(
        self, text: str, *, at: str = "", policy: str = "", **options: Any
    ) -> AsyncIterator[tuple[Page, Seen]]:
        """A report from a file; from a server that sends a content-security policy, with one."""
        path = self.folder / "report.html"
        path.write_text(text, "utf-8")
        context = await self.browser.new_context(**options)
        page, seen = await context.new_page(), Seen()
        address = ADDRESS if policy else path.as_uri()
        watch(page, seen, address)
        if policy:
            headers = {
                "content-security-policy": policy,
                "content-type": "text/html; charset=utf-8",
            }

            async def answer(route: Route) -> None:
                await route.fulfill(body=text, headers=headers)

            await page.route(ADDRESS, answer)
        await page.goto(address + at)
        yield page, seen
        await context.close()


def watch(page: Page, seen: Seen, address: str) -> None:
    """Note everything that a report must not do."""

    async def dismissed(dialog: Any) -> None:
        seen.dialogs.append(dialog.message)
        await dialog.dismiss()

    page.on("request", lambda r: None if r.url.partition("#")[0] == address
            or r.url.startswith("data:") else seen.requests.append(r.url))  # fmt: skip
    page.on("console", lambda m: seen.errors.append(m.text) if m.type == "error" else None)
    page.on("pageerror", lambda error: seen.errors.append(str(error)))
    page.on("dialog", dismissed)


async def violations(page: Page) -> list[str]:
    """What axe finds wrong with the page as it stands, rule by rule."""
    await page.evaluate(AXE.read_text("utf-8"))
    found = await page.evaluate(
        """async () => (await axe.run()).violations.map(({ id, nodes }) =>
             `${id}: ${nodes.length} x ${nodes[0].html} ${nodes[0].failureSummary}`)"""
    )
    return list(found)
