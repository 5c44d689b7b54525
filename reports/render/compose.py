"""From verdicts and evidence to the view that every renderer shows. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import TypeVar

from reports.evidence import (
    AnyRecord,
    Closing,
    LayerEvidence,
    Measurement,
    Provenance,
)
from reports.objectives import SUITE_SUFFIX, ComparisonClause, MeasurementClause, Objectives
from reports.render.charts import charts_of
from reports.render.layers import layer_row
from reports.render.rows import DASH, objective_row
from reports.render.view import (
    EarlierRun,
    LayerRow,
    MeasurementRow,
    Pairs,
    View,
    WaiverRow,
)
from reports.verdicts import ORDER, Release, Verdict, Verdicts, WaiverVerdict
from reports.wording import duration, labelled, listed, number, scale_of

AnyKind = TypeVar("AnyKind", bound=AnyRecord)
SIGNS: dict[Release, str] = {"GO": "✓", "NO-GO": "✕", "NO VERDICT": "?"}
TONES: dict[Release, str] = {"GO": "go", "NO-GO": "nogo", "NO VERDICT": "unknown"}
SERVICE_METRICS = ("service_start_s", "database_handout_ms")
LAYER_TIME = "layer_wall_s"  # the layers' table shows it


def view_of(
    verdicts: Verdicts,
    evidence: Sequence[LayerEvidence],
    objectives: Objectives,
    *,
    judged_at: str,
    report_path: str,
    earlier: Sequence[EarlierRun] = (),
) -> View:
    """Everything that a renderer may show, decided here."""
    rows = sorted(map(objective_row, verdicts.objectives), key=lambda row: -ORDER.index(row.state))
    judged = {
        (clause.layer, clause.metric)
        for item in objectives.objectives
        for clause in item.requires
        if isinstance(clause, MeasurementClause | ComparisonClause)
    }
    loose = [row for row in _measurements(evidence) if row[0] not in judged]
    provenance = _first(evidence)
    return View(
        verdicts=verdicts,
        evidence=tuple(evidence),
        release=verdicts.release,
        sign=SIGNS[verdicts.release],
        tone=TONES[verdicts.release],
        policy=verdicts.policy,
        policy_description=verdicts.policy_description,
        why=verdicts.why,
        banners=tuple(_banners(verdicts)),
        facts=_facts(provenance, evidence, verdicts),
        required=tuple(row for row in rows if row.required and not row.implicit),
        optional=tuple(row for row in rows if not row.required and not row.implicit),
        suites=tuple(row for row in rows if row.implicit),
        unknown=tuple(row for row in rows if row.state in ("invalid", "no evidence")),
        layers=_layers(verdicts, evidence),
        charts=charts_of(evidence),
        waivers=tuple(_waiver(item) for item in verdicts.waivers),
        service_times=tuple(row for (_, name), row in loose if name in SERVICE_METRICS),
        measurements=tuple(
            row for (_, name), row in loose if name not in (*SERVICE_METRICS, LAYER_TIME)
        ),
        unclaimed=verdicts.unclaimed,
        provenance=_provenance(provenance, verdicts),
        tools=tuple(sorted(provenance.tools.items())) if provenance else (),
        earlier=tuple(earlier),
        judged_at=judged_at,
        report_path=report_path,
    )


# --- rows --------------------------------------------------------------------------------------


def _layers(verdicts: Verdicts, evidence: Sequence[LayerEvidence]) -> tuple[LayerRow, ...]:
    suites: dict[str, Verdict] = {
        item.id.removesuffix(SUITE_SUFFIX): item for item in verdicts.objectives if item.implicit
    }
    files = {file.layer: file for file in evidence}
    waived = {
        item.waiver.target
        for item in verdicts.waivers
        if item.standing == "valid" and item.waiver.kind == "finding"
    }
    return tuple(
        layer_row(layer, suites.get(layer.layer), files.get(layer.layer), waived)
        for layer in verdicts.layers
        if layer.required or layer.path
    )


def _measurements(
    evidence: Sequence[LayerEvidence],
) -> Iterator[tuple[tuple[str, str], MeasurementRow]]:
    for record in _all(evidence, Measurement):
        scale = scale_of(record.unit, record.value)
        interval = DASH
        if record.low is not None and record.high is not None:
            interval = f"{scale.bare(record.low)} to {scale.show(record.high)}"
        row = MeasurementRow(
            layer=record.layer,
            metric=labelled(record.metric, record.dimensions),
            value=scale.show(record.value),
            samples=number(record.samples),
            interval=interval,
        )
        yield (record.layer, record.metric), row


def _waiver(item: WaiverVerdict) -> WaiverRow:
    counts = item.standing == "valid"
    nothing = "matches nothing: remove it" if counts else "counts as none: renew or remove it"
    return WaiverRow(
        scope=item.waiver.scope,
        owner=item.waiver.owner,
        reason=item.waiver.reason,
        expires=item.waiver.expires.isoformat(),
        standing=item.standing,
        used_for=listed(item.used_for) or nothing,
        counts=counts,
        idle=not counts or not item.used_for,
    )


# --- the head of the page ----------------------------------------------------------------------


def _banners(verdicts: Verdicts) -> Iterator[str]:
    strange = [layer.layer for layer in verdicts.layers if layer.foreign_tree]
    if strange:
        yield (
            f"The evidence is of another tree: {listed(strange, 9)}. The files changed after these "
            "layers ran, so nothing that they saw speaks for the files as they are now. "
            "Run the gate again."
        )


def _facts(
    provenance: Provenance | None, evidence: Sequence[LayerEvidence], verdicts: Verdicts
) -> Pairs:
    if provenance is None:
        return (("run", verdicts.run),)
    machine = provenance.machine
    branch = f" on {provenance.branch}" if provenance.branch else ""
    state = "with uncommitted changes" if provenance.dirty else "clean"
    return (
        ("commit", f"{provenance.commit[:12] or 'none yet'}{branch}, {state}"),
        ("run", verdicts.run),
        ("began", _moment(provenance.at)),
        ("took", _took(evidence)),
        (
            "machine",
            f"{machine.get('cores', '?')} cores of {machine.get('cpu', 'an unknown CPU')}, "
            f"{machine.get('memory', 'unknown memory')}",
        ),
    )


def _took(evidence: Sequence[LayerEvidence]) -> str:
    """From the first record to the last, idle time between layers included."""
    moments = [_parsed(record.at) for record in _framing(evidence)]
    known = [moment for moment in moments if moment is not None]
    if len(known) < 2:
        return "unknown: no layer ended in order"
    return duration((max(known) - min(known)).total_seconds())


def _framing(evidence: Sequence[LayerEvidence]) -> Iterator[Provenance | Closing]:
    yield from _all(evidence, Provenance)
    yield from _all(evidence, Closing)


def _parsed(at: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(at)
    except ValueError:
        return None
    return moment if moment.tzinfo else None


def _moment(at: str) -> str:
    moment = _parsed(at)
    return moment.strftime("%Y-%m-%d %H:%M:%S %Z") if moment else at or "unknown"


def _provenance(provenance: Provenance | None, verdicts: Verdicts) -> Pairs:
    if provenance is None:
        return (("tree judged", verdicts.tree),)
    return (
        ("commit", provenance.commit or "none yet"),
        ("branch", provenance.branch or "detached"),
        ("tree measured", provenance.tree),
        ("tree judged", verdicts.tree),
        ("uv.lock sha256", provenance.lockfile_sha256 or "no lock file"),
        *sorted(provenance.machine.items()),
    )


def _all(evidence: Sequence[LayerEvidence], kind: type[AnyKind]) -> Iterator[AnyKind]:
    for layer in evidence:
        for record in layer.records:
            if isinstance(record, kind):
                yield record


def _first(evidence: Sequence[LayerEvidence]) -> Provenance | None:
    """The provenance that was written first; ISO moments of one zone sort as text."""
    return min(_all(evidence, Provenance), key=lambda record: record.at, default=None)
