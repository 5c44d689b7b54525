"""Evidence: the frozen records that suites write and the gate reads, and their NDJSON.

One file a layer, ``out/<run>/evidence/<layer>.ndjson``, one record a line. The first line is the
run's ``provenance``, the second the layer's ``opening``; the last is its ``closing``, which counts
the lines before it and carries their SHA-256, so that a file that lost, gained or changed a line
can be told from a whole one. A file without a closing record is not evidence of anything, however
much it holds; what it holds is still worth showing.

Standard library only: every layer imports this module, none may drag the judge along.
"""

from __future__ import annotations

import dataclasses
import errno
import hashlib
import json
import math
import os
import re
import threading
import types
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache, partial
from pathlib import Path
from typing import Any, ClassVar, Literal, Union, get_args, get_origin, get_type_hints

SCHEMA_VERSION = 2

Outcome = Literal["passed", "failed", "error", "skipped", "flaky"]
Severity = Literal["info", "low", "medium", "high", "critical"]


def utc_now() -> str:
    """The present moment as ISO 8601 with microseconds and offset."""
    return datetime.now(UTC).isoformat(timespec="microseconds")


@dataclass(frozen=True, kw_only=True)
class Record:
    """What every line says: which run and layer it belongs to, and when it was written."""

    kind: ClassVar[str]
    run: str = ""
    layer: str = ""
    at: str = ""


@dataclass(frozen=True, kw_only=True)
class Provenance(Record):
    """What was measured, on what. `tree` is the id of the working files, dirty or not."""

    kind: ClassVar[str] = "provenance"
    schema: int = SCHEMA_VERSION
    commit: str
    tree: str
    dirty: bool
    branch: str = ""
    lockfile_sha256: str = ""
    machine: Mapping[str, str] = field(default_factory=dict)
    tools: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Opening(Record):
    """A layer began. `collected` tests will run; `deselected` were left out by choice.

    `shard` is empty for a whole layer, ``2/3`` for the second of three parts that together are one,
    and ``1+3/3`` where parts were merged and one of them is missing.
    """

    kind: ClassVar[str] = "opening"
    tree: str = ""
    command: str = ""
    collected: int = 0
    deselected: int = 0
    shard: str = ""


@dataclass(frozen=True, kw_only=True)
class Closing(Record):
    """A layer ended in order. `lines` counts the lines above, `sha256` is of them and of this one.

    Of this one without the digest itself, so that a changed exit status is told, too.
    """

    kind: ClassVar[str] = "closing"
    exit_status: int = 0
    seconds: float = 0.0
    lines: int = 0
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class Check(Record):
    """A test's outcome. `repeat` is the command that runs this test again."""

    kind: ClassVar[str] = "check"
    id: str
    outcome: Outcome
    seconds: float = 0.0
    message: str = ""
    detail: str = ""
    repeat: str = ""
    objectives: tuple[str, ...] = ()
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Measurement(Record):
    """One value of one metric. `low` and `high` bound the confidence interval, in `unit`."""

    kind: ClassVar[str] = "measurement"
    metric: str
    value: float
    unit: str
    samples: int = 1
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    dimensions: Mapping[str, str] = field(default_factory=dict)


MARK = "mark"


@dataclass(frozen=True, kw_only=True)
class Series(Record):
    """A metric over time: `points` are (seconds since `start`, value).

    Two kinds have no value a second: one named `..._by_percentile...` is a distribution, whose
    points are (percent, value), and one in the unit `mark` is of moments at which something was
    done or happened; its dimensions say what.
    """

    kind: ClassVar[str] = "series"
    metric: str
    unit: str
    start: str = ""
    points: tuple[tuple[float, float], ...] = ()
    dimensions: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_by_percentile(self) -> bool:
        """Whether it is a distribution, and no course of time."""
        return "_by_percentile" in self.metric

    @property
    def is_of_marks(self) -> bool:
        """Whether it holds moments, and no values."""
        return self.unit == MARK


@dataclass(frozen=True, kw_only=True)
class Finding(Record):
    """A fault that a tool reports. `fingerprint` stays the same when the line moves."""

    kind: ClassVar[str] = "finding"
    tool: str
    rule: str
    severity: Severity
    message: str
    fingerprint: str
    path: str = ""
    line: int = 0
    tool_severity: str = ""
    objectives: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Instrument(Record):
    """Whether the measuring was sound.

    Either a share, `value` of `total` (operations reached of those that exist), with what was
    left out in `missing`; or a reading, `value` alone (generator CPU), with `total` absent.
    """

    kind: ClassVar[str] = "instrument"
    name: str
    value: float
    unit: str = ""
    total: float | None = None
    missing: tuple[str, ...] = ()
    detail: str = ""
    dimensions: Mapping[str, str] = field(default_factory=dict)


