"""The release manager's page, used: by keyboard, without script, on paper, narrow, dark."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from reports.evidence import Check, LayerEvidence, Measurement, Series
from reports.render.charts import MOST_OPEN
from reports.render.html import HtmlRenderer
from suites.framework.reports.render.browsing import Desk, chromium, violations
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import check, good_layers, instead, layer, measured

pytestmark = pytest.mark.asyncio(loop_scope="module")
expect.set_options(timeout=20_000)  # patience, not a measure of speed
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1440, "height": 900}
HOSTILE = (
    "</script></pre><script>alert(1)</script><img src=x onerror=alert(1)>\"'`",
    "x" * 1_000_000,
    "\N{RIGHT-TO-LEFT OVERRIDE}gnirts\N{RIGHT-TO-LEFT OVERRIDE} \N{ARABIC LETTER ALEF}" * 5,
    "\x00\x01\x07\x1b[2J\x7f\x85 \ud800".encode("utf-8", "replace").decode(),
    "{{ 7 * 7 }} {% raw %} ${7*7} <!-- ",
)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as opened:
        yield opened


@pytest.fixture
def desk(browser: Browser, tmp_path: Path) -> Desk:
    return Desk(browser, tmp_path)


def failing_layers(tests: int = 90) -> list[LayerEvidence]:
    """Two causes of failures among many tests; endpoints under load."""
    checks: list[Check] = [check(f"passes_{n}", layer="unit") for n in range(tests)]
    checks += [
        check(f"fails_{n}", "failed", "right", message=f"expected 200, found {400 + n}",
              detail="x.py:3\n> assert", repeat=f"nox -s unit -- -k fails_{n}")
        for n in range(8)
    ]  # fmt: skip
    checks.append(check("slow", "error", message="no answer", seconds=3.0))
    endpoints = [
        Measurement(metric=f"http_latency_{p}_ms", value=value, unit="ms", samples=10, low=value,
                    high=value + 1, dimensions={"scenario": "mix", "endpoint": endpoint})
        for endpoint, value in (("GET /b", 30.0), ("GET /a", 10.0), ("GET /c", 20.0))
        for p in ("p50", "p95", "p99")
    ]  # fmt: skip
    return instead(
        good_layers(),
        layer("unit", *checks, exit_status=1),
        layer("load", measured(150, samples=9000, low=145, high=155), *endpoints),
    )


def failing_page() -> str:
    return HtmlRenderer().render(view(failing_layers()))


def good_page() -> str:
    return HtmlRenderer().render(good_view())


# --- quiet -------------------------------------------------------------------------------------


async def test_a_page_asks_nobody_for_anything_and_its_script_runs_without_an_error(
    desk: Desk,
) -> None:
    async with desk.open(good_page()) as (page, seen):
        await page.locator("#tests h2").scroll_into_view_if_needed()
        await expect(page.locator("#results .row").first).to_be_visible()
        assert seen.trouble == []


# --- without script ----------------------------------------------------------------------------


async def test_all_text_can_be_read_without_javascript(desk: Desk) -> None:
    async with desk.open(failing_page(), java_script_enabled=False) as (page, seen):
        await expect(page.get_by_role("heading", level=1)).to_contain_text("NO-GO")
        await expect(page.get_by_role("searchbox")).to_have_count(0)
        row = page.locator("#fast")
        await row.locator("summary").click()
        await expect(row).to_contain_text("interval 145 to 155 ms")
        await expect(page.locator("#failures")).to_contain_text("found 400")
        await expect(page.locator("#failures code.todo").first).to_be_visible()
        await expect(page.locator("table")).to_contain_text("GET /a")
        assert seen.trouble == []


@pytest.mark.parametrize(
    "policy",
    ["script-src 'none'", "default-src 'none'", "sandbox; default-src 'none'; style-src 'self'"],
)
async def test_the_text_stands_where_a_server_forbids_scripts(policy: str, desk: Desk) -> None:
    async with desk.open(failing_page(), policy=policy) as (page, seen):
        await expect(page.get_by_role("heading", level=1)).to_contain_text("NO-GO")
        await expect(page.locator("#failures pre").first).to_be_visible()
        for words in ("expected 200, found 400", "limit < 200 ms", "interval 145 to 155 ms"):
            assert words in str(await page.locator("body").text_content())
        assert await page.evaluate("document.querySelector('form').hidden")
        assert seen.requests == []


# --- keyboard ----------------------------------------------------------------------------------


async def test_everything_can_be_done_from_the_keyboard(desk: Desk) -> None:
    async with desk.open(failing_page(), viewport=DESK) as (page, _):
        await page.keyboard.press("Tab")
        assert await focused(page) == "To the objectives"
        await page.keyboard.press("/")
        await page.keyboard.type("s:failed fails_3")
        hits = page.locator("#results .row")
        await expect(hits).to_have_count(1)
        await expect(page.get_by_role("status")).to_contain_text("1 of ")
        for _ in range(20):
            await page.keyboard.press("Tab")
            if "fails_3" in await focused(page):
                break
        await page.keyboard.press("Enter")
        await expect(hits).to_contain_text("nox -s unit -- -k fails_3")
        await page.keyboard.press("Escape")
        await expect(page.locator("#objectives")).to_be_visible()


async def focused(page: Page) -> str:
    return str(await page.evaluate("document.activeElement.textContent"))


async def test_the_focus_can_be_seen(desk: Desk) -> None:
    async with desk.open(good_page()) as (page, _):
        await page.keyboard.press("Tab")
        await page.keyboard.press("Tab")
        outline = await page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline == "solid"


# --- search, filters, the address --------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "amount"),
    [
        ("s:failed", 8), ("s:error", 1), ("layer:unit s:failed -fails_3", 7), ("t:>1", 1),
        ("@right s:failed", 8), ("kind:objective s:missed", 2),
        ('"no answer" s:error', 1), ("nonsense", 0),
    ],
)  # fmt: skip
async def test_a_question_in_the_address_is_answered(asked: str, amount: int, desk: Desk) -> None:
    async with desk.open(failing_page(), at=f"#q={asked.replace(' ', '+')}") as (page, seen):
        await expect(page.get_by_role("status")).to_contain_text(f"{amount} of ")
        await expect(page.locator("#results .row")).to_have_count(amount)
        await expect(page.get_by_role("searchbox")).to_have_value(asked)
        assert seen.trouble == []


async def test_a_test_that_is_found_links_only_attachments_of_the_run(desk: Desk) -> None:
    names = ("//evil.example/x.png", "attachments/../../x", "attachments/unit/a b.png")
    failed = check("a", "failed", message="m", attachments=names)
    made = HtmlRenderer().render(view(instead(good_layers(), layer("unit", failed))))
    async with desk.open(made, at="#q=s:failed") as (page, seen):
        hit = page.locator("#results .row")
        await hit.locator("summary").click()
        for name in names:
            await expect(hit.locator(".full")).to_contain_text(name)
        links = await hit.locator("a").evaluate_all("all => all.map((a) => a.getAttribute('href'))")
        assert [link for link in links if not link.startswith("#")] == [
            "attachments/unit/a%20b.png"
        ]
        assert seen.trouble == []


async def test_a_filter_is_kept_in_the_address_and_outlives_a_reload(desk: Desk) -> None:
    async with desk.open(failing_page(), at="#tests") as (page, _):
        chip = page.get_by_role("button", name="s:failed")
        await chip.click()
        await expect(page.locator("#results .row")).to_have_count(8)
        assert page.url.endswith("#q=s%3Afailed")
        await page.reload()
        await expect(chip).to_have_attribute("aria-pressed", "true")
        await expect(page.locator("#results .row")).to_have_count(8)
        await chip.click()
        await expect(page.locator("#objectives")).to_be_visible()


async def test_rows_are_made_as_they_are_asked_for(desk: Desk) -> None:
    async with desk.open(failing_page(), at="#q=kind:test") as (page, _):
        await expect(page.locator("#results .row")).to_have_count(40)
        await page.get_by_role("button", name="Show 40 more").click()
        await expect(page.locator("#results .row")).to_have_count(80)


async def test_a_link_to_an_objective_opens_it(desk: Desk) -> None:
    async with desk.open(good_page(), at="#fast") as (page, _):
        await expect(page.locator("#fast")).to_have_attribute("open", "")
        await expect(page.locator("#fast .full")).to_be_visible()


async def test_endpoints_are_sorted_by_any_column_and_the_address_remembers(desk: Desk) -> None:
    async with desk.open(failing_page()) as (page, _):
        first = page.locator("table tbody tr td:first-child")
        await page.get_by_role("button", name="p95").click()
        await expect(first).to_have_text(["GET /b (mix)", "GET /c (mix)", "GET /a (mix)"])
        await page.get_by_role("button", name="p95").click()
        await expect(first).to_have_text(["GET /a (mix)", "GET /c (mix)", "GET /b (mix)"])
        await page.reload()
        await expect(first).to_have_text(["GET /a (mix)", "GET /c (mix)", "GET /b (mix)"])


async def test_a_chart_becomes_one_that_zooms_when_it_is_seen(desk: Desk) -> None:
    async with desk.open(good_page(), viewport={"width": 900, "height": 400}) as (page, seen):
        await expect(page.locator("figure svg.chart")).to_have_count(1)
        await page.locator("#load").scroll_into_view_if_needed()
        await expect(page.locator("figure canvas")).to_have_count(1)
        assert seen.trouble == []


# Columns of the plot that hold the first line's colour, as runs of neighbours: [from, to] in shares
# of all columns from the first to the last of them.
INKED = """(figure) => {
  const canvas = figure.querySelector("canvas"), { width, height } = canvas;
  const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
  const hex = getComputedStyle(document.documentElement).getPropertyValue("--s0").trim();
  const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
  const inked = [...Array(width).keys()].filter((x) => [...Array(height).keys()].some((y) =>
    wanted.every((part, i) => Math.abs(data[4 * (y * width + x) + i] - part) < 40)));
  const runs = [];
  for (const x of inked) {
    if (runs.length && x - runs.at(-1)[1] <= 2) runs.at(-1)[1] = x; else runs.push([x, x]);
  }
  const all = inked.at(-1) - inked[0];
  return runs.map((run) => run.map((x) => (x - inked[0]) / all));
}"""


async def test_a_chart_that_zooms_shows_seconds_without_a_value_as_a_gap(desk: Desk) -> None:
    """One value stands alone in the middle of the outage, and is seen."""
    seconds = [*range(40), 50, *range(60, 101)]
    line = Series(metric="m", unit="ms", points=tuple((float(at), 5.0) for at in seconds))
    made = HtmlRenderer().render(view(instead(good_layers(), layer("load", measured(150), line))))
    async with desk.open(made, viewport=DESK, color_scheme="light") as (page, seen):
        await page.locator("#load").scroll_into_view_if_needed()
        await expect(page.locator("figure canvas")).to_have_count(1)
        runs: list[list[float]] = []
        while not runs:  # the canvas is there before the line is drawn on it
            runs = await page.locator("figure").evaluate(INKED)
        (_, outage), (alone, _), (again, _) = runs
        assert (outage, alone, again) == pytest.approx((0.39, 0.5, 0.6), abs=0.01)
        assert seen.trouble == []


async def test_further_charts_wait_in_a_closed_row_and_are_drawn_once_it_is_opened(
    desk: Desk,
) -> None:
    points = ((0.0, 1.0), (1.0, 2.0))
    many = [
        Series(metric=f"m{number}", unit="ms", points=points) for number in range(MOST_OPEN + 2)
    ]
    load = layer("load", *many)
    evidence = [load if item.layer == "load" else item for item in good_layers()]
    text = HtmlRenderer().render(view(evidence))
    async with desk.open(text) as (page, seen):
        await expect(page.locator("figure")).to_have_count(MOST_OPEN)
        await page.locator("details.more summary").click()
        await page.locator("details.more figure").last.scroll_into_view_if_needed()
        await expect(page.locator("details.more figure canvas")).to_have_count(2)
        assert seen.trouble == []
    async with desk.open(text, java_script_enabled=False) as (page, _):
        await expect(page.locator("figure svg.chart")).to_have_count(MOST_OPEN + 2)


# --- screens and paper -------------------------------------------------------------------------


@pytest.mark.parametrize("viewport", [PHONE, DESK], ids=["360 px", "1440 px"])
@pytest.mark.parametrize("make", [good_page, failing_page], ids=["good", "failing"])
async def test_nothing_is_wider_than_the_screen(
    viewport: dict[str, int], make: object, desk: Desk
) -> None:
    assert callable(make)
    async with desk.open(make(), viewport=viewport) as (page, _):
        await page.evaluate("document.querySelectorAll('details').forEach((d) => d.open = true)")
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= viewport["width"]


async def test_it_prints_with_the_verdict_first_and_without_what_paper_cannot_do(
    desk: Desk,
) -> None:
    async with desk.open(failing_page()) as (page, _):
        await page.emulate_media(media="print")
        await expect(page.get_by_role("heading", level=1)).to_be_visible()
        await expect(page.locator("nav")).to_be_hidden()
        await expect(page.locator("#failures pre").first).to_be_visible()
        paper = await page.pdf(format="A4")
        assert paper.startswith(b"%PDF-")
        assert paper.count(b"/Type /Page\n") + paper.count(b"/Type /Page ") >= 2


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    "viewport", [DESK, {"width": 720, "height": 450}, PHONE], ids=["whole", "at 200 %", "phone"]
)
async def test_axe_finds_nothing(scheme: str, viewport: dict[str, int], desk: Desk) -> None:
    """At 200 % a screen of 1440 by 900 is laid out in half of that."""
    for text in (failing_page(), HtmlRenderer().render(bad_view())):
        async with desk.open(text, viewport=viewport, color_scheme=scheme) as (page, _):
            await page.locator("#tests h2").scroll_into_view_if_needed()
            await expect(page.locator("#results .row").first).to_be_visible()
            await page.evaluate(
                "document.querySelectorAll('details').forEach((d) => d.open = true)"
            )
            assert await violations(page) == []


# --- hostile words -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text", HOSTILE, ids=["markup", "a megabyte", "right to left", "control", "templates"]
)
async def test_what_a_producer_says_is_text_and_nothing_else(text: str, desk: Desk) -> None:
    made = HtmlRenderer().render(bad_view(text))
    assert len(made) < 500_000
    async with desk.open(made, at="#q=s:failed", viewport=DESK) as (page, seen):
        await page.locator("#results .row summary").first.click()
        await expect(page.locator("#results .full").first).to_be_visible()
        assert await page.locator("img").count() == 0
        assert await page.locator("script").count() == 2
        assert await page.evaluate("document.documentElement.scrollWidth") <= DESK["width"]
        assert seen.trouble == []


async def test_words_that_run_from_right_to_left_turn_nothing_beside_them(desk: Desk) -> None:
    text = "\N{RIGHT-TO-LEFT OVERRIDE}evil"
    async with desk.open(HtmlRenderer().render(bad_view(text)), at="#q=s:failed") as (page, _):
        row = page.locator("#results .row summary").first
        name, note = row.locator("bdi"), row.locator(".small")
        name_box, note_box = await name.bounding_box(), await note.bounding_box()
        assert name_box is not None
        assert note_box is not None
        assert name_box["x"] + name_box["width"] <= note_box["x"]
