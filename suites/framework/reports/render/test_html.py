from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from reports.render.html import HtmlRenderer, digest_of
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import (
    OTHER_TREE,
    check,
    good_layers,
    instead,
    layer,
    measured,
    objective,
    objectives,
    small,
    waiver,
)

VOID = {"meta", "link", "br", "input", "hr", "img"}
HOSTILE = "</pre></style><script>alert(1)</script>\"'&<img src=x onerror=alert(1)>"


class Page(HTMLParser):
    """The elements, attributes and words of a page; complains of tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.ids: list[str] = []
        self.words = ""
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.ids += [value or "" for name, value in attrs if name == "id"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_data(self, data: str) -> None:
        if not self.open or self.open[-1] not in ("style", "script"):
            self.words += f" {data}"


@pytest.fixture(scope="module")
def good() -> Page:
    return Page(HtmlRenderer().render(good_view()))


@pytest.fixture(scope="module")
def bad() -> Page:
    return Page(HtmlRenderer().render(bad_view()))


def said(page: Page) -> str:
    return " ".join(page.words.split())


def test_the_verdict_comes_first_with_word_sign_policy_and_reason(good: Page) -> None:
    begin = said(good)[:600]
    for part in ("GO", "✓", "Policy commit", "All 6 required objectives met",
                 "c0ffeec0ffee on main",
                 "clean", "2026-01-01 12:00:00 UTC", "2 cores"):  # fmt: skip
        assert part in begin


def test_an_objective_states_value_limit_margin_samples_interval_and_evidence(good: Page) -> None:
    row = said(good)
    for part in (
        "150 ms",
        "limit < 200 ms",
        "margin 25 %",
        "50 ms (25 %)",
        "9,000",
        "145 to 155 ms",
        "ababababab",
    ):
        assert part in row
    assert ("a", "href", "load.ndjson") in good.attributes


def test_failures_show_message_traceback_and_how_to_repeat_them() -> None:
    failed = check("boom", "failed", message="409 is not 201", detail="x.py:3\nassert",
                   repeat="nox -s unit -- -k boom")  # fmt: skip
    page = Page(HtmlRenderer().render(view(instead(good_layers(), layer("unit", failed)))))
    for part in ("409 is not 201", "x.py:3 assert", "nox -s unit -- -k boom", "test_x.py::boom"):
        assert part in said(page)


def test_evidence_of_another_tree_is_announced_at_the_top(bad: Page) -> None:
    assert "The evidence is of another tree: load." in said(bad)[:800]


def test_what_is_not_known_is_listed() -> None:
    rows = objectives(*small().objectives, objective("later", policy="release"))
    evidence = instead(good_layers(), layer("load", measured(150), tree=OTHER_TREE))
    page = said(Page(HtmlRenderer().render(view(evidence, rows))))
    unknown = page[page.index("What is not known") : page.index("Layers In the order")]
    assert "fast, required: " in unknown
    assert "later: Nothing shows this yet" in unknown


def test_a_waiver_of_what_could_not_be_judged_is_not_said_to_be_idle() -> None:
    evidence = [item for item in good_layers() if item.layer != "load"]
    page = said(Page(HtmlRenderer().render(view(evidence, waivers=[waiver("objective:fast")]))))
    assert "not needed so far: fast could not be judged" in page
    assert "remove it" not in page


def test_instruments_charts_starts_and_waivers_are_there(good: Page, bad: Page) -> None:
    for part in ("61 of 61", "cpu_share", "service_start_s{service=postgres}", "0.7 s",
                 "database_handout_ms{quantile=p95}", "None is given."):  # fmt: skip
        assert part in said(good)
    assert "layer_wall_s" not in said(good)
    for part in ("59 of 61", "96.7 %", "b.py", "eve@example.org", "matches nothing: remove it"):
        assert part in said(bad)


def test_the_page_asks_the_network_for_nothing(good: Page, bad: Page) -> None:
    for page in (good, bad):
        assert not {"iframe", "img", "object", "embed", "base"} & set(page.tags)
        links = [value for _, name, value in page.attributes if name in ("href", "src")]
        assert links
        assert [link for link in links if "//" in link or link.startswith("/")] == []
        policy = next(value for _, _, value in page.attributes if "default-src" in value)
        assert policy.startswith("default-src 'none'")
    text = HtmlRenderer().render(bad_view())
    allowed = re.search(r"script-src '(sha256-[^']+)'", text)
    scripts = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    assert allowed is not None
    assert [digest_of(script) for script in scripts] == [allowed[1]]
    assert "url(" not in text
    assert "@import" not in HtmlRenderer().render(bad_view())


def test_nothing_that_a_producer_says_becomes_markup() -> None:
    page = Page(HtmlRenderer().render(bad_view(HOSTILE)))
    assert page.tags.count("script") == 2  # the packed data, and the page's own
    assert "img" not in page.tags
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    assert HOSTILE in page.words


def test_every_link_within_the_page_leads_somewhere(good: Page, bad: Page) -> None:
    for page in (good, bad):
        targets = {value[1:] for _, name, value in page.attributes
                   if name == "href" and value.startswith("#")}  # fmt: skip
        assert targets <= set(page.ids)
        assert len(page.ids) == len(set(page.ids))


def test_the_page_is_made_for_paper_dark_and_narrow_screens() -> None:
    text = HtmlRenderer().render(good_view())
    for query in ("prefers-color-scheme: dark", "@media print", "max-width"):
        assert query in text
    assert '<meta name="viewport"' in text


def test_a_run_without_any_evidence_still_has_its_page() -> None:
    page = said(Page(HtmlRenderer().render(view([]))))
    assert "NO VERDICT" in page
    assert page.count("left no evidence") >= 6


def test_ten_thousand_failures_leave_a_page_that_opens() -> None:
    checks = [check(f"t{i}", "failed", message="m" * 400, detail="d\n" * 50) for i in range(10_000)]
    text = HtmlRenderer().render(view(instead(good_layers(), layer("unit", *checks))))
    assert len(text) < 600_000
    assert "10,000 tests" in text or "10000 tests" in text
    assert "and 9987 more" in text