AnyRecord = Provenance | Opening | Closing | Check | Measurement | Series | Finding | Instrument
KINDS: Mapping[str, type[AnyRecord]] = {cls.kind: cls for cls in get_args(AnyRecord)}


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


def fingerprint(*parts: str) -> str:
    """A short stable identity of a finding; leave line numbers out of `parts`."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]


# --- writing -----------------------------------------------------------------------------------


def encode(record: AnyRecord) -> str:
    """One record as a line of JSON, without the line's end. NaN and infinities are refused."""
    return sayable(_ENCODER.encode({"kind": record.kind, **vars(record)}))


def sayable(text: str) -> str:
    """The text without lone surrogates, which a message may hold and no encoding can write.

    A test that fails with one must not take the evidence of all others along.
    """
    return _LONE_SURROGATE.sub("\ufffd", text)


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError(f"evidence cannot hold a {type(value).__name__}: {value!r}")


_LONE_SURROGATE = re.compile("[\ud800-\udfff]")
# One for all: making one costs as much as encoding a record with it.
_ENCODER = json.JSONEncoder(
    ensure_ascii=False, allow_nan=False, separators=(",", ":"), default=_plain
)


class EvidenceWriter:
    """Appends records to one layer's file; what is written survives a kill of this process.

    Refuses to write over an existing file (FileExistsError): evidence is never replaced.
    Safe to call from several threads, not from several processes.
    """

    def __init__(self, path: Path, *, run: str, layer: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("xb")
        self._digest = hashlib.sha256()
        self._lines = 0
        self._lock = threading.Lock()
        self._began = datetime.now(UTC)
        self.path, self.run, self.layer = path, run, layer

    def write(self, record: AnyRecord) -> None:
        """Stamp a record with run, layer and time where it has none, and append it."""
        stamp = {"run": self.run, "layer": self.layer, "at": record.at or utc_now()}
        text = _ENCODER.encode({"kind": record.kind, **vars(record), **stamp}) + "\n"
        try:
            line = text.encode()
        except UnicodeEncodeError:
            line = sayable(text).encode()
        with self._lock:
            self._file.write(line)
            self._file.flush()
            self._digest.update(line)
            self._lines += 1

    def close(self, exit_status: int, seconds: float | None = None) -> None:
        """Write the closing record: the layer ended in order, whatever its tests said.

        `seconds` is what the layer took where it did not run while this file was written.
        """
        if seconds is None:
            seconds = (datetime.now(UTC) - self._began).total_seconds()
        ending = (exit_status, round(seconds, 3), self._lines)
        self._digest.update(_said(*ending))
        self.write(
            Closing(
                exit_status=ending[0],
                seconds=ending[1],
                lines=ending[2],
                sha256=self._digest.hexdigest(),
            )
        )
        os.fsync(self._file.fileno())
        self._file.close()

    def abandon(self) -> None:
        """Close the file without a closing record: the layer was cut short."""
        self._file.close()


def _said(exit_status: int, seconds: float, lines: int) -> bytes:
    """What a closing record says beside its digest, as the digest covers it."""
    return f"{exit_status} {seconds!r} {lines}".encode()


# --- reading -----------------------------------------------------------------------------------


class DecodeError(ValueError):
    """A line is not a record; the message names the field and what was expected of it."""


def decode(line: str) -> AnyRecord:
    """One line of NDJSON as a record. Raises DecodeError naming every faulty field at once."""
    try:
        body = _DECODER.decode(line)
        if _MAY_HOLD_SURROGATES.search(line):
            body = _DECODER.decode(sayable(json.dumps(body, ensure_ascii=False)))
    except ValueError as error:
        raise DecodeError(f"not JSON ({error})") from None
    except RecursionError:
        raise DecodeError("not a record: objects or lists lie too deep within each other") from None
    if not isinstance(body, dict):
        raise DecodeError(f"expected a JSON object, found {type(body).__name__}")
    kind = body.pop("kind", None)
    cls = KINDS.get(kind) if isinstance(kind, str) else None
    if cls is None:
        raise DecodeError(f"field kind: expected one of {', '.join(KINDS)}, found {kind!r}")
    return _build(cls, body)


def _refuse_constant(name: str) -> float:
    raise ValueError(f"{name} is not a number that evidence may hold")


def _bounded(digits: str) -> int:
    if len(digits) > LONGEST_INTEGER:
        raise ValueError(f"a number of {len(digits)} digits is more than evidence may hold")
    return int(digits)


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        twice = sorted({name for name in names if names.count(name) > 1})
        raise ValueError(f"field {', '.join(twice)}: more than once")
    return found


LONGEST_INTEGER = 18
_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_int=_bounded, object_pairs_hook=_each_once
)
_MAY_HOLD_SURROGATES = re.compile(r"\\u[dD][89a-fA-F]")


