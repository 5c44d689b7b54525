from __future__ import annotations

import re
from html.parser import HTMLParser

import pytest

from reports.evidence import Measurement, Series
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

BOXES = ("pre", "code")  # what is in them keeps its lines
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
        self.words = self.words_outside_of_boxes = ""
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
            if not self.open or self.open[-1] not in BOXES:
                self.words_outside_of_boxes += f" {data}"


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
    names = ("//evil.example/x", "../../../etc/passwd", "attachments/../../x", "https://evil/x")
    failed = check("a", "failed", message="m", attachments=(*names, "attachments/unit/a.png"))
    evil = Page(HtmlRenderer().render(view([layer("unit", failed, exit_status=1)])))
    assert all(name in evil.words for name in names)
    assert ("a", "href", "attachments/unit/a.png") in evil.attributes
    for page in (good, bad, evil):
        assert not {"iframe", "img", "object", "embed", "base"} & set(page.tags)
        links = [value for _, name, value in page.attributes if name in ("href", "src")]
        assert links
        assert [link for link in links if "//" in link or link.startswith("/")] == []
        assert [link for link in links if ".." in link or ":" in link.removeprefix("data:")] == []
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


def test_where_nothing_ran_nothing_is_said_to_have_passed() -> None:
    page = said(Page(HtmlRenderer().render(view([]))))
    assert "No test left an outcome." in page
    assert "No tool is known to have looked." in page
    for praise in ("No test failed", "No tool reported any"):
        assert praise not in page
        assert praise in said(Page(HtmlRenderer().render(good_view())))


def test_tests_that_could_not_run_are_not_counted_as_failed() -> None:
    checks = [check("a", "failed", message="x"), check("b", "error", message="y"),
              check("c", "error", message="z"), check("d")]  # fmt: skip
    made = view(instead(good_layers(), layer("unit", *checks, exit_status=1)))
    assert "Of 6 tests 1 failed, 2 could not run." in said(Page(HtmlRenderer().render(made)))


def test_the_rows_and_the_layers_named_are_as_many_as_the_headline_says(good: Page) -> None:
    words = said(good)
    headline = re.search(r"All (\d+) required objectives met", words)
    named = re.search(r"beside these (\d+): that every test passed in (\d+) layers", words)
    assert headline is not None
    assert named is not None
    assert int(headline[1]) == int(named[1]) + int(named[2]) == 6
    assert len([i for i in good.ids if i in ("fast", "clean", "right")]) == int(named[1])


def test_a_layer_that_stands_against_a_release_is_named_beside_the_objectives(bad: Page) -> None:
    assert "in 3 layers, which stands against a GO in unit (missed)" in said(bad)


def test_rights_of_another_tree_are_not_shown_as_proven() -> None:
    right = Measurement(
        metric="access_cell", value=1, unit="cells",
        dimensions={"role": "player", "operation": "read", "expected": "yes", "outcome": "proven"},
    )  # fmt: skip
    shown = said(Page(HtmlRenderer().render(view([layer("security", right)]))))
    assert "✓ yes" in shown
    assert "not to be believed" not in shown
    page = Page(HtmlRenderer().render(view([layer("security", right, tree=OTHER_TREE)])))
    assert "✓ yes" not in said(page)
    assert "Not shown, since the evidence is not to be believed: what layer security" in said(page)
    assert ("a", "href", "#access") in page.attributes


LOAD = {
    "a chart": Series(metric="latency_ms", unit="ms", points=((0.0, 150.0), (1.0, 250.0))),
    "an endpoint": Measurement(
        metric="http_latency_p95_ms", value=150, unit="ms", dimensions={"endpoint": "GET /a"}
    ),
}


@pytest.mark.parametrize("shown", LOAD.values(), ids=LOAD)
def test_load_of_another_tree_is_shown_in_doubt(shown: Series | Measurement) -> None:
    doubt = "In doubt, since the evidence is not to be believed: what layer load recorded"
    assert doubt not in said(Page(HtmlRenderer().render(view([layer("load", shown)]))))
    assert doubt in said(Page(HtmlRenderer().render(view([layer("load", shown, tree=OTHER_TREE)]))))


@pytest.mark.parametrize("end", ["\n", "\r", "\x0b", "\x85", "\u2028"])
def test_no_word_of_a_producer_begins_a_line_of_its_own(end: str) -> None:
    forged = f"quiet{end}critical: bandit B1 at a.py"
    made = HtmlRenderer().render(bad_view(forged))
    page = Page(made)
    assert "quiet critical: bandit B1 at a.py" in page.words
    begins = [line.strip() for line in page.words_outside_of_boxes.splitlines()]
    assert [line for line in begins if line.startswith("critical: ")] == []


def test_the_lines_of_a_message_and_of_a_trace_stay_in_their_boxes() -> None:
    message = "\n".join(f"line {number} of what it said" for number in range(30))
    failed = check("a", "failed", message=message, detail="x.py:3\n> assert", repeat="a \\\nb")
    made = view(instead(good_layers(), layer("unit", failed, exit_status=1)))
    text = HtmlRenderer().render(made)
    for kept in (f"<pre>{message}</pre>", "<pre>x.py:3\n&gt; assert</pre>", ">a \\\nb</code>"):
        assert kept in text


def test_a_run_of_the_duet_alone_has_a_link_to_it() -> None:
    ratio = Measurement(metric="duet_ratio_p50", value=1.1, unit="ratio", low=1.05, high=1.2,
                        dimensions={"endpoint": "GET /a"})  # fmt: skip
    page = Page(HtmlRenderer().render(view([layer("load", ratio)])))
    assert ("a", "href", "#load") in page.attributes


def test_a_chart_shows_its_limit_without_a_script() -> None:
    course = Series(metric="latency_ms", unit="ms", points=((0.0, 150.0), (1.0, 250.0)))
    made = instead(good_layers(), layer("load", measured(150), course))
    page = Page(HtmlRenderer().render(view(made)))
    assert ("line", "class", "limit") in page.attributes
    assert "last 250 ms · limit 200 ms" in said(page)


def test_a_long_line_of_a_chart_is_not_cut_off_as_a_long_word_is() -> None:
    course = Series(metric="m", unit="ms", points=tuple((float(at), at % 7) for at in range(900)))
    page = Page(HtmlRenderer().render(view(instead(good_layers(), layer("load", course)))))
    (path,) = [value for tag, name, value in page.attributes
               if (tag, name) == ("path", "d") and "H" not in value]  # fmt: skip
    assert re.fullmatch(r"M[\d., ]+", path)
    assert path.split()[-1].startswith("560,")


def test_ten_thousand_failures_leave_a_page_that_opens() -> None:
    checks = [check(f"t{i}", "failed", message="m" * 400, detail="d\n" * 50) for i in range(10_000)]
    text = HtmlRenderer().render(view(instead(good_layers(), layer("unit", *checks))))
    assert len(text) < 600_000
    assert "10,000 tests" in text or "10000 tests" in text
    assert "and 9987 more" in text
