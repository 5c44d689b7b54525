"""Predicting a match: the countdown, the deadline, edits at once, and the points that follow."""

from __future__ import annotations

import re
from datetime import timedelta

from playwright.sync_api import Page, expect

from suites.e2e.entering import Door
from suites.e2e.people import Game, Organiser, register, someone
from suites.e2e.turning import turn_to

CLOCK = re.compile(r"^\d\d:\d\d:\d\d$")


def predict(page: Page, game: Game, home_goals: int, away_goals: int) -> None:
    """Fill in a match's slip and send it, on whatever page of predictions is open."""
    slip = page.locator(game.field)
    slip.get_by_label(game.home).fill(str(home_goals))
    slip.get_by_label(game.away).fill(str(away_goals))
    slip.get_by_role("button").click()


def test_a_prediction_is_kept_and_shown(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    predict(page, game, 2, 1)
    expect(page.get_by_role("status").first).to_contain_text("Your prediction is saved")
    expect(page.locator(game.field)).to_contain_text("Saved: 2 : 1")
    expect(page.locator(game.field).get_by_label(game.home)).to_have_value("2")


def test_a_prediction_can_be_changed_until_kick_off(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    predict(page, game, 2, 1)
    predict(page, game, 0, 3)
    expect(page.get_by_role("status").first).to_contain_text("Your prediction is changed")
    expect(page.locator(game.field)).to_contain_text("Saved: 0 : 3")


def test_the_countdown_counts_in_place(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    countdown = page.locator(game.field).locator("time[data-countdown]")
    expect(countdown).to_have_text(CLOCK)
    first = countdown.inner_text()
    expect(countdown).not_to_have_text(first)
    expect(countdown).to_have_text(CLOCK)
    assert countdown.inner_text() < first, "a countdown goes down"


def test_a_slip_closes_by_itself_when_its_countdown_ends(
    page: Page, door: Door, game: Game
) -> None:
    door.enter(page)
    page.clock.install()
    page.goto("/predictions")
    slip = page.locator(game.field)
    expect(slip.get_by_role("button")).to_be_enabled()
    page.clock.run_for(timedelta(hours=1) // timedelta(milliseconds=1))
    expect(slip.locator("time[data-countdown]")).to_have_text("Kicked off")
    expect(slip.get_by_role("button")).to_be_disabled()
    expect(slip.get_by_label(game.home)).to_be_disabled()


def test_a_prediction_sent_after_kick_off_is_refused(
    page: Page, door: Door, game: Game, organiser: Organiser
) -> None:
    door.enter(page)
    page.goto("/predictions")
    organiser.move_kick_off(game, timedelta(seconds=-1))
    with page.expect_response("**/predictions/*") as answer:
        predict(page, game, 2, 1)
    assert answer.value.status == 409
    expect(page.get_by_role("alert")).to_contain_text("no longer takes predictions")
    expect(page.locator(game.field)).to_have_count(0)


def test_a_prediction_can_neither_be_changed_nor_is_it_offered_after_kick_off(
    page: Page, door: Door, game: Game, organiser: Organiser
) -> None:
    door.enter(page)
    page.goto("/predictions")
    predict(page, game, 2, 1)
    expect(page.locator(game.field)).to_contain_text("Saved: 2 : 1")
    organiser.move_kick_off(game, timedelta(seconds=-1))
    with page.expect_response("**/predictions/*") as answer:
        predict(page, game, 4, 4)
    assert answer.value.status == 409
    page.goto("/predictions")
    expect(page.locator("form[action^='/predictions/']").first).to_be_visible()
    expect(page.locator(f"form[action='/predictions/{game.id}']")).to_have_count(0)
    expect(page.get_by_role("row", name=game.home).filter(has_text="2 : 1")).to_have_count(1)


def test_a_score_that_cannot_be_is_refused_in_words(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    page.locator(f"{game.field} form").evaluate("form => form.noValidate = true")
    with page.expect_response("**/predictions/*") as answer:
        predict(page, game, 21, 0)
    assert answer.value.status == 422
    expect(page.get_by_role("alert")).to_contain_text("0 to 20")
    expect(page.locator(game.field)).to_contain_text("Not predicted yet")


def test_of_two_edits_at_once_the_later_one_is_told(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    predict(page, game, 1, 1)
    expect(page.locator(game.field)).to_contain_text("Saved: 1 : 1")
    other = page.context.new_page()
    other.goto("/predictions")
    predict(other, game, 2, 0)
    expect(other.locator(game.field)).to_contain_text("Saved: 2 : 0")

    with page.expect_response("**/predictions/*") as answer:
        predict(page, game, 0, 4)
    assert answer.value.status == 412
    expect(page.get_by_role("alert")).to_contain_text("It was changed in the meantime")
    expect(page.locator(game.field)).to_contain_text("Saved: 2 : 0")

    predict(page, game, 0, 4)
    expect(page.get_by_role("status").first).to_contain_text("Your prediction is changed")
    expect(page.locator(game.field)).to_contain_text("Saved: 0 : 4")


def test_a_first_prediction_in_two_tabs_is_made_once(page: Page, door: Door, game: Game) -> None:
    door.enter(page)
    page.goto("/predictions")
    other = page.context.new_page()
    other.goto("/predictions")
    predict(page, game, 1, 0)
    expect(page.locator(game.field)).to_contain_text("Saved: 1 : 0")
    with other.expect_response("**/predictions/*") as answer:
        predict(other, game, 3, 3)
    assert answer.value.status == 409
    expect(other.get_by_role("alert")).to_contain_text("There is a prediction for this match")
    expect(other.locator(game.field)).to_contain_text("Saved: 1 : 0")


def test_the_leaderboard_moves_when_a_result_is_entered(
    page: Page, game: Game, organiser: Organiser
) -> None:
    organiser.register(someone())  # there is somebody to overtake
    register(page, someone())
    page.goto("/predictions")
    predict(page, game, 2, 1)
    expect(page.locator(game.field)).to_contain_text("Saved: 2 : 1")
    before, points = own_row(page)
    assert points == 0

    organiser.move_kick_off(game, timedelta(seconds=-1))
    organiser.enter_result(game, 2, 1)

    after, points = own_row(page)
    assert points == 5
    assert after < before
    expect(page.locator("#place")).to_contain_text("5 points and 1 exact score")
    page.goto("/predictions")
    row = page.get_by_role("row", name=game.home).filter(has_text="2 : 1").first
    expect(row.locator(".points")).to_have_text("5")

    organiser.enter_result(game, 3, 2)  # corrected: the difference is right, the score is not
    corrected, points = own_row(page)
    assert points == 3
    assert after <= corrected < before


def own_row(page: Page) -> tuple[int, int]:
    """See the page of the leaderboard that one's own row is on; its rank and points."""
    turn_to(page, 'class="me"')
    cells = page.locator("tr.me").get_by_role("cell").all_inner_texts()
    return int(cells[0]), int(cells[-1])


def test_a_free_player_sees_three_forecasts_a_day_and_no_fourth(
    page: Page, door: Door, organiser: Organiser
) -> None:
    games = [organiser.new_match() for _ in range(4)]
    door.enter(page)
    page.goto(games[0].fixtures)
    for game in games[:3]:
        page.locator(game.field).get_by_role("button", name="Forecast").click()
        expect(page.locator(game.field)).to_contain_text("Draw")
    expect(page.get_by_role("button", name="Forecast")).to_have_count(0)
    expect(page.locator(games[3].field)).not_to_contain_text("Draw")
    expect(page.get_by_text("0 left today")).to_be_visible()
    for game in games:
        organiser.call_off(game)


def test_an_elite_player_sees_every_forecast_with_its_scores(
    page: Page, door: Door, game: Game, organiser: Organiser
) -> None:
    person = door.enter(page)
    organiser.promote(person.email, "elite", person.password)
    page.goto(game.fixtures)
    fixture = page.locator(game.field)
    expect(fixture).to_contain_text("Draw")
    shares = [int(text.rstrip(" %")) for text in fixture.locator("dd").all_inner_texts()]
    assert sum(shares) in range(99, 102), f"rounded shares of one whole: {shares}"
    fixture.get_by_text("Likelihood of each score").click()
    expect(fixture.get_by_role("table")).to_be_visible()
