"""The watch over the browser sees what no page may do; without it a green layer says little."""

from __future__ import annotations

import pytest
from playwright.sync_api import Error, Page, expect

from fixtures.browser import Watch


def test_a_request_that_would_leave_this_machine_fails_and_is_counted(
    page: Page, watch: Watch
) -> None:
    with pytest.raises(Error, match="ERR_"):
        page.goto("http://soccerai.example/")
    with pytest.raises(Error, match="ERR_"):
        page.goto("https://192.0.2.1/")
    assert watch.outside == ["http://soccerai.example/", "https://192.0.2.1/"]
    watch.outside.clear()


def test_a_script_that_a_page_did_not_bring_is_blocked_and_counted(
    page: Page, watch: Watch
) -> None:
    page.goto("/")
    with page.expect_console_message(lambda message: "csp-violation" in message.text):
        page.evaluate(
            """() => { const script = document.createElement("script");
            script.textContent = "document.title = 'owned'"; document.head.append(script); }"""
        )
    expect(page).to_have_title("Fixtures · SoccerAI")
    assert any("script-src" in violation for violation in watch.violations), watch.violations
    watch.violations.clear()


def test_a_dialog_is_closed_and_counted(page: Page, watch: Watch) -> None:
    page.goto("/")
    page.evaluate("alert('hello')")
    assert watch.dialogs == ["alert: hello"]
    watch.dialogs.clear()


def test_a_script_that_fails_is_counted(page: Page, watch: Watch) -> None:
    page.goto("/")
    with page.context.expect_event("weberror"):
        page.evaluate("() => { setTimeout(() => { throw new Error('broken') }) }")
    assert len(watch.script_errors) == 1
    watch.script_errors.clear()
