from __future__ import annotations

import gzip
import re
from datetime import UTC, datetime, timedelta

import pytest
from httpx import AsyncClient

from fixtures.builders import HOUR, Builders
from suites.integration.sql import Sql
from suites.integration.web.browsing import Visit, address_of, log_in, place_of, text_of
from sut.matches.models import Match

DAY = 24 * HOUR


def week_of(match: Match) -> str:
    return match.kick_off.astimezone(UTC).date().isoformat()


async def test_a_week_shows_its_matches_by_day_and_no_others(
    browser: AsyncClient, build: Builders
) -> None:
    home, away = await build.team("Reds"), await build.team("Blues")
    match = await build.match(kick_off=30 * DAY, home=home, away=away)
    await build.match(kick_off=45 * DAY)

    shown = await browser.get(f"/?week={week_of(match)}")

    assert shown.status_code == 200
    assert shown.text.count('<li class="match"') == 1
    assert match.kick_off.astimezone(UTC).strftime("%H:%M") in text_of(shown)
    assert "Log in to see forecasts." in text_of(shown)


async def test_the_weeks_before_and_after_are_a_link_away(browser: AsyncClient) -> None:
    shown = await browser.get("/?week=2026-08-19")

    assert "17 August to 23 August 2026" in text_of(shown)
    assert 'href="/?week=2026-08-10"' in shown.text
    assert 'href="/?week=2026-08-24"' in shown.text
    assert "No matches this week." in text_of(shown)


@pytest.mark.parametrize("week", ["next", "2026-02-30", "0001-01-01", "9999-12-31"])
async def test_a_week_that_does_not_exist_is_refused_as_a_page(
    browser: AsyncClient, week: str
) -> None:
    answer = await browser.get(f"/?week={week}")

    assert answer.status_code == 422
    assert "text/html" in answer.headers["content-type"]


async def test_a_free_account_uses_its_three_forecasts_of_the_day(
    visit: Visit, build: Builders
) -> None:
    home, away = await build.team(), await build.team()
    matches = [await build.match(kick_off=30 * DAY, home=home, away=away) for _ in range(4)]
    week = week_of(matches[0])
    before = await visit.browser.get(f"/?week={week}")

    for match in matches[:3]:
        done = await visit.browser.post(f"/forecasts/{match.id}", data={"week": week})
        assert re.fullmatch(rf"/\?week=\d{{4}}-\d\d-\d\d#match-{match.id}", place_of(done))
    after = await visit.browser.get(f"/?week={week}")
    refused = await visit.browser.post(f"/forecasts/{matches[3].id}", data={"week": week})

    assert before.text.count('action="/forecasts/') == 4
    assert "3 left today" in text_of(before)
    assert after.text.count('action="/forecasts/') == 0
    assert "0 left today" in text_of(after)
    assert refused.status_code == 403
    assert "Those that you saw today stay open." in text_of(refused)


