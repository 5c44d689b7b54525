"""report.html: one file that asks the network for nothing and reads without JavaScript."""

from __future__ import annotations

from jinja2 import Environment, PackageLoader, StrictUndefined

from reports.render.interface import Renderer
from reports.render.view import View


class HtmlRenderer(Renderer):
    """The page of the release manager. All that it shows is escaped by the template engine."""

    name = "html"
    filename = "report.html"

    def render(self, view: View) -> str:
        """The whole document."""
        environment = Environment(
            loader=PackageLoader("reports.render", "."),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        return environment.get_template("report.html.j2").render(view=view)
