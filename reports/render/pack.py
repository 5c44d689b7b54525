"""What the page's script reads: every test, finding and measurement, and the charts, compressed.

Columns instead of rows and file names once instead of ten thousand times: ten thousand tests take
about as many bytes as two photographs of a stamp. A browser unpacks them by itself (raw DEFLATE in
base64, `DecompressionStream`), so nothing is asked of a network.
"""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Iterable, Mapping, Sequence
from itertools import filterfalse
from typing import Any

from reports.clusters import Cluster, short_trace
from reports.evidence import Check
from reports.render.failures import clipped, is_within
from reports.render.view import Chart, FindingRow, MeasurementRow, ObjectiveRow

OUTCOMES = ("failed", "error", "flaky", "skipped", "passed")
MOST_TEXT = 1500
MOST_NAME = 400


def packed(
    checks: Sequence[Check],
    clusters: Iterable[Cluster],
    ages: Mapping[str, str],
    objectives: Sequence[ObjectiveRow],
    findings: Sequence[FindingRow],
    measurements: Sequence[MeasurementRow],
    charts: Sequence[Chart],
) -> str:
    """Everything as base64; the script's `unpack` is the other half of this."""
    body = {
        "tests": _tests(checks, clusters, ages),
        "objectives": [
            [row.id, row.state, _short(row.promise), _short(row.why)] for row in objectives
        ],
        "findings": [
            [
                *map(_short, (f.tool, f.rule, f.severity, f.place, f.message, f.layer)),
                f.waived,
                _short(f.fingerprint),
                f.doubted,
            ]
            for f in findings
        ],
        "measurements": [
            [*map(_short, (m.layer, m.metric, m.value, m.samples, m.interval))]
            for m in measurements
        ],
        "charts": [_chart(chart) for chart in charts],
    }
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    raw = squeeze.compress(text.encode("utf-8", "replace")) + squeeze.flush()
    return base64.b64encode(raw).decode("ascii")


def _short(text: str) -> str:
    return clipped(text, MOST_TEXT)


def _tests(
    checks: Sequence[Check], clusters: Iterable[Cluster], ages: Mapping[str, str]
) -> dict[str, Any]:
    """Columns of one entry a test, in the order of outcome, then of layer and file."""
    causes = {c.id: cluster.cause for cluster in clusters for c in cluster.checks}
    ordered = sorted(checks, key=lambda c: (OUTCOMES.index(c.outcome), c.layer, c.id))
    files: dict[str, int] = {}
    layers: dict[str, int] = {}
    promises: dict[tuple[str, ...], int] = {(): 0}
    split = [clipped(check.id, MOST_NAME).partition("::") for check in ordered]
    return {
        "file": [files.setdefault(path, len(files)) for path, _, _ in split],
        "name": [name for _, _, name in split],
        "outcome": "".join(str(OUTCOMES.index(check.outcome)) for check in ordered),
        "ms": [round(check.seconds * 1000) for check in ordered],
        "layer": [layers.setdefault(check.layer, len(layers)) for check in ordered],
        "speaks": [promises.setdefault(check.objectives, len(promises)) for check in ordered],
        "files": list(files),
        "layers": list(map(_short, layers)),
        "promises": [list(map(_short, names)) for names in promises],
        "told": [
            [
                clipped(check.message, MOST_TEXT),
                clipped(short_trace(check.detail), MOST_TEXT),
                _short(check.repeat),
                list(map(_short, filter(is_within, check.attachments))),
                causes.get(check.id, ""),
                ages.get(check.id, ""),
                list(map(_short, filterfalse(is_within, check.attachments))),
            ]
            for check in ordered
            if check.outcome != "passed"
        ],
    }


def _chart(chart: Chart) -> dict[str, Any]:
    return {
        "title": _short(chart.title),
        "unit": _short(chart.unit),
        "x": chart.x,
        "lines": [[_short(line.name), line.values, line.gaps] for line in chart.lines],
        "marks": [[mark.at, _short(mark.text)] for mark in chart.marks],
        "limit": chart.limit,
        "axis": chart.axis,
    }
