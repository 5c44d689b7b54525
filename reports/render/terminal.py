"""The summary on the terminal: the verdict, what stands against it, and where to read on."""

from __future__ import annotations

import io
import textwrap

from rich.console import Console
from rich.text import Text

from reports.render.interface import Renderer
from reports.render.view import ObjectiveRow, View
from reports.saying import inert
from reports.verdicts import ORDER
from reports.wording import listed

WIDTH = 110
MOST_GROUPS = 4
MOST_WAIVERS = 2
_INDENT = 15
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
        """At most about 30 lines; what can be copied from them is whole, however long it is."""
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
            _text(f"  policy {view.policy}: {view.why}"),
        )
        console.print(head)
        for banner in view.banners:
            console.print(_text(f"! {banner}", style="yellow"))
        facts = dict(view.facts)
        shown = [facts[name] for name in ("commit", "began", "took") if name in facts]
        console.print(_text(" · ".join(shown), style="dim"))
        self._against(console, view)
        self._layers(console, view)
        idle = [item for item in view.waivers if item.idle]
        for item in idle[:MOST_WAIVERS]:
            console.print(_text(f"waiver {item.scope}: {item.standing}, {item.used_for}"))
        if len(idle) > MOST_WAIVERS:
            console.print(_text(f"and {len(idle) - MOST_WAIVERS} more waivers that do nothing"))
        console.print(_text(f"report  {view.report_path}"), soft_wrap=True)
        return target.getvalue()

    def _against(self, console: Console, view: View) -> None:
        """What stands against a GO; objectives that share a reason share its lines."""
        everything = [*view.required, *[row for row in view.suites if row.required]]
        rows = [row for row in everything if row.state not in ("met", "waived")]
        rows.sort(key=lambda row: -ORDER.index(row.state))
        groups: dict[tuple[str, str, str], list[ObjectiveRow]] = {}
        for row in rows:
            groups.setdefault((row.state, row.why, row.todo), []).append(row)
        for (state, why, todo), group in list(groups.items())[:MOST_GROUPS]:
            head = f"{group[0].sign} {state}"
            console.print(
                Text.assemble(
                    (head.ljust(_INDENT), STATE_COLOURS[state]),
                    _text(listed((row.id for row in group), 4), "bold"),
                )
            )
            self._indented(console, why, most=2)
            if todo:
                console.print(_text(f"{' ' * _INDENT}> {todo}"), soft_wrap=True)
        if len(groups) > MOST_GROUPS:
            console.print(_text(f"and {len(groups) - MOST_GROUPS} more reasons, all in the report"))

    def _indented(self, console: Console, text: str, *, most: int) -> None:
        room = self._width - _INDENT
        lines = textwrap.wrap(
            " ".join(text.split()), room, max_lines=most, placeholder=" ...", break_on_hyphens=False
        )
        for line in lines:
            console.print(_text(" " * _INDENT + line))

    def _layers(self, console: Console, view: View) -> None:
        words = [f"{row.sign} {row.name} {row.wall} ({row.tests})" for row in view.layers]
        for index in range(0, len(words), 3):
            console.print(_text(" · ".join(words[index : index + 3]), style="dim"))


def _text(words: str, style: str = "") -> Text:
    """Words that a test or a tool may have chosen: none of them may steer the terminal."""
    return Text(inert(words), style=style)
