"""Runs made up for the tests of the judge: objectives, layers in memory, layers on disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

from reports.evidence import (
    AnyRecord,
    Check,
    Closing,
    EvidenceWriter,
    Finding,
    Instrument,
    LayerEvidence,
    Measurement,
    Opening,
    Outcome,
    Provenance,
    Severity,
)
from reports.gate import judge
from reports.objectives import Objective, Objectives, Policy
from reports.soundness import Setting, Weighed, weigh
from reports.verdicts import Verdict, Verdicts
from reports.waivers import Waiver

TREE = "1f3c" * 10
OTHER_TREE = "beef" * 10
RUN = "20260101-120000-gate"
LAYERS = ("unit", "security", "load")
TODAY = date(2026, 3, 1)


def provenance(tree: str = TREE) -> Provenance:
    return Provenance(
        commit="c0ffee" * 6, tree=tree, dirty=False, branch="main", machine={"cores": "2"}
    )


def check(name: str = "one", outcome: Outcome = "passed", *objectives: str, **more: Any) -> Check:
    return Check(id=f"suites/x/test_x.py::{name}", outcome=outcome, objectives=objectives, **more)


def measured(value: float, **more: Any) -> Measurement:
    return Measurement(**{"metric": "latency_ms", "value": value, "unit": "ms", **more})


def instrument(value: float, total: float | None = None, **more: Any) -> Instrument:
    return Instrument(**{"name": "files_parsed", "value": value, "total": total, **more})


def finding(mark: str = "f1", severity: Severity = "medium", **more: Any) -> Finding:
    body = {"tool": "bandit", "rule": "B1", "message": "bad", "path": "a.py", "line": 3, **more}
    return Finding(fingerprint=mark, severity=severity, **body)


def layer(
    name: str,
    *records: AnyRecord,
    tree: str = TREE,
    run: str = RUN,
    exit_status: int = 0,
    deselected: int = 0,
    collected: int | None = None,
) -> LayerEvidence:
    """A layer that ended in order; one passed check is added where `records` hold none."""
    body = list(records)
    if not any(isinstance(record, Check) for record in body):
        body.append(check(f"of_{name}"))
    count = len({record.id for record in body if isinstance(record, Check)})
    opening = Opening(
        tree=tree, collected=count if collected is None else collected, deselected=deselected
    )
    framed = (provenance(tree), opening, *body, Closing(exit_status=exit_status, seconds=1.5))
    return LayerEvidence(name, f"{name}.ndjson", "ab" * 32, tuple(stamped(framed, name, run)), ())


def stamped(records: Sequence[AnyRecord], name: str, run: str) -> list[AnyRecord]:
    return [
        replace(record, run=run, layer=name, at="2026-01-01T12:00:00+00:00") for record in records
    ]


def write(folder: Path, name: str, *records: AnyRecord, **options: Any) -> Path:
    """The same layer as a file of a run folder; `exit_status=None` leaves it without a closing."""
    exit_status = options.pop("exit_status", 0)
    made = layer(name, *records, **options)
    path = folder / "evidence" / f"{name}.ndjson"
    writer = EvidenceWriter(path, run=made.records[0].run, layer=name)
    for record in made.records[:-1]:
        writer.write(record)
    if exit_status is None:
        writer.abandon()
    else:
        writer.close(exit_status)
    return path


def weighed(evidence: LayerEvidence | None, name: str = "load") -> Weighed:
    files = [evidence] if evidence else []
    return weigh(evidence.layer if evidence else name, files, Setting(TREE, RUN), required=True)


# --- objectives --------------------------------------------------------------------------------

CONTEXT = {"layers": LAYERS, "policies": ("commit", "release")}
LATENCY: Mapping[str, Any] = {
    "kind": "measurement", "layer": "load", "metric": "latency_ms",
    "op": "<", "limit": 200.0, "unit": "ms",
}  # fmt: skip
PARSED: Mapping[str, Any] = {"kind": "instrument", "layer": "security", "name": "files_parsed"}
BANDIT: Mapping[str, Any] = {
    "kind": "findings", "layer": "security", "tools": ("bandit",), "severity": "medium",
}  # fmt: skip
SPOKEN: Mapping[str, Any] = {"kind": "checks", "layers": ("unit",)}


def objective(identity: str, *clauses: Mapping[str, Any], policy: str = "commit") -> Objective:
    table = {
        "id": identity, "promise": f"{identity} holds", "target": "as promised",
        "reason": "it was promised", "policies": (policy,), "requires": tuple(clauses),
        "shown_by": () if clauses else ("recovery",),
    }  # fmt: skip
    return Objective.model_validate(table, context=CONTEXT)


def objectives(*rows: Objective, layers: Sequence[str] = LAYERS) -> Objectives:
    commit = Policy(name="commit", description="every push", layers=tuple(layers))
    release = Policy(name="release", description="everything", includes=("commit",))
    return Objectives(layers=LAYERS, policies=(commit, release), objectives=rows)


def small() -> Objectives:
    """Four objectives, one of each kind of clause, over three layers."""
    return objectives(
        objective("fast", LATENCY),
        objective("clean", BANDIT, PARSED),
        objective("right", SPOKEN),
    )


def good_layers() -> list[LayerEvidence]:
    """Evidence under which `small()` is GO."""
    return [
        layer("unit", check("a", "passed", "right"), check("b")),
        layer("security", instrument(61, 61), check("c")),
        layer("load", measured(150, samples=9000, low=145, high=155), check("d")),
    ]


GRANTED, EXPIRES = date(2026, 1, 15), date(2026, 4, 1)


def waiver(scope: str, granted: date = GRANTED, expires: date = EXPIRES) -> Waiver:
    return Waiver(scope=scope, owner="eve@example.org", reason="known", granted=granted,
                  expires=expires)  # fmt: skip


def judged(
    evidence: Sequence[LayerEvidence],
    rows: Objectives | None = None,
    waivers: Sequence[Waiver] = (),
    policy: str = "commit",
) -> Verdicts:
    return judge(rows or small(), evidence, waivers, policy, TODAY, TREE, RUN)


def of(verdicts: Verdicts, identity: str) -> Verdict:
    return next(item for item in verdicts.objectives if item.id == identity)


def instead(evidence: Sequence[LayerEvidence], *changed: LayerEvidence) -> list[LayerEvidence]:
    """The same run with some layers replaced."""
    fresh = {item.layer: item for item in changed}
    return [fresh.get(item.layer, item) for item in evidence]
