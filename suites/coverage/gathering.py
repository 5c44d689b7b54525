"""What the measured layers of a run left behind: believed as a whole layer, or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from coverage import CoverageData
from coverage.exceptions import CoverageException

from fixtures.coverage import FOLDER, ROOMS, label
from reports.evidence import Opening, read_layer

# The layers that run code of ours in processes of ours. All of them, or there are no figures.
MEASURED = ("unit", "integration", "framework")
# SQLite's own, of a process that was killed while it wrote; they hold nothing that was finished.
UNFINISHED = ("-journal", "-wal", "-shm")
WHOLE = ("", "1/1")  # what a layer that was not cut into shards says of itself


class NotWholeError(Exception):
    """A layer's data cannot speak for the layer; the message says what is wrong with it."""


@dataclass(frozen=True)
class Gathered:
    """The sound layers' data, and why each of the others is not among them."""

    data: Mapping[str, CoverageData]
    faults: Mapping[str, str]


def gather(run_dir: Path, root: Path, tree: str) -> Gathered:
    """Read the data of every layer in `MEASURED` that `run_dir` holds for the files of `tree`."""
    data: dict[str, CoverageData] = {}
    faults: dict[str, str] = {}
    for layer in MEASURED:
        try:
            data[layer] = _whole_layer(run_dir, root, layer, tree)
        except NotWholeError as error:
            faults[layer] = str(error)
    return Gathered(data, faults)


def _whole_layer(run_dir: Path, root: Path, layer: str, tree: str) -> CoverageData:
    _must_have_ended(run_dir, layer)
    wanted = label(run_dir.name, layer, tree)
    combined = CoverageData(no_disk=True)
    for path in sorted((run_dir / FOLDER).glob(f"{layer}.*")):
        if not path.name.endswith(UNFINISHED):
            combined.update(_sound_file(path, wanted, root))
    if not combined.measured_files():
        raise NotWholeError(f"no data in {run_dir / FOLDER}: it did not run with --coverage")
    return combined


def _must_have_ended(run_dir: Path, layer: str) -> None:
    """Raises NotWholeError for a layer that ran in part: what it left out was not uncovered."""
    evidence = read_layer(run_dir / "evidence" / f"{layer}.ndjson")
    if evidence.faults:
        raise NotWholeError(f"the layer did not end in order ({evidence.faults[0]})")
    openings = [item for item in evidence.records if isinstance(item, Opening)]
    if parts := [item.shard for item in openings if item.shard not in WHOLE]:
        raise NotWholeError(f"it is shard {parts[0]} alone")
    if left_out := sum(item.deselected for item in openings):
        raise NotWholeError(f"{left_out} of the layer's tests were left out by choice")


def _sound_file(path: Path, wanted: str, root: Path) -> CoverageData:
    data = CoverageData(str(path))
    try:
        data.read()
        labels, measured = data.measured_contexts(), data.measured_files()
    except CoverageException as error:
        if _is_unbegun(path):
            return CoverageData(no_disk=True)
        raise NotWholeError(f"{path.name} cannot be read ({error})") from None
    if labels - {wanted}:
        found = ", ".join(sorted(labels - {wanted}))
        raise NotWholeError(f"{path.name} is of {found!r}, not of {wanted!r}")
    if measured and not data.has_arcs():
        raise NotWholeError(f"{path.name} holds no branches")
    if strangers := sorted(_outside(measured, root)):
        raise NotWholeError(f"{path.name} measured files of another place: {strangers[0]}")
    return data


def _is_unbegun(path: Path) -> bool:
    """Whether the process was killed when its file had tables and not one row yet."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True)) as opened:
            return opened.execute("select * from coverage_schema").fetchone() is None
    except sqlite3.Error:
        return False


def _outside(measured: set[str], root: Path) -> Iterator[str]:
    rooms = [root / room for room in ROOMS]
    return (name for name in measured if not any(map(Path(name).is_relative_to, rooms)))