async def test_forecasts_of_an_earlier_day_are_neither_open_nor_counted_today(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    matches = [await build.match(kick_off=30 * DAY) for _ in range(4)]
    address = f"/?week={week_of(matches[0])}"
    for match in matches[:3]:
        await visit.browser.post(f"/forecasts/{match.id}", data={"week": week_of(match)})
    await sql.run("update forecast_views set day = day - 1")

    shown = await visit.browser.get(address)

    assert "3 left today" in text_of(shown)
    assert shown.text.count('action="/forecasts/') == 4
    today = "select count(*) from forecast_views where day = (clock_timestamp())::date"
    assert await sql.value(today) == 0


async def test_a_paid_tier_sees_every_forecast_at_once(
    browser: AsyncClient, build: Builders
) -> None:
    player = await build.player(tier="pro")
    match = await build.match(kick_off=30 * DAY)
    await log_in(browser, address_of(player))

    shown = await browser.get(f"/?week={week_of(match)}")

    assert "Log in to see forecasts" not in text_of(shown)
    assert "left today" not in text_of(shown)
    assert "%" in text_of(shown)


async def test_a_page_says_nothing_that_only_its_address_says(visit: Visit) -> None:
    for path in ("/", "/leaderboard", "/predictions", "/account"):
        made_up = await visit.browser.get(f"{path}?done=Send+your+password+to+Eve")
        ours = await visit.browser.get(f"{path}?done=name")

        assert made_up.status_code == 200
        assert "Send your password to Eve" not in text_of(made_up)
        assert "Your name is changed." in text_of(ours)


async def test_the_leaderboard_says_where_one_stands(
    visit: Visit, build: Builders, sql: Sql
) -> None:
    best = await build.player(display_name="Best")
    await sql.run("update scores set points = 9, exact_hits = 1 where account_id = %s", best.id)
    await sql.run("update scores set points = 4 where account_id = %s", visit.player.id)

    shown = text_of(await visit.browser.get("/leaderboard"))

    assert "You stand at 2 of 2, with 4 points and 0 exact scores." in shown
    assert "Ada (you)" in shown


async def test_where_one_stands_is_where_the_table_below_has_one(
    browser: AsyncClient, build: Builders, sql: Sql
) -> None:
    early, exact, also, more = [await build.player() for _ in range(4)]
    for player, points, hits in ((early, 4, 0), (exact, 4, 1), (also, 4, 1), (more, 9, 0)):
        await sql.run(
            "update scores set points = %s, exact_hits = %s, registered_at = "
            "timestamptz '2026-01-02' - %s * interval '1 day' where account_id = %s",
            points, hits, int(player is early), player.id,
        )  # fmt: skip
    for place, player in enumerate((more, exact, also, early), start=1):
        await log_in(browser, address_of(player))
        shown = text_of(await browser.get("/leaderboard"))
        assert f"You stand at {place} of 4" in shown
        assert f" {place} {player.display_name} (you)" in shown


async def test_the_leaderboard_is_open_to_visitors_a_page_at_a_time(
    browser: AsyncClient, sql: Sql
) -> None:
    await sql.run(
        """with made as (
            insert into accounts (email, display_name)
            select 'p' || n || '@example.org', 'P' || n from generate_series(1, 60) n
            returning id, created_at)
        insert into scores (account_id, points, registered_at, from_generation)
        select id, id, created_at, 0 from made"""
    )
    first = await browser.get("/leaderboard")
    link = re.search(r'rel="next" href="([^"]+)"', first.text)
    assert link
    second = await browser.get(link[1])

    assert first.text.count('<td class="rank">') == 50
    assert second.text.count('<td class="rank">') == 10
    assert 'rel="next"' not in second.text
    assert "You stand at" not in text_of(first)


async def test_a_static_file_is_kept_for_good_at_the_address_that_pages_name(
    browser: AsyncClient,
) -> None:
    page = await browser.get("/")
    address = re.search(r'"(/static/site\.css\?v=[0-9a-f]{12})"', page.text)
    assert address
    current = await browser.get(address[1])
    stale = await browser.get("/static/site.css?v=0", headers={"accept-encoding": "identity"})

    assert current.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert current.headers["content-encoding"] == "gzip"
    assert stale.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in stale.headers
    assert stale.content == current.content != gzip.compress(b"")


async def test_a_file_that_is_not_there_is_a_page_that_says_so(browser: AsyncClient) -> None:
    for address in ("/static/../settings.py", "/static/nothing.css", "/nowhere"):
        answer = await browser.get(address)
        assert answer.status_code == 404
        assert "The address may be mistyped" in text_of(answer)


async def test_the_service_worker_names_what_it_keeps(browser: AsyncClient) -> None:
    worker = await browser.get("/service-worker.js")

    assert worker.headers["content-type"] == "text/javascript; charset=utf-8"
    assert worker.headers["cache-control"] == "no-cache"
    for name in ("site.css", "site.js"):
        assert re.search(rf"/static/{re.escape(name)}\?v=[0-9a-f]{{12}}", worker.text)


async def test_today_is_a_week_too(browser: AsyncClient) -> None:
    today = datetime.now(UTC).date()
    shown = text_of(await browser.get("/"))

    mondays = [today - timedelta(days=today.weekday() + off) for off in (0, 7, -7)]
    assert any(monday.strftime("%-d %B to") in shown for monday in mondays)
