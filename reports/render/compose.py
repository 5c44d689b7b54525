"""From verdicts and evidence to the view that every renderer shows. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace

from reports.clusters import clusters_of
from reports.compare import value_name
from reports.evidence import Check, LayerEvidence, Measurement
from reports.objectives import (
    SUITE_SUFFIX,
    ComparisonClause,
    FindingsClause,
    MeasurementClause,
    Objectives,
)
from reports.past import Past
from reports.render import failures, head
from reports.render.charts import Limit, charts_of, split
from reports.render.layers import finding_rows, layer_row
from reports.render.load import ALL, load_view, with_load
from reports.render.matrix import METRIC as ACCESS_CELL
from reports.render.matrix import access_matrix, with_cells
from reports.render.pack import packed
from reports.render.rows import evidence_name, objective_row, span, worst_first
from reports.render.since import drifts_of, earlier_rows, since_rows, trend_row
from reports.render.view import (
    LayerRow,
    MeasurementRow,
    ObjectiveRow,
    Pairs,
    View,
    WaiverRow,
)
from reports.sbom import Sbom
from reports.verdicts import ORDER, Release, Verdict, Verdicts, WaiverVerdict
from reports.wording import count, labelled, listed, number, scale_of

SIGNS: dict[Release, str] = {"GO": "✓", "NO-GO": "✕", "NO VERDICT": "?"}
TONES: dict[Release, str] = {"GO": "go", "NO-GO": "nogo", "NO VERDICT": "unknown"}
SERVICE_METRICS = ("service_start_s", "database_handout_ms")
SHOWN_ELSEWHERE = ("layer_wall_s", ACCESS_CELL)
NO_PAST = Past()
MOST_TESTS = 12
MOST_UNSETTLED = 3


def view_of(
    verdicts: Verdicts,
    evidence: Sequence[LayerEvidence],
    objectives: Objectives,
    *,
    judged_at: str,
    report_path: str,
    past: Past = NO_PAST,
    folders: Collection[str] = (),
    sboms: Sequence[Sbom] = (),
) -> View:
    """Everything that a renderer may show, decided here.

    `folders` are the runs beside this one that still have theirs.
    """
    checks = tuple(head.every(evidence, Check))
    rows = _objectives(verdicts, checks, past)
    clusters = failures.cluster_rows(checks, past)
    believed = head.believed(verdicts, evidence)
    spoken = believed or evidence  # what nobody can be held to still tells what was tried
    names = {layer.layer for layer in believed}
    findings = finding_rows(evidence, _waived_findings(verdicts), names)
    loose = [row for row in _measurements(evidence) if row[0] not in _judged(objectives)]
    measurements = tuple(
        row for (_, name), row in loose if name not in (*SERVICE_METRICS, *SHOWN_ELSEWHERE)
    )
    charts = charts_of(evidence, _limits(objectives))
    charts_open, charts_closed = split(charts)
    provenance = head.first_provenance(spoken)
    return View(
        verdicts=verdicts,
        evidence=tuple(evidence),
        release=verdicts.release,
        sign=SIGNS[verdicts.release],
        tone=TONES[verdicts.release],
        policy=verdicts.policy,
        policy_description=verdicts.policy_description,
        why=verdicts.why,
        banners=tuple(head.banners(verdicts, past)),
        facts=head.facts(provenance, spoken, verdicts, past, judged_at),
        required=tuple(row for row in rows if row.required and not row.implicit),
        optional=tuple(row for row in rows if not row.required and not row.implicit),
        suites=tuple(row for row in rows if row.implicit),
        unknown=tuple(row for row in rows if row.state in ("invalid", "no evidence")),
        layers=_layers(verdicts, evidence),
        clusters=clusters,
        outcomes=failures.outcomes_said(checks),
        skipped=failures.skipped_rows(checks),
        flaky=failures.flaky_rows(checks, past, provenance.tree if provenance else ""),
        slowest=failures.slowest_rows(checks),
        tests=len(checks),
        unspoken=_unspoken(checks),
        charts=charts,
        charts_open=charts_open,
        charts_closed=charts_closed,
        load=load_view(evidence, _marks(objectives)),
        matrix=access_matrix(believed),
        rights_doubted=tuple(name for name in with_cells(evidence) if name not in names),
        load_doubted=tuple(name for name in with_load(evidence, charts) if name not in names),
        findings=findings,
        scanners=_scanners(objectives, verdicts),
        waivers=tuple(_waiver(item) for item in verdicts.waivers),
        sbom=tuple(map(_sbom, sboms)),
        service_times=tuple(row for (_, name), row in loose if name in SERVICE_METRICS),
        measurements=measurements,
        unclaimed=verdicts.unclaimed,
        provenance=head.provenance_pairs(provenance, verdicts),
        tools=tuple(sorted(provenance.tools.items())) if provenance else (),
        files=_files(evidence, sboms),
        since=since_rows(past),
        drifts=drifts_of(past),
        earlier=earlier_rows(past, tuple(folders)),
        judged_at=judged_at,
        report_path=report_path,
        pack=packed(checks, clusters_of(checks), _ages(past), rows, findings, measurements, charts),
    )


# --- objectives --------------------------------------------------------------------------------


def _objectives(
    verdicts: Verdicts, checks: Sequence[Check], past: Past
) -> tuple[ObjectiveRow, ...]:
    """Every objective with its tests, its evidence and its past, the worst first."""
    speakers: dict[str, list[str]] = {}
    for check in checks:
        for objective in check.objectives:
            speakers.setdefault(objective, []).append(check.id)
    before = past.leading.base.states if past.leading else {}
    rows = [_objective(item, speakers.get(item.id, []), before, past)
            for item in verdicts.objectives]  # fmt: skip
    return tuple(sorted(rows, key=lambda row: -ORDER.index(row.state)))


def _objective(
    verdict: Verdict, tests: Sequence[str], before: Mapping[str, str], past: Past
) -> ObjectiveRow:
    named = _followed(verdict)
    was = before.get(verdict.id, verdict.state)
    files = {item.path: item.sha256 for item in verdict.readings if item.sha256}
    rest = len(tests) - MOST_TESTS
    more = (f"and {rest} more: search for @{verdict.id}",) if rest > 0 else ()
    return replace(
        objective_row(verdict),
        files=tuple((evidence_name(path), digest) for path, digest in sorted(files.items())),
        tests=(*tests[:MOST_TESTS], *more),
        trend=trend_row(past.trends.get(named)),
        was=was if was != verdict.state else "",
    )


def _followed(verdict: Verdict) -> str:
    """The value whose course is drawn: the worst measurement, as its row shows it first."""
    measured = [item for item in worst_first(verdict.readings) if item.kind == "measurement"]
    return value_name(verdict.id, measured[0].subject) if measured else ""


def _judged(objectives: Objectives) -> set[tuple[str, str]]:
    return {
        (clause.layer, clause.metric)
        for item in objectives.objectives
        for clause in item.requires
        if isinstance(clause, MeasurementClause | ComparisonClause)
    }


def _limits(objectives: Objectives) -> dict[str, Limit]:
    return {
        clause.metric: Limit(clause.op, clause.limit)
        for item in objectives.objectives
        for clause in item.requires
        if isinstance(clause, MeasurementClause) and clause.where.get("endpoint", ALL) == ALL
    }


def _marks(objectives: Objectives) -> dict[str, tuple[float, ...]]:
    """Every limit of every metric, whatever part of it each is for."""
    found: dict[str, tuple[float, ...]] = {}
    for item in objectives.objectives:
        for clause in item.requires:
            if isinstance(clause, MeasurementClause):
                found[clause.metric] = (*found.get(clause.metric, ()), clause.limit)
    return found


def _unspoken(checks: Sequence[Check]) -> Pairs:
    """How many tests of each layer speak for no objective of their own."""
    silent = Counter(check.layer for check in checks if not check.objectives)
    total = Counter(check.layer for check in checks)
    return tuple(
        (layer, f"{number(silent[layer])} of {count(total[layer], 'test')}")
        for layer in total
        if silent[layer]
    )


def _ages(past: Past) -> Mapping[str, str]:
    if past.leading is None:
        return {}
    return {
        **dict.fromkeys(past.leading.new, "new"),
        **dict.fromkeys(past.leading.still, "still failing"),
    }


# --- rows --------------------------------------------------------------------------------------


def _layers(verdicts: Verdicts, evidence: Sequence[LayerEvidence]) -> tuple[LayerRow, ...]:
    suites: dict[str, Verdict] = {
        item.id.removesuffix(SUITE_SUFFIX): item for item in verdicts.objectives if item.implicit
    }
    files = {file.layer: file for file in evidence}
    return tuple(
        layer_row(layer, suites.get(layer.layer), files.get(layer.layer))
        for layer in verdicts.layers
        if layer.required or layer.path
    )


def _waived_findings(verdicts: Verdicts) -> set[str]:
    return {
        item.waiver.target
        for item in verdicts.waivers
        if item.standing == "valid" and item.waiver.kind == "finding"
    }


def _measurements(
    evidence: Sequence[LayerEvidence],
) -> Iterator[tuple[tuple[str, str], MeasurementRow]]:
    for record in head.every(evidence, Measurement):
        scale = scale_of(record.unit, record.value)
        row = MeasurementRow(
            layer=record.layer,
            metric=labelled(record.metric, record.dimensions),
            value=scale.show(record.value),
            samples=number(record.samples),
            interval=span(scale, record.low, record.high),
        )
        yield (record.layer, record.metric), row


def _waiver(item: WaiverVerdict) -> WaiverRow:
    counts = item.standing == "valid"
    return WaiverRow(
        scope=item.waiver.scope,
        owner=item.waiver.owner,
        reason=item.waiver.reason,
        expires=item.waiver.expires.isoformat(),
        standing=item.standing,
        used_for=listed(item.used_for) or _used_for_nothing(item),
        counts=counts,
        idle=not counts or not item.used_for,
    )


def _used_for_nothing(item: WaiverVerdict) -> str:
    if item.standing != "valid":
        return "counts as none: renew or remove it"
    if item.unsettled:
        return f"not needed so far: {listed(item.unsettled[:MOST_UNSETTLED])} could not be judged"
    return "matches nothing: remove it"


def _scanners(objectives: Objectives, verdicts: Verdicts) -> tuple[str, ...]:
    """The tools whose findings are judged, of layers whose evidence can be believed."""
    sound = {item.layer for item in verdicts.layers if item.grade == "sound"}
    return tuple(
        sorted(
            {
                tool
                for item in objectives.objectives
                for clause in item.requires
                if isinstance(clause, FindingsClause) and clause.layer in sound
                for tool in clause.tools
            }
        )
    )


def _sbom(bill: Sbom) -> str:
    if bill.fault:
        return f"{bill.path}: {bill.fault}"
    licences = listed((f"{name} {amount}" for name, amount in bill.licences), 8)
    return (
        f"{bill.path}: {count(bill.components, 'component')}, {bill.format}; licences: {licences}"
    )


def _files(evidence: Sequence[LayerEvidence], sboms: Sequence[Sbom]) -> Pairs:
    """Every file that the verdict rests on, and its SHA-256."""
    return (
        *((evidence_name(file.path), file.sha256) for file in evidence),
        *((bill.path, bill.sha256) for bill in sboms if bill.sha256),
    )
