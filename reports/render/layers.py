"""Layers in words: outcome, tests, wall time, instruments and findings."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

from reports.evidence import Check, Finding, Instrument, LayerEvidence
from reports.objectives import SEVERITIES
from reports.render.rows import DASH, SIGNS, evidence_name
from reports.render.view import FindingRow, InstrumentRow, LayerRow
from reports.verdicts import LayerVerdict, State, Verdict
from reports.wording import duration, labelled, listed, number, scale_of

MOST_MISSING = 30
_TIMES = ("s", "ms")
OUTCOMES = ("failed", "error", "flaky", "skipped", "passed")


def layer_row(
    verdict: LayerVerdict, suite: Verdict | None, evidence: LayerEvidence | None
) -> LayerRow:
    """One layer; `suite` is the objective that every check of it passed."""
    state: State = suite.state if suite else "no evidence"
    records = evidence.records if evidence else ()
    instruments = tuple(record for record in records if isinstance(record, Instrument))
    return LayerRow(
        name=verdict.layer,
        state=state,
        sign=SIGNS[state],
        required=verdict.required,
        tests=_tests([item for item in records if isinstance(item, Check)]),
        wall=DASH if verdict.seconds is None else duration(verdict.seconds),
        seconds=verdict.seconds or 0.0,
        reasons=verdict.reasons or _why(suite),
        evidence=evidence_name(verdict.path),
        sha256=verdict.sha256,
        reached=_reached(instruments),
        blind=verdict.grade != "sound",
        instruments=tuple(_instrument(record) for record in instruments),
    )


def _why(suite: Verdict | None) -> tuple[str, ...]:
    return (suite.why,) if suite and suite.state != "met" else ()


def _reached(instruments: Sequence[Instrument]) -> str:
    """How much of what exists was seen, the smallest shares first."""
    shares = [
        (item, item.total)
        for item in instruments
        if item.total and item.total > 0 and _is_of_things(item)
    ]
    shares.sort(key=lambda pair: pair[0].value / pair[1])
    return listed((f"{item.name} {_of(item.value, total)}" for item, total in shares), 2) or DASH


def _is_of_things(record: Instrument) -> bool:
    """Whether it counts what exists: a length of time, and a rate, are no things to be reached."""
    return record.unit not in _TIMES and not record.unit.endswith("/s")


def _of(value: float, total: float) -> str:
    """`1,199,999 of 1,200,000`; what falls short of the whole never reads like the whole."""
    if value == total:
        return f"{number(value)} of {number(total)}"
    whole = number(total, value)
    return f"{number(value, total, float(whole.replace(',', '')))} of {whole}"


def _tests(checks: list[Check]) -> str:
    if not checks:
        return "no test"
    by_outcome: Counter[str] = Counter(check.outcome for check in checks)
    return ", ".join(f"{by_outcome[name]:,} {name}" for name in OUTCOMES if by_outcome[name])


def _instrument(record: Instrument) -> InstrumentRow:
    share = DASH
    reading = scale_of(record.unit, record.value).show(record.value)
    if record.total is not None:
        unit = f" {record.unit}" if record.unit else ""
        reading = f"{_of(record.value, record.total)}{unit}"
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


def finding_rows(
    evidence: Sequence[LayerEvidence], waived: Collection[str], believed: Collection[str]
) -> tuple[FindingRow, ...]:
    """Every finding of every layer, the gravest first and the waived ones last.

    `believed` are the layers whose evidence is: what others found is shown, and said to be theirs.
    """
    found = [
        record for layer in evidence for record in layer.records if isinstance(record, Finding)
    ]
    found.sort(key=lambda f: (f.fingerprint in waived, -SEVERITIES.index(f.severity), f.tool))
    return tuple(_finding(record, waived, believed) for record in found)


def _finding(record: Finding, waived: Collection[str], believed: Collection[str]) -> FindingRow:
    place = f"{record.path}:{record.line}" if record.line else record.path
    return FindingRow(
        tool=record.tool,
        rule=record.rule,
        severity=record.severity,
        place=place,
        message=record.message,
        fingerprint=record.fingerprint,
        waived=record.fingerprint in waived,
        layer=record.layer,
        doubted=record.layer not in believed,
    )
