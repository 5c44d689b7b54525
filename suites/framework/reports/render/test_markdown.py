from __future__ import annotations

from reports.render.markdown import MarkdownRenderer, plain
from suites.framework.reports.render.pages import bad_view, good_view


def test_the_verdict_comes_first_and_every_layer_has_its_row() -> None:
    lines = MarkdownRenderer().render(good_view()).splitlines()
    assert lines[0] == "## ✓ GO"
    assert lines[2] == "Policy commit: all 6 required objectives met."
    assert "| load | ✓ met | 1 passed | 1.5 s |" in lines
    assert not any(line.startswith("| verdict") for line in lines)


def test_what_stands_against_it_is_a_table_of_one_line_each() -> None:
    text = MarkdownRenderer().render(bad_view("a\n| b <img>"))
    rows = [line for line in text.splitlines() if line.startswith(("| !", "| ?", "| ✕"))]
    assert len(rows) == 4
    assert all(row.replace(r"\|", "").count("|") == 5 for row in rows)
    assert "<img" not in text.replace(r"\<img", "")
    assert "**The evidence is of another tree: load" in text


def test_nothing_in_a_text_is_markup() -> None:
    assert plain("a_b *c* `d`\n<e>") == r"a\_b \*c\* \`d\` \<e\>"


def test_an_address_is_no_link_and_dollars_are_no_mathematics() -> None:
    assert plain("see https://a.example/x, www.b.example") == (
        r"see https\://a.example/x, www\.b.example"
    )
    assert plain("FTP://x WWW.y $a$ at 12:30") == r"FTP\://x WWW\.y \$a\$ at 12:30"
