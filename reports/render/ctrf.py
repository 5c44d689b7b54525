"""ctrf.json: the tests of all layers in the Common Test Report Format (https://ctrf.io)."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from reports.evidence import Check
from reports.render.head import believed, every, first_provenance, parsed
from reports.render.interface import Renderer
from reports.render.unbelieved import TEST, Unbelieved, unbelieved
from reports.render.view import View

SPEC_VERSION = "0.0.0"
_STATUS = {"passed": "passed", "failed": "failed", "error": "failed", "skipped": "skipped",
           "flaky": "passed"}  # fmt: skip

_CONTENT_TYPES = {
    "png": "image/png",
    "html": "text/html",
    "zip": "application/zip",
    "har": "application/json",
    "json": "application/json",
    "txt": "text/plain",
}


class CtrfRenderer(Renderer):
    """The tests are CTRF's; the verdict, which the format has no place for, is in its `extra`.

    A layer that is not believed has a test more, which neither passed nor failed.
    """

    name = "ctrf"
    filename = "ctrf.json"

    def render(self, view: View) -> str:
        """One JSON object."""
        checks, doubted = list(every(view.evidence, Check)), unbelieved(view)
        ends = [at.timestamp() for check in checks if (at := parsed(check.at))]
        start, stop = int(min(ends, default=0) * 1000), int(max(ends, default=0) * 1000)
        by_status = Counter(_STATUS[check.outcome] for check in checks)
        body = {
            "reportFormat": "CTRF",
            "specVersion": SPEC_VERSION,
            "runId": view.verdicts.run or "unnamed",
            "timestamp": view.judged_at,
            "generatedBy": "touchline",
            "results": {
                "tool": {"name": "touchline"},
                "summary": {
                    "tests": len(checks) + len(doubted),
                    **{name: by_status[name] for name in ("passed", "failed", "skipped")},
                    "pending": 0,
                    "other": len(doubted),
                    "flaky": sum(check.outcome == "flaky" for check in checks),
                    "suites": len(_layers(view, doubted)),
                    "start": start,
                    "stop": stop,
                },
                "tests": [*map(_test, checks), *map(_doubt, doubted)],
                "environment": _environment(view),
                "extra": {
                    "release": view.release,
                    "policy": view.policy,
                    "why": view.why,
                    "objectives": {item.id: item.state for item in view.verdicts.objectives},
                },
            },
        }
        return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def _test(check: Check) -> dict[str, Any]:
    path, _, name = check.id.partition("::")
    body: dict[str, Any] = {
        "name": name or path,
        "status": _STATUS[check.outcome],
        "duration": round(check.seconds * 1000),
        "suite": [check.layer or "unknown", path],
        "filePath": path,
        "rawStatus": check.outcome,
    }
    if check.objectives:
        body["tags"] = list(check.objectives)
    if check.outcome == "flaky":
        body["flaky"] = True
    if check.message:
        body["message"] = check.message
    if check.detail:
        body["trace"] = check.detail
    if check.attachments:
        body["attachments"] = [
            {"name": name.rpartition("/")[2], "contentType": _content_type(name), "path": name}
            for name in check.attachments
        ]
    if check.repeat:
        body["extra"] = {"repeat": check.repeat}
    return body


def _layers(view: View, doubted: Sequence[Unbelieved]) -> set[str]:
    return {file.layer for file in view.evidence} | {item.layer for item in doubted}


def _doubt(item: Unbelieved) -> dict[str, Any]:
    return {
        "name": TEST,
        "status": "other",
        "duration": 0,
        "suite": [item.layer or "unknown", TEST],
        "message": item.why,
        "rawStatus": "unusable",
    }


def _content_type(name: str) -> str:
    return _CONTENT_TYPES.get(name.rpartition(".")[2], "application/octet-stream")


def _environment(view: View) -> dict[str, Any]:
    provenance = first_provenance(believed(view.verdicts, view.evidence) or view.evidence)
    if provenance is None:
        return {"healthy": False}
    return {
        "commit": provenance.commit,
        "branchName": provenance.branch,
        "healthy": not view.unknown or not any(row.required for row in view.unknown),
        "extra": {"tree": provenance.tree, "dirty": provenance.dirty, **provenance.machine},
    }
