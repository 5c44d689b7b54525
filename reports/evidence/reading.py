"""Evidence files read: whatever is wrong with one is listed, and nothing is raised for it."""

from __future__ import annotations

import errno
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports.evidence.lines import DecodeError, decode, sayable
from reports.evidence.records import SCHEMA_VERSION, AnyRecord, Closing, Opening, Provenance
from reports.evidence.writing import said


@dataclass(frozen=True)
class Fault:
    """Something wrong with an evidence file: where it is, and what was expected there."""

    path: str
    line: int
    problem: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.problem}"


@dataclass(frozen=True)
class LayerEvidence:
    """One file, read. It is `whole` when nothing is missing and nothing is wrong with it."""

    layer: str
    path: str
    sha256: str
    records: tuple[AnyRecord, ...]
    faults: tuple[Fault, ...]

    @property
    def whole(self) -> bool:
        """Whether the file can be believed: nothing is missing, cut, changed or doubled."""
        return not self.faults


def read_layer(path: Path) -> LayerEvidence:
    """Read one evidence file; never raises for what is in it, every fault is listed instead."""
    layer, place = sayable(path.stem), sayable(str(path))
    try:
        if path.exists() and not path.is_file():
            raise OSError(errno.EINVAL, "it is no regular file")  # a pipe would be waited for
        raw = path.read_bytes()
    except OSError as error:
        return LayerEvidence(
            layer, place, "", (), (Fault(place, 0, f"cannot be read: {error.strerror}"),)
        )
    records: list[AnyRecord] = []
    faults: list[Fault] = []
    for number, line in enumerate(raw.decode("utf-8", "replace").split("\n")[:-1], start=1):
        try:
            records.append(decode(line))
        except DecodeError as error:
            faults.append(Fault(place, number, str(error)))
    found = (*_order_faults(records), *_frame_faults(layer, raw, records))
    faults += [Fault(place, line, problem) for line, problem in found]
    digest = hashlib.sha256(raw).hexdigest()
    return LayerEvidence(layer, place, digest, tuple(records), tuple(faults))


_PLACES = (("provenance", 0, "first"), ("opening", 1, "second"), ("closing", -1, "last"))


def _order_faults(records: Sequence[AnyRecord]) -> Iterable[tuple[int, str]]:
    """Each record of the frame once and in its place: what follows the closing, nothing covers."""
    for kind, index, place in _PLACES:
        count = sum(record.kind == kind for record in records)
        if count != 1:
            yield len(records), f"expected one {kind} record, found {count}"
        elif records[min(index, len(records) - 1)].kind != kind:
            found = records[min(index, len(records) - 1)].kind
            line = index + 1 if index >= 0 else len(records)
            yield line, f"expected {kind} {place}, found {found}"


def _frame_faults(
    layer: str, raw: bytes, records: Sequence[AnyRecord]
) -> Iterable[tuple[int, str]]:
    """What is wrong with the file as a whole: its end, what it says of itself, its digest."""
    lines = raw.count(b"\n")
    if raw and not raw.endswith(b"\n"):
        yield lines + 1, "the last line is cut off"
    for record in records:
        if isinstance(record, Provenance) and record.schema != SCHEMA_VERSION:
            yield 1, f"field schema: expected {SCHEMA_VERSION}, found {record.schema}"
        if isinstance(record, Opening) and min(record.collected, record.deselected) < 0:
            yield 2, f"a layer of {record.collected} tests, {record.deselected} left out: not so"
    strays = {record.layer for record in records} - {layer}
    if strays:
        yield 1, f"records of another layer: {', '.join(sorted(strays))}"
    runs = {record.run for record in records}
    if len(runs) > 1:
        yield 1, "records of more than one run"
    if "" in runs:
        yield 1, "field run: empty, so whose evidence this is cannot be told"
    if records and isinstance(records[-1], Closing):
        yield from _closing_faults(raw, records[-1])


def _closing_faults(raw: bytes, closing: Closing) -> Iterable[tuple[int, str]]:
    body = raw[: raw.rstrip(b"\n").rfind(b"\n") + 1]
    lines = body.count(b"\n")
    beside = said(closing.exit_status, closing.seconds, closing.lines)
    if closing.lines != lines:
        yield lines + 1, f"closing counts {closing.lines} lines, found {lines}"
    elif closing.sha256 != hashlib.sha256(body + beside).hexdigest():
        yield lines + 1, "the closing record, or the lines above it, were changed"


def read_run(folder: Path) -> tuple[LayerEvidence, ...]:
    """Every layer's evidence of a run folder (``out/<run>``), by layer name."""
    return tuple(read_layer(path) for path in sorted((folder / "evidence").glob("*.ndjson")))
