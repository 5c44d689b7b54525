"""What a page shows: every word and every coordinate decided, nothing left to a renderer."""

from __future__ import annotations

from dataclasses import dataclass

from reports.evidence import LayerEvidence
from reports.verdicts import State, Verdicts

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Bar:
    """A value beside its limit on one line, in percent of the line's length.

    `good_from` and `good_to` bound the right side of the limit; the interval may be a point.
    """

    value: float
    limit: float
    low: float
    high: float
    good_from: float
    good_to: float
    text: str


@dataclass(frozen=True, kw_only=True)
class ReadingRow:
    """One reading in words."""

    state: State
    subject: str
    layer: str
    value: str
    limit: str
    margin: str
    samples: str
    interval: str
    why: str
    evidence: str
    sha256: str
    bar: Bar | None = None
    details: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class BrokeRow:
    """When a metric was beyond its limit, and a line for each series that moved with it."""

    metric: str
    when: str
    moved: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ObjectiveRow:
    """One objective in words, and its readings, the one that decided first."""

    id: str
    promise: str
    target: str
    reason: str
    state: State
    sign: str
    why: str
    todo: str
    required: bool
    implicit: bool
    readings: tuple[ReadingRow, ...]
    broke: tuple[BrokeRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class FailureRow:
    """A test that did not pass. `detail` is its traceback, cut to what helps."""

    id: str
    outcome: str
    message: str
    detail: str
    repeat: str
    objectives: str


@dataclass(frozen=True, kw_only=True)
class InstrumentRow:
    """An instrument: its reading, its share of the whole where it has one, what was left out."""

    name: str
    reading: str
    share: str
    missing: tuple[str, ...]
    detail: str


@dataclass(frozen=True, kw_only=True)
class FindingRow:
    """A finding of a tool."""

    tool: str
    rule: str
    severity: str
    place: str
    message: str
    fingerprint: str
    waived: bool


@dataclass(frozen=True, kw_only=True)
class MeasurementRow:
    """A measurement that no objective judges."""

    layer: str
    metric: str
    value: str
    samples: str
    interval: str


@dataclass(frozen=True, kw_only=True)
class LayerRow:
    """A layer in words: its outcome, its tests, its time, and what it says of itself."""

    name: str
    state: State
    sign: str
    required: bool
    tests: str
    wall: str
    seconds: float
    reasons: tuple[str, ...]
    evidence: str
    sha256: str
    failures: tuple[FailureRow, ...] = ()
    more_failures: int = 0
    instruments: tuple[InstrumentRow, ...] = ()
    findings: tuple[FindingRow, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart: its SVG points, its name, and its last and highest value in words."""

    name: str
    points: str
    last: str
    peak: str


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on an axis: where it is in the drawing, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A metric over time as SVG geometry, `width` by `height` of the plot."""

    title: str
    layer: str
    unit: str
    width: int
    height: int
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    more_lines: int = 0


@dataclass(frozen=True, kw_only=True)
class WaiverRow:
    """A waiver in words."""

    scope: str
    owner: str
    reason: str
    expires: str
    standing: str
    used_for: str
    counts: bool
    idle: bool


@dataclass(frozen=True, kw_only=True)
class EarlierRun:
    """An earlier run of this folder: what it said, for which commit."""

    run: str
    at: str
    policy: str
    release: str
    commit: str


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that a renderer may show."""

    verdicts: Verdicts
    evidence: tuple[LayerEvidence, ...]
    release: str
    sign: str
    tone: str
    policy: str
    policy_description: str
    why: str
    banners: tuple[str, ...]
    facts: Pairs
    required: tuple[ObjectiveRow, ...]
    optional: tuple[ObjectiveRow, ...]
    suites: tuple[ObjectiveRow, ...]
    unknown: tuple[ObjectiveRow, ...]
    layers: tuple[LayerRow, ...]
    charts: tuple[Chart, ...]
    waivers: tuple[WaiverRow, ...]
    service_times: tuple[MeasurementRow, ...]
    measurements: tuple[MeasurementRow, ...]
    unclaimed: tuple[str, ...]
    provenance: Pairs
    tools: Pairs
    earlier: tuple[EarlierRun, ...]
    judged_at: str
    report_path: str
