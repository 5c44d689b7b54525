"""The summary on the terminal: the verdict, what stands against it, and where to read on."""

from __future__ import annotations

import io

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.render.interface import Renderer
from reports.render.view import ObjectiveRow, View

WIDTH = 110
MOST_ROWS = 14
COLOURS = {
    "go": "bold white on green4",
    "nogo": "bold white on red3",
    "unknown": "bold black on gold3",
}
STATE_COLOURS = {
    "missed": "red",
    "invalid": "magenta",
    "no evidence": "yellow",
    "waived": "cyan",
    "met": "green",
}


class TerminalRenderer(Renderer):
    """A screen or less. Plain text unless `colour` asks for more."""

    name = "terminal"
    filename = "summary.txt"

    def __init__(self, *, colour: bool = False, width: int = WIDTH) -> None:
        self._colour, self._width = colour, width

    def render(self, view: View) -> str:
        """At most about 30 lines."""
        target = io.StringIO()
        console = Console(
            file=target,
            width=self._width,
            force_terminal=self._colour,
            no_color=not self._colour,
            color_system="truecolor" if self._colour else None,
            highlight=False,
        )
        head = Text.assemble(
            (f" {view.sign} {view.release} ", COLOURS[view.tone]),
            f"  policy {view.policy}: {view.why}",
        )
        console.print(head)
        for banner in view.banners:
            console.print(Text(f"! {banner}", style="yellow"))
        facts = dict(view.facts)
        shown = [facts[name] for name in ("commit", "began", "took") if name in facts]
        console.print(Text(" · ".join(shown), style="dim"))
        self._against(console, view)
        self._layers(console, view)
        for waiver in view.waivers:
            if not waiver.counts or waiver.used_for.startswith("matches"):
                console.print(Text(f"waiver {waiver.scope}: {waiver.standing}, {waiver.used_for}"))
        console.print(Text(f"report  {view.report_path}"))
        return target.getvalue()

    def _against(self, console: Console, view: View) -> None:
        everything = [*view.required, *[row for row in view.suites if row.required]]
        rows = [row for row in everything if row.state not in ("met", "waived")]
        rows.sort(key=lambda row: row.state != "missed")
        table = Table.grid(padding=(0, 2), expand=False)
        table.add_column(no_wrap=True)
        table.add_column(no_wrap=True)
        table.add_column(overflow="ellipsis", no_wrap=True, ratio=1)
        for row in rows[:MOST_ROWS]:
            table.add_row(
                Text(f"{row.sign} {row.state}", style=STATE_COLOURS[row.state]),
                Text(row.id),
                Text(_reason(row)),
            )
        if rows:
            console.print(table)
        if len(rows) > MOST_ROWS:
            console.print(Text(f"and {len(rows) - MOST_ROWS} more, all of them in the report"))

    def _layers(self, console: Console, view: View) -> None:
        words = [f"{row.sign} {row.name} {row.wall} ({row.tests})" for row in view.layers]
        for index in range(0, len(words), 3):
            console.print(Text(" · ".join(words[index : index + 3]), style="dim"))


def _reason(row: ObjectiveRow) -> str:
    why = row.why.replace("\n", " ")
    return f"[{row.todo}] {why}" if row.todo else why
