"""The table of formats that are written into a run's folder. A new one is a row here."""

from __future__ import annotations

from reports.render.ctrf import CtrfRenderer
from reports.render.findings import SarifRenderer
from reports.render.html import HtmlRenderer
from reports.render.interface import Renderer
from reports.render.json_file import JsonRenderer
from reports.render.junit import JunitRenderer
from reports.render.markdown import MarkdownRenderer

FORMATS: tuple[Renderer, ...] = (
    JsonRenderer(),
    HtmlRenderer(),
    JunitRenderer(),
    CtrfRenderer(),
    SarifRenderer(),
    MarkdownRenderer(),
)
