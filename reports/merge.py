"""Evidence of several machines or shards as one run.

Layers that ran whole on one machine are taken over. Parts of one layer become one file, in which
measurements, series and instruments say by a dimension which part they are of. What the parts lack,
the whole lacks: a part that is missing, damaged or of another tree leaves the merged layer unable
to acquit, and the judge says why.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from reports.evidence import (
    AnyRecord,
    Check,
    Closing,
    EvidenceWriter,
    Instrument,
    LayerEvidence,
    Measurement,
    Opening,
    Provenance,
    Series,
    read_run,
)

FOLDERS = ("evidence", "attachments")  # what a merge writes


class MergeError(ValueError):
    """The folders cannot be one run; the message says which and why."""


@dataclass(frozen=True)
class Part:
    """One layer's file of one folder. `number` of `total` is 1 of 1 for a whole layer."""

    source: Path
    evidence: LayerEvidence
    number: int
    total: int


@dataclass(frozen=True)
class Merged:
    """A layer after the merge: how many parts it has, and which are missing."""

    layer: str
    parts: int
    missing: tuple[int, ...]
    damaged: tuple[str, ...]


def merge(target: Path, sources: Sequence[Path]) -> tuple[Merged, ...]:
    """Write the evidence of all sources into the new folder `target`.

    Raises MergeError for folders that contradict each other, before anything is written; OSError.
    """
    layers = _by_layer(sources)
    for layer, parts in layers.items():
        _refuse_contradictions(layer, parts)
    for name in FOLDERS:
        if os.path.lexists(target / name):
            raise MergeError(f"{target}/{name} exists, and evidence is never replaced")
    making = target.parent / f".{target.name}.merging"
    try:
        merged = _make(making, target.resolve().name, sources, layers)
        target.mkdir(parents=True, exist_ok=True)
        for made in making.iterdir():
            made.rename(target / made.name)
    finally:
        shutil.rmtree(making, ignore_errors=True)
    return merged


def _make(
    folder: Path, run: str, sources: Sequence[Path], layers: Mapping[str, Sequence[Part]]
) -> tuple[Merged, ...]:
    numbers = {source: number for number, source in enumerate(sources, start=1)}
    for source, number in numbers.items():
        _copy_attachments(source, folder, number)
    return tuple(_merge_layer(folder, run, layer, parts, numbers)
                 for layer, parts in layers.items())  # fmt: skip


def _by_layer(sources: Sequence[Path]) -> dict[str, list[Part]]:
    found: dict[str, list[Part]] = {}
    for source in sources:
        files = read_run(source)
        if not files:
            raise MergeError(f"{source}: no evidence is there")
        for evidence in files:
            number, total = _shard_of(evidence)
            found.setdefault(evidence.layer, []).append(Part(source, evidence, number, total))
    return found


def _shard_of(evidence: LayerEvidence) -> tuple[int, int]:
    opening = _first(evidence, Opening)
    shard = opening.shard if isinstance(opening, Opening) else ""
    if not shard:
        return 1, 1
    if "+" in shard:
        raise MergeError(f"{evidence.path}: shard {shard} is a merged one already")
    number, _, total = shard.partition("/")
    try:
        part = int(number), int(total)
    except ValueError:
        part = 0, 0
    if not 1 <= part[0] <= part[1]:
        raise MergeError(f"{evidence.path}: expected a shard such as 2/3, found {shard}")
    return part


def _refuse_contradictions(layer: str, parts: Sequence[Part]) -> None:
    totals = sorted({part.total for part in parts})
    unnamed = [part for part in parts if _first(part.evidence, Opening) is None]
    if len(totals) > 1 and unnamed:
        raise MergeError(
            f"{_places(unnamed)}: damaged before it says which part of layer {layer} it is"
        )
    if len(totals) > 1:
        raise MergeError(f"layer {layer} was cut in {totals[0]} parts and in {totals[1]}: "
                         f"{_places(parts)}")  # fmt: skip
    seen: dict[int, Part] = {}
    for part in parts:
        twin = seen.setdefault(part.number, part)
        if twin is not part:
            what = f"shard {part.number}/{part.total} of layer" if part.total > 1 else "layer"
            raise MergeError(f"{what} {layer} is there twice: {_places([twin, part])}")


