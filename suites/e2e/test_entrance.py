"""Registering, logging in and out, in one browser and in two."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from fixtures.browser import NewContext
from fixtures.live import LiveService
from suites.e2e.entering import Door
from suites.e2e.people import log_in, register, someone

TABS_MAX = 20
HERE = re.compile(r"^http://127\.0\.0\.1:\d+/")


def test_a_new_player_is_registered_and_greeted_by_name(page: Page) -> None:
    person = someone()
    register(page, person)
    expect(page.get_by_role("status")).to_contain_text("Welcome")
    expect(page.get_by_role("banner")).to_contain_text(person.name)


def test_what_is_wrong_with_a_registration_is_said_at_its_field(page: Page) -> None:
    page.goto("/register")
    page.locator("form[action='/register']").evaluate("form => form.noValidate = true")
    page.get_by_label("Name on the leaderboard").fill("Ada")
    page.get_by_label("E-mail address").fill("nowhere")
    page.get_by_label("Password").fill("short")
    with page.expect_response("**/register") as answer:
        page.get_by_role("button", name="Create account").click()
    assert answer.value.status == 422
    expect(page.get_by_label("Password")).to_have_attribute("aria-invalid", "true")
    expect(page.get_by_label("Password")).to_have_accessible_description(
        "This is too short: at least 12 characters."
    )
    expect(page.get_by_label("E-mail address")).to_have_value("nowhere")
    expect(page.get_by_label("Password")).to_have_value("")


def test_an_address_that_is_taken_is_refused_whatever_its_case(
    page: Page, new_context: NewContext, live_service: LiveService
) -> None:
    person = someone()
    register(page, person)
    expect(page.get_by_role("status")).to_contain_text("Welcome")
    other = new_context(base_url=live_service.url).new_page()
    register(other, type(person)("Ada again", person.email.upper()))
    expect(other.get_by_role("alert")).to_contain_text("The address has an account already")


def test_a_wrong_password_is_refused_in_words_and_the_address_is_kept(page: Page) -> None:
    page.goto("/login")
    page.get_by_label("E-mail address").fill("player0001@example.org")
    page.get_by_label("Password").fill("not the password at all")
    with page.expect_response("**/login") as answer:
        page.locator("main").get_by_role("button", name="Log in").click()
    assert answer.value.status == 401
    expect(page.get_by_role("alert")).to_contain_text("Address or password is wrong")
    expect(page.get_by_label("E-mail address")).to_have_value("player0001@example.org")


def test_a_person_logs_in_with_the_keyboard_alone(page: Page, door: Door) -> None:
    person = door.enter(page)
    page.goto("/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/login")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    _tab_to(page, "email")
    page.keyboard.type(person.email)
    _tab_to(page, "password")
    page.keyboard.type(person.password)
    page.keyboard.press("Enter")
    expect(page.get_by_role("banner")).to_contain_text(person.name)


def _tab_to(page: Page, field: str) -> None:
    """Press Tab until the field has the focus; on the way, every focus must be seen."""
    for _ in range(TABS_MAX):
        page.keyboard.press("Tab")
        focus = page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
            return {id: document.activeElement.id, seen: style.outlineStyle !== "none"
              && parseFloat(style.outlineWidth) >= 2}; }"""
        )
        assert focus["seen"], f"the focus on #{focus['id'] or '?'} cannot be seen"
        if focus["id"] == field:
            return
    pytest.fail(f"{TABS_MAX} presses of Tab did not lead to #{field}")


def test_after_logging_in_a_person_is_where_they_wanted_to_be(page: Page, door: Door) -> None:
    person = door.enter(page)
    page.goto("/")
    page.get_by_role("button", name="Log out").click()
    page.goto("/account")
    expect(page).to_have_url(re.compile(r"/login\?next=%2Faccount$"))
    page.get_by_label("E-mail address").fill(person.email)
    page.get_by_label("Password").fill(person.password)
    page.locator("main").get_by_role("button", name="Log in").click()
    expect(page).to_have_url(re.compile(r"/account$"))


ELSEWHERE = (
    "https://evil.example/",
    "//evil.example/",
    "/\\evil.example",
    "/%09/evil.example",
    "javascript:alert(1)",
)


@pytest.mark.objective("sec-input")
def test_logging_in_leads_to_no_other_site(page: Page, door: Door) -> None:
    person = door.enter(page)
    page.goto("/")
    for onward in ELSEWHERE:
        page.get_by_role("button", name="Log out").click()
        page.goto(f"/login?next={onward}")
        page.get_by_label("E-mail address").fill(person.email)
        page.get_by_label("Password").fill(person.password)
        page.locator("main").get_by_role("button", name="Log in").click()
        expect(page.get_by_role("banner")).to_contain_text(person.name)
        expect(page).to_have_url(HERE)


