"""What earlier runs said: ``out/history/runs.ndjson``, one line a judged run, only ever added to.

Each line carries the SHA-256 of the line before it, so that a line that was changed or taken out
shows. Beside runs, a line may pin one of them as the baseline to compare with. The store holds what
comparisons need (states, values, names of failures), never the evidence: the run folders keep that,
and may be deleted. Keep ``out/history`` between runs of CI, and the history goes on. A run that is
judged again has a line more, and its last one counts; one that is looked at after the files changed
has none more: what it saw says nothing of them, and would wipe out what it said of its own.
"""

from __future__ import annotations

import dataclasses
import fcntl
import hashlib
import json
import math
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from operator import itemgetter
from pathlib import Path
from typing import Any

from reports.evidence import sayable

LATEST = "latest"
FOLDER = "history"
FILE = "runs.ndjson"


@dataclass(frozen=True, kw_only=True)
class Value:
    """One value that an objective was judged by; `limit`, `low` and `high` are in `unit`."""

    value: float
    unit: str = ""
    op: str = ""
    limit: float | None = None
    low: float | None = None
    high: float | None = None
    samples: int | None = None


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One judged run.

    `states` are the objectives' verdicts, `required` those that the policy asked for. `values` are
    what measurements were judged by, named ``<objective> <metric>{dimensions}``. `failures` maps a
    test that did not pass to its outcome, `layers` a layer whose evidence was whole to its seconds.
    """

    run: str
    began: str
    judged_at: str
    policy: str
    release: str
    commit: str = ""
    tree: str = ""
    dirty: bool = False
    states: Mapping[str, str] = field(default_factory=dict)
    required: tuple[str, ...] = ()
    values: Mapping[str, Value] = field(default_factory=dict)
    failures: Mapping[str, str] = field(default_factory=dict)
    layers: Mapping[str, float] = field(default_factory=dict)

    def line(self) -> dict[str, Any]:
        """The entry as plain data; values are lists, which keeps a thousand lines small."""
        body = {item.name: getattr(self, item.name) for item in dataclasses.fields(self)}
        body["values"] = {name: _packed(value) for name, value in self.values.items()}
        return {"kind": "run", **body}


_VALUE_FIELDS = tuple(item.name for item in dataclasses.fields(Value))


class _Values(Mapping[str, Value]):
    """Values as they lie in a line, each made when it is asked for: most never are."""

    def __init__(self, packed: Mapping[str, list[Any]]) -> None:
        self._packed = packed

    def __getitem__(self, name: str) -> Value:
        return Value(**dict(zip(_VALUE_FIELDS, self._packed[name], strict=False)))

    def __iter__(self) -> Iterator[str]:
        return iter(self._packed)

    def __len__(self) -> int:
        return len(self._packed)


def _packed(value: Value) -> list[Any]:
    fields = [getattr(value, name) for name in _VALUE_FIELDS]
    while fields and fields[-1] in (None, ""):
        fields.pop()
    return fields


@dataclass(frozen=True)
class History:
    """The store, read: runs in the order in which they began, the pinned one, and what is wrong."""

    entries: tuple[Entry, ...] = ()
    pinned: str = ""
    faults: tuple[str, ...] = ()

    def before(self, run: str, began: str) -> tuple[Entry, ...]:
        """The runs that began before this one; those of one moment in the order of their names."""
        return tuple(
            item
            for item in self.entries
            if item.run != run and (item.began, item.run) < (began, run)
        )

    def of(self, run: str) -> Entry | None:
        """The newest judgement of a run."""
        return next((item for item in reversed(self.entries) if item.run == run), None)


def store_of(run_dir: Path) -> Path:
    """The store that stands beside a run's folder."""
    return run_dir.resolve().parent / FOLDER / FILE


def read_history(path: Path) -> History:
    """Read a store; a faulty line is told and passed over. Judged twice, the last counts."""
    try:
        lines = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        return History()
    except OSError as error:
        return History(faults=(f"{path}: cannot be read: {error.strerror}",))
    found: dict[tuple[str, str], Entry] = {}
    pinned, previous, faults = "", "", []
    if lines[-1]:
        faults.append(f"{path}:{len(lines)}: the last line is cut off")
    for number, line in enumerate(lines[:-1], start=1):
        try:
            body = _body(line)
            if body.pop("previous") != previous:
                faults.append(f"{path}:{number}: the line before it was changed or taken out")
            if body.pop("kind") == "pin":
                pinned = _pinned(body)
            else:
                entry = _entry(body)
                found[entry.run, entry.policy] = entry
        except _ForeignError as error:
            faults.append(f"{path}:{number}: not a line of this store ({error})")
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
            faults.append(f"{path}:{number}: not a line of this store")
        previous = hashlib.sha256(line).hexdigest()
    ordered = sorted(found.values(), key=lambda entry: (entry.began, entry.judged_at))
    return History(tuple(ordered), pinned, tuple(faults))


class _ForeignError(Exception):
    """A line is of another shape than those that this store writes; the message says where."""


_NO_NUMBER = object()  # stands where a line says NaN, and is of no type that a field may have
_DECODER = json.JSONDecoder(parse_constant=lambda _: _NO_NUMBER)


