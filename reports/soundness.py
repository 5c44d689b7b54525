"""Whether a layer's evidence can be believed, and every reason why not.

Three grades. Sound evidence can acquit and condemn. Partial evidence (tests left out, a run that
was interrupted) can condemn, but not acquit: a failure that was seen is a failure. Unusable
evidence (no file, a cut or changed one, another run, another tree) can do neither.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from reports.evidence import AnyRecord, Check, Closing, LayerEvidence, Opening, Provenance
from reports.verdicts import LayerVerdict
from reports.wording import count, listed

INTERRUPTED = {
    2: "the run was interrupted",
    3: "pytest broke inside",
    4: "pytest was called wrongly",
    5: "no test was collected",
}
WHOLE = ("", "1/1")
AnyKind = TypeVar("AnyKind", bound=AnyRecord)


@dataclass(frozen=True)
class Setting:
    """What the evidence must belong to: the present tree, and the run that is judged."""

    tree: str
    run: str


@dataclass(frozen=True)
class Weighed:
    """A layer's evidence with the judgement of its soundness."""

    verdict: LayerVerdict
    evidence: LayerEvidence | None

    def of(self, kind: type[AnyKind]) -> tuple[AnyKind, ...]:
        """The records of a kind; none where the evidence is unusable."""
        if self.evidence is None or self.verdict.grade == "unusable":
            return ()
        found: tuple[AnyKind, ...] = self._by_kind.get(kind, ())
        return found

    @cached_property
    def _by_kind(self) -> Mapping[type, tuple[Any, ...]]:
        """The records sorted once: every clause of every objective asks for them."""
        found: dict[type, list[AnyRecord]] = {}
        for record in self.evidence.records if self.evidence else ():
            found.setdefault(type(record), []).append(record)
        return {kind: tuple(records) for kind, records in found.items()}

    def speaking_for(self, objective: str) -> tuple[Check, ...]:
        """The tests of this layer that speak for an objective; none where nothing is believed."""
        return self._by_objective.get(objective, ())

    @cached_property
    def _by_objective(self) -> Mapping[str, tuple[Check, ...]]:
        found: dict[str, list[Check]] = {}
        for check in self.of(Check):
            for objective in dict.fromkeys(check.objectives):
                found.setdefault(objective, []).append(check)
        return {objective: tuple(checks) for objective, checks in found.items()}

    @property
    def doubt(self) -> str:
        """Why it cannot acquit, as one sentence; empty where it can."""
        return "; ".join(self.verdict.reasons)


def weigh(
    layer: str, files: Sequence[LayerEvidence], setting: Setting, *, required: bool
) -> Weighed:
    """Weigh the evidence of one layer: `files` are all that claim to be of it."""
    if not files:
        reason = f"layer {layer} left no evidence (it did not run, or not into this folder)"
        verdict = LayerVerdict(layer=layer, required=required, grade="unusable", reasons=(reason,))
        return Weighed(verdict, None)
    evidence = files[0]
    damning = [*_doubled_files(files), *_damage(evidence), *_foreign(evidence, setting)]
    limiting = list(_gaps(evidence))
    closing = _only(evidence, Closing)
    verdict = LayerVerdict(
        layer=layer,
        required=required,
        grade="unusable" if damning else "partial" if limiting else "sound",
        reasons=(*damning, *limiting),
        foreign_tree=bool(_other_trees(evidence, setting)),
        checks=sum(isinstance(record, Check) for record in evidence.records),
        seconds=closing.seconds if closing else None,
        path=evidence.path,
        sha256=evidence.sha256,
    )
    return Weighed(verdict, evidence)


def _doubled_files(files: Sequence[LayerEvidence]) -> Iterator[str]:
    if len(files) > 1:
        yield f"layer {files[0].layer} has {len(files)} files: {listed(f.path for f in files)}"


def _damage(evidence: LayerEvidence) -> Iterator[str]:
    if evidence.faults:
        shown = listed((f"line {fault.line}: {fault.problem}" for fault in evidence.faults), 3)
        yield f"the evidence of layer {evidence.layer} is not whole ({shown})"


def _foreign(evidence: LayerEvidence, setting: Setting) -> Iterator[str]:
    if not evidence.records:
        return
    run = evidence.records[0].run
    if run != setting.run:
        yield f"layer {evidence.layer} is of another run ({run or 'unnamed'}, not {setting.run})"
    strange = _other_trees(evidence, setting)
    if strange:
        yield (
            f"the evidence of layer {evidence.layer} is of another tree "
            f"({listed(strange)}, now {setting.tree[:12]})"
        )


def _other_trees(evidence: LayerEvidence, setting: Setting) -> list[str]:
    """The trees that its first lines name and that are not the present one; naming none is one."""
    named = [record.tree for record in evidence.records if isinstance(record, Provenance | Opening)]
    return sorted({tree[:12] or "unnamed" for tree in named if tree != setting.tree})


def _gaps(evidence: LayerEvidence) -> Iterator[str]:
    """What was left out of a file that may be whole in itself."""
    layer = evidence.layer
    opening, closing = _only(evidence, Opening), _only(evidence, Closing)
    checks = [record for record in evidence.records if isinstance(record, Check)]
    distinct = Counter(check.id for check in checks)
    if opening and opening.shard not in WHOLE:
        yield f"layer {layer} is shard {opening.shard} alone, a shard is missing: merge all of them"
    if opening and opening.deselected:
        yield f"{count(opening.deselected, 'test')} of layer {layer} left out by choice"
    if not checks:
        yield f"layer {layer} ran no test"
    elif opening and len(distinct) != opening.collected:
        yield f"layer {layer} collected {opening.collected} tests and recorded {len(distinct)}"
    doubled = [name for name, times in distinct.items() if times > 1]
    if doubled:
        yield f"layer {layer} recorded {count(len(doubled), 'test')} twice: {listed(doubled, 2)}"
    if closing:
        yield from _ending(layer, closing, checks)


def _ending(layer: str, closing: Closing, checks: Sequence[Check]) -> Iterator[str]:
    status = closing.exit_status
    if status in INTERRUPTED:
        yield f"layer {layer} did not end in order: {INTERRUPTED[status]} (exit {status})"
    elif status not in (0, 1):
        yield f"layer {layer} ended with the unknown exit status {status}"
    elif status == 1 and all(check.outcome in ("passed", "skipped") for check in checks):
        yield f"layer {layer} ended as failed (exit 1), but no failed test is recorded"


def _only(evidence: LayerEvidence, kind: type[AnyKind]) -> AnyKind | None:
    found = [record for record in evidence.records if isinstance(record, kind)]
    return found[0] if found else None


def run_of(evidence: Sequence[LayerEvidence], folder: str) -> str:
    """The run that a folder holds: its own name, or the one run that all of its files name.

    A folder may be renamed or unpacked elsewhere; files of several runs in one folder may not pass
    for one, and then only those named like the folder count.
    """
    named = {layer.records[0].run for layer in evidence if layer.records}
    (only, *others) = named or {folder}
    return folder if others else only or folder
