from __future__ import annotations

from dataclasses import replace

import pytest

from reports.render.terminal import TerminalRenderer
from reports.saying import inert
from suites.framework.reports.render.pages import bad_view, good_view, view
from suites.framework.reports.runs import (
    LATENCY,
    check,
    good_layers,
    instead,
    layer,
    measured,
    objective,
    objectives,
)


def test_the_verdict_is_the_first_line_and_the_page_the_last() -> None:
    lines = TerminalRenderer().render(good_view()).splitlines()
    assert lines[0].startswith(" ✓ GO   policy commit: all 6 required objectives met")
    assert lines[-1] == "report  out/run/report.html"
    assert "took" not in lines[0]


def test_the_wall_time_of_every_layer_is_there() -> None:
    text = TerminalRenderer().render(good_view())
    for name in ("unit", "security", "load"):
        assert f"✓ {name} 1.5 s" in text


def test_what_stands_against_it_says_why_and_what_to_do() -> None:
    failed = check("boom", "failed", repeat="nox -s unit -- -k boom")
    evidence = instead(good_layers(), layer("unit", failed), layer("load", measured(250)))
    text = TerminalRenderer().render(view(evidence))
    assert "✕ missed       fast" in text
    assert "250 ms (limit < 200 ms): on the wrong side" in text
    assert "> nox -s unit -- -k boom" in text
    assert "> nox -s load" in text


def test_missed_comes_before_what_is_not_known() -> None:
    evidence = [item for item in instead(good_layers(), layer("load", measured(250)))
                if item.layer != "unit"]  # fmt: skip
    text = TerminalRenderer().render(view(evidence))
    assert text.index("✕ missed") < text.index("? no evidence")


def test_objectives_that_share_a_reason_share_its_lines() -> None:
    text = TerminalRenderer().render(view([]))
    assert text.count("Layer load left no evidence") == 1
    assert "fast, load-suite" in text


def test_a_page_full_of_trouble_is_a_screen_or_less() -> None:
    rows = objectives(
        *(objective(f"fast-{n}", {**LATENCY, "limit": float(n)}) for n in range(1, 40))
    )
    text = TerminalRenderer().render(
        view(instead(good_layers(), layer("load", measured(250))), rows)
    )
    assert len(text.splitlines()) <= 30
    assert "35 more reasons" in text
    assert len(TerminalRenderer().render(bad_view("long " * 200)).splitlines()) <= 30


def test_colours_are_only_for_terminals() -> None:
    assert "\x1b" not in TerminalRenderer().render(bad_view())
    assert "\x1b[" in TerminalRenderer(colour=True).render(bad_view())


def test_a_message_cannot_paint_the_terminal() -> None:
    failed = check("boom", "failed", message="\x1b[2J[bold]x", repeat="nox \x1b[2J")
    text = TerminalRenderer().render(view(instead(good_layers(), layer("unit", failed))))
    assert "\x1b" not in text


def test_the_command_to_run_is_never_cut() -> None:
    command = f"nox -s unit -- -k 'boom[{'x' * 300}]'"
    failed = check("boom", "failed", repeat=command)
    long_path = f"out/{'y' * 200} z/report.html"
    made = view(instead(good_layers(), layer("unit", failed)))
    text = TerminalRenderer().render(replace(made, report_path=long_path))
    lines = text.splitlines()
    assert any(line.strip() == f"> {command}" for line in lines)
    assert lines[-1] == f"report  {long_path}"


@pytest.mark.parametrize("odd", ["\n", "\t", "\r", "\x1b", "\x9b", "\u202e", "\u2066"])
def test_what_is_inert_is_one_line_that_steers_nothing(odd: str) -> None:
    assert inert(f"a{odd}b") == "a\ufffdb"


@pytest.mark.parametrize(
    ("text", "said"),
    [("::error::x", "\ufffd:error::x"), ("  ::x", "  \ufffd:x"), ("##[group]x", "\ufffd#[group]x"),
     ("a ##[x]", "a \ufffd#[x]"), ("a::b: #[x] ##", "a::b: #[x] ##")],
)  # fmt: skip
def test_what_is_inert_commands_no_runner(text: str, said: str) -> None:
    assert inert(text) == said