def _body(line: bytes) -> dict[str, Any]:
    """A line as data. What no page could say, half a character, is as foreign as broken JSON."""
    text = line.decode()
    body: dict[str, Any] = _DECODER.decode(text)
    if "\\u" in text:
        json.dumps(body, ensure_ascii=False).encode()
    return body


def _pinned(body: Mapping[str, Any]) -> str:
    run = body["run"]
    if not isinstance(run, str):
        raise _ForeignError("field run")
    return run


def _entry(body: dict[str, Any]) -> Entry:
    """A run's line, each field looked at: what is read here is compared and drawn unasked."""
    wrong = [name for name, right in _RIGHT.items() if name in body and not right(body[name])]
    if wrong:
        raise _ForeignError(f"field {', '.join(wrong)}")
    body["values"] = _Values(body["values"])
    return Entry(**body)


# A thousand lines are read for each verdict: what can be asked of a whole row at once is.


def _are_texts(values: Collection[Any]) -> bool:
    return set(map(type, values)) <= {str}


def _are_numbers(values: Collection[Any]) -> bool:
    """Whether one can compute with them: none infinite, no integer of hundreds of digits."""
    if not set(map(type, values)) <= {int, float}:
        return False
    if min(values, default=0) >= -_WORD and max(values, default=0) < _WORD:
        return True
    return all(math.isfinite(v) if isinstance(v, float) else abs(v) < _WORD for v in values)


def _are_packed(values: Collection[Any]) -> bool:
    """Whether each is as `_packed` leaves it: the number, and as much of the rest as there is."""
    if not set(map(type, values)) <= {list}:
        return False
    if not set(map(len, values)) <= _LENGTHS:
        return False
    texts = [*chain.from_iterable(map(_UNIT_AND_OP, values))]
    others = chain.from_iterable(map(_NUMBERS, values))
    numbers = [*map(_FIRST, values), *(item for item in others if item is not None)]
    return _are_texts(texts) and _are_numbers(numbers)


_LENGTHS = set(range(1, len(_VALUE_FIELDS) + 1))
_FIRST, _UNIT_AND_OP, _NUMBERS = itemgetter(0), itemgetter(slice(1, 3)), itemgetter(slice(3, None))
_WORD = 2**63
_RIGHT: Mapping[str, Callable[[Any], bool]] = {
    **dict.fromkeys(
        ("run", "began", "judged_at", "policy", "release", "commit", "tree"),
        lambda value: isinstance(value, str),
    ),
    "dirty": lambda value: isinstance(value, bool),
    "states": lambda value: isinstance(value, dict) and _are_texts(value.values()),
    "required": lambda value: isinstance(value, list) and _are_texts(value),
    "values": lambda value: isinstance(value, dict) and _are_packed(value.values()),
    "failures": lambda value: isinstance(value, dict) and _are_texts(value.values()),
    "layers": lambda value: isinstance(value, dict) and _are_numbers(value.values()),
}


def add_run(path: Path, entry: Entry) -> bool:
    """Append a run, unless the store's last word on it is the same. Raises OSError.

    Answers whether a line was added.
    """
    said = _said(entry)
    known = (item for item in read_history(path).entries if item.run == sayable(entry.run))
    if any(item.policy == entry.policy and _said(item) == said for item in known):
        return False
    _append(path, entry.line())
    return True


def _said(entry: Entry) -> str:
    return sayable(
        json.dumps({**entry.line(), "judged_at": ""}, ensure_ascii=False, sort_keys=True)
    )


def pin_run(path: Path, run: str, at: str) -> None:
    """Make a run the baseline of comparisons from now on. Raises OSError."""
    _append(path, {"kind": "pin", "run": run, "at": at})


def _append(path: Path, body: Mapping[str, Any]) -> None:
    """One line more, with the digest of the one before it; two writers take turns."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        last = _last_line(file)
        previous = hashlib.sha256(last).hexdigest() if last is not None else ""
        line = json.dumps({**body, "previous": previous}, ensure_ascii=False, separators=(",", ":"))
        file.write(sayable(line).encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _last_line(file: Any) -> bytes | None:
    """The last whole line; one that was cut off is ended first, so that it spoils no other."""
    end = file.seek(0, os.SEEK_END)
    if end == 0:
        return None
    file.seek(end - 1)
    if file.read(1) != b"\n":
        file.write(b"\n")
        end += 1
    size = 4096
    while True:
        begin = max(end - 1 - size, 0)
        file.seek(begin)
        body: bytes = file.read(end - 1 - begin)
        if b"\n" in body or begin == 0:
            return body.rpartition(b"\n")[2]
        size *= 4


def update_latest(run_dir: Path) -> Path:
    """Point ``latest``, beside the run's folder, at it; replaced in one step. Returns the link.

    Raises OSError where the file system has no links, or where ``latest`` is a folder.
    """
    link = run_dir.parent / LATEST
    fresh = run_dir.parent / f".{LATEST}-{os.getpid()}"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(run_dir.name)
    try:
        fresh.replace(link)
    except OSError:
        fresh.unlink()
        raise
    return link
