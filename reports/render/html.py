"""report.html: one file that asks the network for nothing and reads without JavaScript."""

from __future__ import annotations

import base64
import hashlib
import os
import sys
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from jinja2 import (
    BytecodeCache,
    Environment,
    FileSystemBytecodeCache,
    PackageLoader,
    StrictUndefined,
    Template,
)
from markupsafe import Markup, escape

from reports.render.failures import clipped
from reports.render.interface import Renderer
from reports.render.view import View

HERE = Path(__file__).parent
MOST_CHARACTERS = 2000
MOST_CLUSTERS = 12
MOST_FINDINGS = 100
MOST_MEASUREMENTS = 60


class HtmlRenderer(Renderer):
    """The page of the release manager. All that it shows is escaped by the template engine.

    The page's own policy lets one script run, told by its digest, and nothing that came from
    evidence; the text stands where no script may.
    """

    name = "html"
    filename = "report.html"

    def render(self, view: View) -> str:
        """The whole document."""
        script, style = _script(bool(view.charts)), _style(bool(view.charts))
        return _template().render(
            view=view,
            pack=view.pack,
            matrix=escape(view.matrix),
            script=script,
            style=style,
            script_hash=digest_of(script),
            most_clusters=MOST_CLUSTERS,
            most_findings=MOST_FINDINGS,
            most_measurements=MOST_MEASUREMENTS,
        )


def digest_of(script: str) -> str:
    """How a content-security policy names an inline script."""
    return f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}"


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("reports.render", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=_said,
        bytecode_cache=_compiled(),
    )
    environment.filters |= {"join": _joined, "lines": _with_lines}
    return environment.get_template("report.html.j2")


def _compiled() -> BytecodeCache | None:
    """Compiled templates lie where Python keeps its own compiled modules, if it may."""
    folder = HERE / "page" / "__pycache__"
    if sys.dont_write_bytecode or not os.access(folder.parent, os.W_OK):
        return None
    folder.mkdir(exist_ok=True)
    return FileSystemBytecodeCache(str(folder))


def _said(value: object) -> object:
    """A word of a producer: it may not fill the page, nor end the line that it stands in.

    The page's lists are lines, so what holds one could pass for a row of the verdict's. What is
    marked safe is ours and stays.
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return " ".join(clipped(value, MOST_CHARACTERS).splitlines())
    return value


def _with_lines(text: str) -> Markup:
    """A text whose lines stay, for a box that holds nothing else."""
    return escape(clipped(text, MOST_CHARACTERS))


def _joined(items: Iterable[object], between: str = "") -> Markup:
    """As Jinja's own `join`, each item for itself."""
    return escape(between).join(escape(_said(str(item))) for item in items)


@cache
def _script(charts: bool) -> str:
    """The page's script; behind the plotting library where there is something to plot."""
    library = _read("vendor/uPlot.iife.min.js") if charts else ""
    return f"{library}\n{_read('page/report.js')}"


@cache
def _style(charts: bool) -> str:
    library = _read("vendor/uPlot.min.css") if charts else ""
    return f"{library}\n{_read('page/report.css')}"


def _read(name: str) -> str:
    return (HERE / name).read_text("utf-8")