def _places(parts: Sequence[Part]) -> str:
    return ", ".join(part.evidence.path for part in parts)


# --- one layer ---------------------------------------------------------------------------------


def _merge_layer(
    folder: Path, run: str, layer: str, parts: Sequence[Part], numbers: Mapping[Path, int]
) -> Merged:
    ordered = sorted(parts, key=lambda part: part.number)
    total = ordered[0].total
    missing = tuple(sorted(set(range(1, total + 1)) - {part.number for part in ordered}))
    damaged = tuple(part.evidence.path for part in ordered if not part.evidence.whole)
    writer = EvidenceWriter(folder / "evidence" / f"{layer}.ndjson", run=run, layer=layer)
    for record in _head(ordered, missing):
        writer.write(record)
    for part in ordered:
        for record in _body(part, numbers[part.source]):
            writer.write(record)
    endings = [_first(part.evidence, Closing) for part in ordered]
    closings = [ending for ending in endings if isinstance(ending, Closing)]
    if damaged or len(closings) < len(ordered):
        writer.abandon()  # what was cut short stays cut short
    else:
        status = _worst(closing.exit_status for closing in closings)
        writer.close(status, max(closing.seconds for closing in closings))
    return Merged(layer, total, missing, damaged)


def _worst(statuses: Iterable[int]) -> int:
    """The status of a part that did not end in order, else 1 where a test failed in one."""
    return max(statuses, key=lambda status: (status not in (0, 1), status))


def _head(parts: Sequence[Part], missing: Sequence[int]) -> Iterator[AnyRecord]:
    """Provenance of the first part, and an opening that adds up what all of them said."""
    provenances = [record for part in parts for record in part.evidence.records
                   if isinstance(record, Provenance)]  # fmt: skip
    openings = [record for part in parts for record in part.evidence.records
                if isinstance(record, Opening)]  # fmt: skip
    if provenances:
        first = provenances[0]
        sources = ", ".join(dict.fromkeys(record.run for record in provenances))
        yield replace(first, machine={**first.machine, "merged from": sources})
    trees = [*(r.tree for r in provenances), *(r.tree for r in openings)]
    strange = next((tree for tree in trees if tree != trees[0]), trees[0] if trees else "")
    total = parts[0].total
    there = "+".join(str(part.number) for part in parts)
    yield Opening(
        tree=strange,
        command="; ".join(dict.fromkeys(opening.command for opening in openings)),
        collected=sum(opening.collected for opening in openings),
        deselected=sum(opening.deselected for opening in openings),
        shard=f"{there}/{total}" if missing else "",
        at=min((opening.at for opening in openings), default=""),
    )


def _body(part: Part, source: int) -> Iterator[AnyRecord]:
    for record in part.evidence.records:
        if isinstance(record, Provenance | Opening | Closing):
            continue
        if isinstance(record, Check):
            moved = tuple(_moved(name, source) for name in record.attachments)
            yield replace(record, attachments=moved)
        elif isinstance(record, Measurement | Series | Instrument) and part.total > 1:
            where = {**record.dimensions, "shard": f"{part.number}/{part.total}"}
            yield replace(record, dimensions=where)
        else:
            yield record


def _first(evidence: LayerEvidence, kind: type[AnyRecord]) -> AnyRecord | None:
    return next((record for record in evidence.records if isinstance(record, kind)), None)


# --- attachments -------------------------------------------------------------------------------


def _moved(name: str, source: int) -> str:
    """Where an attachment of a source lies in the merged run: two sources may use one name."""
    return f"attachments/{source}/{name.removeprefix('attachments/')}"


def _copy_attachments(source: Path, target: Path, number: int) -> None:
    folder = source / "attachments"
    if folder.is_dir():
        shutil.copytree(folder, target / "attachments" / str(number))
