"""The frozen records that suites write and the gate reads. Standard library only."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar, Literal, get_args

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


def fingerprint(*parts: str) -> str:
    """A short stable identity of a finding; leave line numbers out of `parts`."""
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
