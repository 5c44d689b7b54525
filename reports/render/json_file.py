"""verdict.json: the verdicts as data, for other programs and for the history of runs."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any

from pydantic import BaseModel

from reports.render.interface import Renderer
from reports.render.view import View

SCHEMA_VERSION = 1


class JsonRenderer(Renderer):
    """Numbers as they were judged, never rounded."""

    name = "json"
    filename = "verdict.json"

    def render(self, view: View) -> str:
        """One JSON object; `schema` grows when a field changes its meaning or goes."""
        verdicts = view.verdicts
        body = {
            "schema": SCHEMA_VERSION,
            "release": verdicts.release,
            "exit_code": verdicts.exit_code,
            "policy": verdicts.policy,
            "why": verdicts.why,
            "run": verdicts.run,
            "judged_at": view.judged_at,
            "tree": verdicts.tree,
            "facts": dict(view.facts),
            "provenance": dict(view.provenance),
            "tools": dict(view.tools),
            "banners": view.banners,
            "objectives": verdicts.objectives,
            "layers": verdicts.layers,
            "waivers": verdicts.waivers,
            "unclaimed": verdicts.unclaimed,
        }
        return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a verdict cannot hold a {type(value).__name__}")