def _build(cls: type[AnyRecord], body: dict[str, Any]) -> AnyRecord:
    problems, values = [], {}
    for name, exact, required, convert in _plan(cls.kind):
        value = body.pop(name, _ABSENT)
        if type(value) is exact:
            values[name] = value
        elif value is not _ABSENT:
            try:
                values[name] = convert(value)
            except DecodeError as error:
                problems.append(f"field {name}: {error}")
        elif required:
            problems.append(f"field {name}: missing")
    problems += [f"field {name}: unknown in a {cls.kind}" for name in body]
    if problems:
        raise DecodeError("; ".join(problems))
    return cls(**values)


Convert = Callable[[Any], Any]
_ABSENT = object()
_AS_THEY_ARE = (str, int, bool)
# What the frame of a file must say: left out, each would count as nothing, or as all being well.
_ALWAYS_TOLD = {
    "provenance": ("schema",),
    "opening": ("collected", "deselected"),
    "closing": ("exit_status", "seconds", "lines", "sha256"),
}


@cache
def _plan(kind: str) -> tuple[tuple[str, Any, bool, Convert], ...]:
    """How each field is read: its name, a type that passes, whether it must be there, its check."""
    cls, none = KINDS[kind], dataclasses.MISSING
    hints = get_type_hints(cls)
    return tuple(
        (item.name, hints[item.name] if hints[item.name] in _AS_THEY_ARE else None,
         (item.default is none and item.default_factory is none)
         or item.name in _ALWAYS_TOLD.get(kind, ()), _converter(hints[item.name]))
        for item in dataclasses.fields(cls)
    )  # fmt: skip


def _converter(hint: Any) -> Convert:
    """What checks a JSON value against a field's type and freezes it: a list becomes a tuple."""
    origin, args = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        inner = _converter(next(arg for arg in args if arg is not type(None)))
        return lambda value: None if value is None else inner(value)
    if origin is Literal:
        return partial(_convert_literal, args)
    if origin is tuple:
        return partial(_convert_tuple, tuple(_converter(a) for a in args if a is not Ellipsis),
                       args[-1] is Ellipsis)  # fmt: skip
    if origin is not None and issubclass(origin, Mapping):
        return partial(_convert_mapping, args[1])
    return partial(_convert_scalar, hint)


def _convert_literal(allowed: tuple[str, ...], value: Any) -> Any:
    if value in allowed:
        return value
    raise DecodeError(f"expected one of {', '.join(allowed)}, found {value!r}")


def _convert_mapping(kind: type, value: Any) -> Any:
    if isinstance(value, dict) and all(isinstance(item, kind) for item in value.values()):
        return value
    raise DecodeError(f"expected an object of {kind.__name__}, found {value!r}")


def _convert_tuple(items: tuple[Convert, ...], any_length: bool, value: Any) -> tuple[Any, ...]:
    if not isinstance(value, list):
        raise DecodeError(f"expected a list, found {value!r}")
    if any_length:
        return tuple(map(items[0], value))
    if len(value) != len(items):
        raise DecodeError(f"expected {len(items)} items, found {len(value)}")
    return tuple(convert(item) for item, convert in zip(value, items, strict=True))


def _convert_scalar(hint: type, value: Any) -> Any:
    if type(value) is hint and hint is not float:
        return value
    if hint is float and isinstance(value, int | float) and not isinstance(value, bool):
        return _finite(value)
    raise DecodeError(f"expected {hint.__name__}, found {value!r}")


# No measure comes near these, and a square or a share of what lies between is a number again.
SMALLEST, LARGEST = 1e-100, 1e100


def _finite(value: float) -> float:
    """JSON has no word for infinity, but 1e999 is read as one."""
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if number == 0 or SMALLEST < abs(number) < LARGEST:
        return number
    raise DecodeError(f"expected a number that can be reckoned with, found {value!r}")


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
    said = _said(closing.exit_status, closing.seconds, closing.lines)
    if closing.lines != lines:
        yield lines + 1, f"closing counts {closing.lines} lines, found {lines}"
    elif closing.sha256 != hashlib.sha256(body + said).hexdigest():
        yield lines + 1, "the closing record, or the lines above it, were changed"


def read_run(folder: Path) -> tuple[LayerEvidence, ...]:
    """Every layer's evidence of a run folder (``out/<run>``), by layer name."""
    return tuple(read_layer(path) for path in sorted((folder / "evidence").glob("*.ndjson")))
