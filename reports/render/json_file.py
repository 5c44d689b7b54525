"""verdict.json: the verdicts as data, for other programs; `verdict.schema.json` documents it."""

from __future__ import annotations

import dataclasses
import json
from datetime import date
from typing import Any

from pydantic import BaseModel

from reports.render.interface import Renderer
from reports.render.view import ClusterRow, SinceRow, View

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
            "failures": [_failure(row) for row in view.clusters],
            "since": [_since(row) for row in view.since],
        }
        return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False, default=_plain)


def _failure(row: ClusterRow) -> dict[str, Any]:
    return {
        "cause": row.cause,
        "amount": row.amount,
        "age": row.age,
        "message": row.message,
        "first": row.id,
        "repeat": row.repeat,
    }


def _since(row: SinceRow) -> dict[str, Any]:
    fields = ("label", "run", "summary", "worse", "better", "new", "still", "fixed", "gone")
    return {name: getattr(row, name) for name in fields}


def _plain(value: object) -> Any:
    if dataclasses.is_dataclass(value):
        return {item.name: getattr(value, item.name) for item in dataclasses.fields(value)}
    if isinstance(value, BaseModel):
        return value.model_dump(mode="json")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"a verdict cannot hold a {type(value).__name__}")
