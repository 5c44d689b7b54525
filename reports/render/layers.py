"""Layers in words: outcome, tests, wall time, failures, findings and instruments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection

from reports.evidence import Check, Finding, Instrument, LayerEvidence
from reports.render.rows import DASH, SIGNS, evidence_name
from reports.render.view import FailureRow, FindingRow, InstrumentRow, LayerRow
from reports.verdicts import LayerVerdict, State, Verdict
from reports.wording import duration, labelled, scale_of

MOST_FAILURES = 40
MOST_DETAIL_LINES = 18
MOST_MISSING = 30
OUTCOMES = ("failed", "error", "flaky", "skipped", "passed")


def layer_row(
    verdict: LayerVerdict,
    suite: Verdict | None,
    evidence: LayerEvidence | None,
    waived: Collection[str],
) -> LayerRow:
    """One layer; `suite` is the objective that every check of it passed."""
    state: State = suite.state if suite else "no evidence"
    records = evidence.records if evidence else ()
    bad = [item for item in records if isinstance(item, Check) and item.outcome != "passed"]
    bad.sort(key=lambda check: OUTCOMES.index(check.outcome))
    return LayerRow(
        name=verdict.layer,
        state=state,
        sign=SIGNS[state],
        required=verdict.required,
        tests=_tests([item for item in records if isinstance(item, Check)]),
        wall=DASH if verdict.seconds is None else duration(verdict.seconds),
        seconds=verdict.seconds or 0.0,
        reasons=verdict.reasons,
        evidence=evidence_name(verdict.path),
        sha256=verdict.sha256,
        failures=tuple(_failure(check) for check in bad[:MOST_FAILURES]),
        more_failures=max(len(bad) - MOST_FAILURES, 0),
        instruments=tuple(_instrument(r) for r in records if isinstance(r, Instrument)),
        findings=tuple(_finding(r, waived) for r in records if isinstance(r, Finding)),
    )


def _tests(checks: list[Check]) -> str:
    if not checks:
        return "no test"
    by_outcome: Counter[str] = Counter(check.outcome for check in checks)
    return ", ".join(f"{by_outcome[name]:,} {name}" for name in OUTCOMES if by_outcome[name])


def _failure(check: Check) -> FailureRow:
    lines = check.detail.rstrip().splitlines()
    cut = len(lines) - MOST_DETAIL_LINES
    shown = [f"[{cut} lines above left out]", *lines[-MOST_DETAIL_LINES:]] if cut > 0 else lines
    return FailureRow(
        id=check.id,
        outcome=check.outcome,
        message=check.message,
        detail="\n".join(shown),
        repeat=check.repeat,
        objectives=", ".join(check.objectives),
    )


def _instrument(record: Instrument) -> InstrumentRow:
    share = DASH
    reading = scale_of(record.unit, record.value).show(record.value)
    if record.total is not None:
        unit = f" {record.unit}" if record.unit else ""
        reading = f"{record.value:,g} of {record.total:,g}{unit}"
        if record.total > 0:
            share = scale_of("share").show(record.value / record.total, 0.0, 1.0)
    return InstrumentRow(
        name=labelled(record.name, record.dimensions),
        reading=reading,
        share=share,
        missing=_clipped(record.missing),
        detail=record.detail,
    )


def _clipped(names: tuple[str, ...]) -> tuple[str, ...]:
    rest = len(names) - MOST_MISSING
    return (*names[:MOST_MISSING], f"and {rest} more") if rest > 0 else names


def _finding(record: Finding, waived: Collection[str]) -> FindingRow:
    place = f"{record.path}:{record.line}" if record.line else record.path
    return FindingRow(
        tool=record.tool,
        rule=record.rule,
        severity=record.severity,
        place=place,
        message=record.message,
        fingerprint=record.fingerprint,
        waived=record.fingerprint in waived,
    )