def test_the_session_changes_at_log_in_and_the_one_before_is_worthless(
    page: Page, new_context: NewContext, live_service: LiveService
) -> None:
    person = someone()
    register(page, person)
    expect(page.get_by_role("status")).to_contain_text("Welcome")
    before = page.context.cookies()
    assert [cookie["httpOnly"] for cookie in before] == [True]
    assert [cookie["sameSite"] for cookie in before] == ["Strict"]
    thief = new_context(base_url=live_service.url)
    name, value = before[0]["name"], before[0]["value"]
    thief.add_cookies([{"name": name, "value": value, "url": live_service.url}])
    log_in_again(page, person.email, person.password)
    after = page.context.cookies()
    assert after[0]["value"] != value
    stolen = thief.new_page()
    stolen.goto("/account")
    expect(stolen).to_have_url(re.compile("/login"))


def log_in_again(page: Page, email: str, password: str) -> None:
    """Send the log-in form while still logged in, as another tab could."""
    form: dict[str, str | float | bool] = {"email": email, "password": password, "next": "/"}
    origin = page.evaluate("location.origin")
    answer = page.request.post("/login", form=form, headers={"Origin": origin})
    assert answer.ok


def test_logging_out_everywhere_ends_the_session_of_another_browser(
    page: Page, door: Door, new_context: NewContext, live_service: LiveService
) -> None:
    person = door.enter(page)
    other = new_context(base_url=live_service.url).new_page()
    door.enter(other, person)
    other.goto("/account")
    expect(other.get_by_role("banner")).to_contain_text(person.name)
    page.goto("/account")
    page.get_by_role("button", name="Log out everywhere").click()
    expect(page.get_by_role("status")).to_contain_text("logged out everywhere")
    other.goto("/account")
    expect(other).to_have_url(re.compile("/login"))


def test_another_session_is_ended_from_the_account_page(
    page: Page, door: Door, new_context: NewContext, live_service: LiveService
) -> None:
    person = door.enter(page)
    other = new_context(base_url=live_service.url).new_page()
    door.enter(other, person)
    other.goto("/account")
    expect(other.get_by_role("banner")).to_contain_text(person.name)
    page.goto("/account")
    page.get_by_role("button", name="End the session").click()
    expect(page.get_by_role("status")).to_contain_text("That session has ended")
    other.goto("/account")
    expect(other).to_have_url(re.compile("/login"))


def test_a_changed_password_is_the_one_that_counts(page: Page) -> None:
    person = someone()
    register(page, person)
    page.goto("/account")
    page.get_by_label("Current password").fill(person.password)
    page.get_by_label("New password").fill("another set of words")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_role("status")).to_contain_text("Your password is changed")
    log_in(page, person)
    expect(page.get_by_role("alert")).to_contain_text("Address or password is wrong")
    log_in(page, type(person)(person.name, person.email, "another set of words"))
    expect(page.get_by_role("banner")).to_contain_text(person.name)


def test_an_erased_person_can_no_longer_log_in(page: Page, door: Door) -> None:
    person = door.enter(page)
    page.goto("/account")
    page.get_by_text("Erase my account").click()
    erasure = page.locator("form[action='/account/erase']")
    erasure.get_by_label("Password").fill(person.password)
    erasure.get_by_role("button", name="Erase for good").click()
    expect(page.get_by_role("status")).to_contain_text("erased")
    log_in(page, person)
    expect(page.get_by_role("alert")).to_contain_text("Address or password is wrong")


def test_the_export_holds_what_the_account_page_shows(page: Page, door: Door) -> None:
    person = door.enter(page)
    page.goto("/account")
    with page.expect_download() as download:
        page.get_by_role("link", name="Export everything").click()
    assert download.value.suggested_filename == "soccerai-export.json"
    held = download.value.path().read_text(encoding="utf-8")
    assert person.email in held
    assert person.name in held


FOREIGN: tuple[dict[str, str], ...] = (
    {"Origin": "https://evil.example"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "cross-site"},
    {},
)


@pytest.mark.objective("sec-input")
def test_a_form_from_elsewhere_is_refused(page: Page, door: Door) -> None:
    person = door.enter(page)
    for headers in FOREIGN:
        form: dict[str, str | float | bool] = {"display_name": "Mallory"}
        answer = page.request.post("/account/name", form=form, headers=headers)
        assert answer.status == 403, headers
    page.goto("/account")
    expect(page.get_by_label("Name on the leaderboard")).to_have_value(person.name)
    own = {"Origin": page.evaluate("location.origin")}
    assert page.request.post("/account/name", form={"display_name": "Ada"}, headers=own).ok
    page.reload()
    expect(page.get_by_label("Name on the leaderboard")).to_have_value("Ada")
