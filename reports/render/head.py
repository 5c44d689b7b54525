"""The first screen in words: what was judged, under what, with which waivers, since when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import TypeVar

from reports.evidence import AnyRecord, Closing, LayerEvidence, Provenance
from reports.past import Past
from reports.render.since import summary_of
from reports.render.view import Pairs
from reports.verdicts import Verdicts
from reports.wording import count, duration, listed

AnyKind = TypeVar("AnyKind", bound=AnyRecord)


def banners(verdicts: Verdicts, past: Past) -> Iterator[str]:
    """What a reader must not miss."""
    strange = [layer.layer for layer in verdicts.layers if layer.foreign_tree]
    if strange:
        yield (
            f"The evidence is of another tree: {listed(strange, 9)}. The files changed after these "
            "layers ran, so nothing that they saw speaks for the files as they are now. "
            "Run the gate again."
        )
    if past.faults:
        yield f"The history of runs is damaged: {listed(past.faults, 2)}"


def facts(
    provenance: Provenance | None,
    evidence: Sequence[LayerEvidence],
    verdicts: Verdicts,
    past: Past,
    judged_at: str,
) -> Pairs:
    """What the verdict is about, and what a signature under it would accept."""
    about = _about(provenance, evidence, verdicts)
    return (
        *about,
        ("waivers", _waivers(verdicts, judged_at)),
        ("not known", _unknown(verdicts)),
        *_since(past),
    )


def _about(
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
        ("began", moment(provenance.at)),
        ("took", _took(evidence)),
        (
            "machine",
            f"{machine.get('cores', '?')} cores of {machine.get('cpu', 'an unknown CPU')}, "
            f"{machine.get('memory', 'unknown memory')}",
        ),
    )


def _waivers(verdicts: Verdicts, judged_at: str) -> str:
    """How many are in force, and which ends first."""
    valid = [item for item in verdicts.waivers if item.standing == "valid"]
    if not valid:
        return "none in force"
    first = min(valid, key=lambda item: item.waiver.expires)
    left = (first.waiver.expires - date.fromisoformat(judged_at[:10])).days
    when = "today" if left == 0 else f"in {count(left, 'day')}"
    return f"{len(valid)} in force; {first.waiver.target} ends first, {when}"


def _unknown(verdicts: Verdicts) -> str:
    unseen = [item for item in verdicts.objectives if item.state in ("invalid", "no evidence")]
    required = sum(item.required for item in unseen)
    if not unseen:
        return "nothing that was promised"
    others = len(unseen) - required
    parts = [f"{required} required" if required else "nothing that is required"]
    if others:
        parts.append(f"{others} that this policy does not require")
    return ", ".join(parts)


def _since(past: Past) -> Iterator[tuple[str, str]]:
    """Since the last release, or that this is not known; then since the run that stands in."""
    if past.absent:
        yield f"since {past.absent[0].label}", f"not known: {past.absent[0].why}"
    if past.leading:
        yield f"since {past.leading.label}", summary_of(past.leading)
    elif not past.absent:
        yield "since the last release", "not known: no earlier run to compare with"


def _took(evidence: Sequence[LayerEvidence]) -> str:
    """From the first record to the last, idle time between layers included."""
    moments = [parsed(record.at) for record in _framing(evidence)]
    known = [at for at in moments if at is not None]
    if len(known) < 2:
        return "unknown: no layer ended in order"
    return duration((max(known) - min(known)).total_seconds())


def _framing(evidence: Sequence[LayerEvidence]) -> Iterator[Provenance | Closing]:
    yield from every(evidence, Provenance)
    yield from every(evidence, Closing)


def parsed(at: str) -> datetime | None:
    """A moment with a zone; None for everything else."""
    try:
        found = datetime.fromisoformat(at)
    except ValueError:
        return None
    return found if found.tzinfo else None


def moment(at: str) -> str:
    """A moment as a reader meets it."""
    found = parsed(at)
    return found.strftime("%Y-%m-%d %H:%M:%S %Z") if found else at or "unknown"


def every(evidence: Sequence[LayerEvidence], kind: type[AnyKind]) -> Iterator[AnyKind]:
    """All records of one kind, of all layers."""
    for layer in evidence:
        for record in layer.records:
            if isinstance(record, kind):
                yield record


def believed(verdicts: Verdicts, evidence: Sequence[LayerEvidence]) -> tuple[LayerEvidence, ...]:
    """The evidence of this run and tree that is whole: what may speak for the run.

    Not that of an unknown layer, which nobody weighed.
    """
    usable = {layer.layer for layer in verdicts.layers if layer.grade != "unusable"}
    return tuple(layer for layer in evidence if layer.layer in usable)


def first_provenance(evidence: Sequence[LayerEvidence]) -> Provenance | None:
    """The provenance that was written first; ISO moments of one zone sort as text."""
    return min(every(evidence, Provenance), key=lambda record: record.at, default=None)


def provenance_pairs(provenance: Provenance | None, verdicts: Verdicts) -> Pairs:
    """Everything that is known of where the evidence came from."""
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
