"""findings.sarif: what tools reported, for services that read code scans."""

from __future__ import annotations

from reports.evidence import Finding
from reports.render.head import every
from reports.render.interface import Renderer
from reports.render.sarif import document
from reports.render.view import View


class SarifRenderer(Renderer):
    """A run for each tool that an objective asks for and whose layer can be believed.

    A tool that found nothing has an empty run; one that did not look has none. Nor has one that
    was cut short, whatever it found before: services take what a run does not name for mended.
    """

    name = "sarif"
    filename = "findings.sarif"

    def render(self, view: View) -> str:
        """The whole log."""
        versions = dict(view.tools)
        waived = {
            item.waiver.target: item.waiver.reason
            for item in view.verdicts.waivers
            if item.standing == "valid" and item.waiver.kind == "finding"
        }
        return document(
            (item for item in every(view.evidence, Finding) if item.tool in view.scanners),
            tools={name: versions.get(name, "") for name in view.scanners},
            waived=waived,
        )
