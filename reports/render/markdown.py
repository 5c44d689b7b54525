"""summary.md: the verdict for a CI job's summary page, such as GITHUB_STEP_SUMMARY."""

from __future__ import annotations

import re

from reports.render.github import fitting
from reports.render.interface import Renderer
from reports.render.view import ObjectiveRow, View

# What Markdown or the HTML within it would take for markup; GitHub's makes links of bare addresses,
# by `://` or `www.`, and mathematics of what stands between dollars.
_MARKUP = re.compile(r"([\\`*_{}\[\]<>()#+!|~&@$-]|:(?=//)|(?<=www)\.)", re.IGNORECASE)


class MarkdownRenderer(Renderer):
    """The verdict, what stands against it, and the layers, as two tables."""

    name = "markdown"
    filename = "summary.md"

    def render(self, view: View) -> str:
        """The whole page."""
        against = [
            row
            for row in (*view.required, *view.suites)
            if row.required and row.state not in ("met", "waived")
        ]
        lines = [f"## {view.sign} {view.release}", "", plain(f"Policy {view.policy}: {view.why}.")]
        for banner in view.banners:
            lines += ["", f"**{plain(banner)}**"]
        if against:
            lines += ["", "| verdict | objective | why | next |", "| --- | --- | --- | --- |"]
            lines += [_against(row) for row in against]
        lines += ["", "| layer | | tests | time |", "| --- | --- | --- | --- |"]
        lines += [
            f"| {plain(row.name)} | {row.sign} {row.state} | {row.tests} | {row.wall} |"
            for row in view.layers
        ]
        facts = " · ".join(plain(f"{name} {value}") for name, value in view.facts)
        return fitting("\n".join([*lines, "", facts, ""]))


def _against(row: ObjectiveRow) -> str:
    cells = (f"{row.sign} {row.state}", plain(row.id), plain(row.why), plain(row.todo))
    return f"| {' | '.join(cells)} |"


def plain(text: str) -> str:
    """Text on one line, of which nothing is markup."""
    return _MARKUP.sub(r"\\\1", " ".join(text.split()))
