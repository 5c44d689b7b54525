"""Findings of tools, at or above a severity, beside those that a waiver accepts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace

from reports.clauses.limits import blank_reading, with_doubt
from reports.evidence import Finding
from reports.objectives import SEVERITIES, FindingsClause
from reports.soundness import Weighed
from reports.verdicts import Reading
from reports.wording import count, listed


def read_findings(
    clause: FindingsClause, objective: str, layer: Weighed, waived: Collection[str]
) -> Reading:
    """One reading of all findings that count: of these tools, or speaking for the objective."""
    subject = f"findings of {listed(clause.tools)} ({clause.severity} or higher)"
    blank = blank_reading("findings", layer, clause.layer, subject, "<=", clause.limit, "findings")
    if layer.verdict.grade == "unusable":
        return blank.because("no evidence", layer.doubt)
    floor = SEVERITIES.index(clause.severity)
    counted = [
        item
        for item in layer.of(Finding)
        if (item.tool in clause.tools or objective in item.objectives)
        and SEVERITIES.index(item.severity) >= floor
    ]
    open_ones = [item for item in counted if item.fingerprint not in waived]
    accepted = tuple(dict.fromkeys(f.fingerprint for f in counted if f.fingerprint in waived))
    value = float(len(open_ones))
    reading = Reading(
        kind="findings",
        state="met",
        subject=subject,
        layer=clause.layer,
        why="",
        value=value,
        unit="findings",
        op="<=",
        limit=float(clause.limit),
        margin=clause.limit - value,
        missing=tuple(f"{f.rule} at {f.path}:{f.line}: {f.message}" for f in open_ones),
        waived=accepted,
        path=blank.path,
        sha256=blank.sha256,
    )
    said = f"{count(len(open_ones), 'finding')} of {listed(clause.tools)}"
    if len(open_ones) > clause.limit:
        first = open_ones[0]
        where = f"{first.path}:{first.line}" if first.path else first.tool
        reading = replace(reading, place=f"at {where}")
        return reading.because("missed", f"{said}; the first is {first.rule} at {where}")
    if layer.verdict.grade == "partial":
        return reading.because("no evidence", with_doubt(said, layer))
    if accepted:
        return reading.because("waived", f"{said} beside {len(accepted)} waived")
    return reading.because("met", said)
