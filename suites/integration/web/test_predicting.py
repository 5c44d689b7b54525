from __future__ import annotations

import re
from datetime import datetime, timedelta

import pytest
from httpx import AsyncClient

from fixtures.builders import HOUR, Builders
from suites.integration.clock import MOMENT, StoppedClock
from suites.integration.sql import Sql
from suites.integration.web.browsing import Visit, field_of, place_of, text_of
from sut.app import Service


async def slip(visit: Visit, match_id: int, query: str = "") -> dict[str, str]:
    """The form of a match as the page has it, its hidden fields filled in."""
    shown = await visit.browser.get(f"/predictions{query}")
    action = f"/predictions/{match_id}"
    names = ("version", "idempotency_key", "after", "home_goals", "away_goals")
    return {name: field_of(shown, name, action) for name in names}


async def test_a_prediction_is_made_then_changed_from_what_the_page_shows(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    address = f"/predictions/{match.id}"

    form = await slip(visit, match.id)
    made = await visit.browser.post(address, data={**form, "home_goals": "2", "away_goals": "1"})
    form = await slip(visit, match.id)
    changed = await visit.browser.post(address, data={**form, "away_goals": "3"})

    assert place_of(made) == f"/predictions?done=created#match-{match.id}"
    assert (form["home_goals"], form["away_goals"]) == ("2", "1")
    assert place_of(changed) == f"/predictions?done=changed#match-{match.id}"
    assert await sql.row("select home_goals, away_goals from predictions") == {
        "home_goals": 2,
        "away_goals": 3,
    }


@pytest.mark.parametrize(
    "wrong",
    [
        {"home_goals": "two"},
        {"home_goals": ""},
        {"away_goals": "21"},
        {"away_goals": "-1"},
        {"home_goals": "\u0662"},
        {"version": "1e3"},
        {"idempotency_key": "short"},
    ],
    ids=str,
)
async def test_what_is_no_score_is_refused_and_what_was_typed_stays(
    visit: Visit, build: Builders, sql: Sql, wrong: dict[str, str]
) -> None:
    match = await build.match()
    form = {**await slip(visit, match.id), "home_goals": "2", "away_goals": "1", **wrong}

    answer = await visit.browser.post(f"/predictions/{match.id}", data=form)

    assert answer.status_code == 422
    typed = field_of(answer, "home_goals", f"/predictions/{match.id}")
    assert typed == form["home_goals"]
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_page_that_is_stale_changes_nothing(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    address = f"/predictions/{match.id}"
    first_tab = {**await slip(visit, match.id), "home_goals": "1", "away_goals": "1"}
    second_tab = {**await slip(visit, match.id), "home_goals": "4", "away_goals": "4"}
    assert place_of(await visit.browser.post(address, data=first_tab))

    again = await visit.browser.post(address, data=second_tab)
    older = {**await slip(visit, match.id), "version": "7"}
    stale = await visit.browser.post(address, data=older)

    assert again.status_code == 409
    assert "The slip below says what is saved" in text_of(again)
    assert stale.status_code == 412
    assert await sql.row("select home_goals, away_goals from predictions") == {
        "home_goals": 1,
        "away_goals": 1,
    }


async def test_a_change_of_what_was_never_made_is_refused(visit: Visit, build: Builders) -> None:
    match = await build.match()
    form = {**await slip(visit, match.id), "version": "1", "home_goals": "1", "away_goals": "1"}

    answer = await visit.browser.post(f"/predictions/{match.id}", data=form)

    assert answer.status_code == 412
    assert "Another tab or device has saved something else" in text_of(answer)


async def test_a_prediction_after_kick_off_is_refused(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    form = {**await slip(visit, match.id), "home_goals": "1", "away_goals": "1"}
    await build.kick_off_in(match, timedelta(seconds=-1))

    answer = await visit.browser.post(f"/predictions/{match.id}", data=form)

    assert answer.status_code == 409
    assert "Predictions close at kick-off. Nothing was changed." in text_of(answer)
    assert await sql.value("select count(*) from predictions") == 0


async def test_what_became_of_earlier_predictions_is_shown(visit: Visit, build: Builders) -> None:
    home, away = await build.team("Reds"), await build.team("Blues")
    played = await build.finished_match(2, 1, home=home, away=away)
    await build.prediction(visit.player, played, 3, 0)

    assert "Reds \u2013 Blues" in text_of(await visit.browser.get("/predictions"))
    assert "3 : 0 2 : 1" in text_of(await visit.browser.get("/predictions"))


async def test_what_others_predict_is_on_nobodys_page_but_theirs(
    visit: Visit, build: Builders
) -> None:
    ahead, played = await build.match(), await build.finished_match(2, 1)
    for _ in range(2):
        other = await build.player()
        await build.prediction(other, ahead, 17, 19)
        await build.prediction(other, played, 13, 11)

    form = await slip(visit, ahead.id)
    shown = await visit.browser.get("/predictions")

    assert (form["home_goals"], form["away_goals"]) == ("", "")
    assert shown.text.count(f'action="/predictions/{ahead.id}') == 1
    assert "13 : 11" not in text_of(shown)


async def test_later_matches_are_a_page_away_and_a_form_comes_back_to_its_page(
    visit: Visit, build: Builders
) -> None:
    home, away = await build.team(), await build.team()
    matches = [
        await build.match(kick_off=HOUR * number, home=home, away=away) for number in range(1, 27)
    ]
    first = await visit.browser.get("/predictions")
    link = first.text.partition('href="/predictions?after=')[2].partition('"')[0]
    query = f"?after={link}"
    form = {**await slip(visit, matches[-1].id, query), "home_goals": "1", "away_goals": "0"}
    done = await visit.browser.post(f"/predictions/{matches[-1].id}", data=form)

    assert f'id="match-{matches[23].id}"' in first.text
    assert f'id="match-{matches[24].id}"' not in first.text
    assert place_of(done) == f"/predictions{query}&done=created#match-{matches[-1].id}"
    assert "Later matches" not in text_of(await visit.browser.get(f"/predictions{query}"))


async def test_a_cursor_of_somewhere_else_is_refused_as_a_page(visit: Visit) -> None:
    answer = await visit.browser.get("/predictions?after=nonsense")

    assert answer.status_code == 422
    assert "Start again from the top." in text_of(answer)


async def test_a_form_that_leads_back_to_nowhere_saves_nothing_and_says_so(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    form = {**await slip(visit, match.id), "home_goals": "2", "away_goals": "1"}

    answer = await visit.browser.post(f"/predictions/{match.id}", data={**form, "after": "x"})

    assert answer.status_code == 422
    assert "Start again from the top." in text_of(answer)
    assert await sql.value("select count(*) from predictions") == 0


async def test_a_form_whose_session_has_ended_leads_to_the_log_in(
    browser: AsyncClient, build: Builders
) -> None:
    match = await build.match()

    answer = await browser.post(f"/predictions/{match.id}", data={"home_goals": "1"})

    assert place_of(answer) == "/login?next=%2Fpredictions"


async def test_a_match_that_no_number_names_is_a_page_too(visit: Visit) -> None:
    answer = await visit.browser.post("/predictions/first", data={})

    assert answer.status_code == 422
    assert "text/html" in answer.headers["content-type"]


async def test_a_match_that_has_kicked_off_has_no_open_slip(visit: Visit, build: Builders) -> None:
    begun, ahead = await build.match(kick_off=-HOUR), await build.match()
    shown = (await visit.browser.get("/predictions")).text
    assert f"/predictions/{ahead.id}" in shown
    assert f"/predictions/{begun.id}" not in shown


async def test_the_page_counts_down_by_the_clock_that_closes_predictions(
    clock: StoppedClock, visit: Visit
) -> None:
    for moment in (MOMENT, MOMENT + HOUR):
        shown = await visit.browser.get("/predictions")
        told = re.search(r'data-now="([^"]+)"', shown.text)
        assert told
        assert datetime.fromisoformat(told[1]) == moment
        await clock.move(HOUR)


async def test_a_prediction_by_the_page_is_counted_with_those_of_the_api(
    app: Service, visit: Visit, build: Builders
) -> None:
    match = await build.match()
    address = f"/predictions/{match.id}"
    empty = {**await slip(visit, match.id), "home_goals": "2", "away_goals": "1"}
    await visit.browser.post(address, data=empty)
    saved = {**await slip(visit, match.id), "away_goals": "3"}
    for form in (saved, saved, empty | {"idempotency_key": "another-tabs"}):
        await visit.browser.post(address, data=form)

    registry = app.state.platform.metrics.registry
    outcomes = ("created", "changed", "precondition-failed", "already-predicted")
    counted = [registry.get_sample_value("predictions_total", {"outcome": one}) for one in outcomes]
    assert counted == [1, 1, 1, 1]


async def test_the_request_of_a_form_stands_in_the_audit_row(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    match = await build.match()
    done = [await visit.browser.post("/account/name", data={"display_name": "Ada L."})]
    address = f"/predictions/{match.id}"
    for goals in ("1", "2"):
        page = await visit.browser.get("/predictions")
        form = {"home_goals": goals, "away_goals": "0"}
        form |= {one: field_of(page, one, address) for one in ("version", "idempotency_key")}
        done.append(await visit.browser.post(address, data=form))
    done.append(await visit.browser.post("/account/sessions/end"))
    told = await sql.column("select request_id from audit_rows order by id")
    assert told[-4:] == [answer.headers["x-request-id"] for answer in done]
