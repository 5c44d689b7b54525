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
    """One reading in words; `room` is the margin as a share of the limit, where it is one."""

    state: State
    subject: str
    layer: str
    value: str
    limit: str
    margin: str
    room: str
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
class TrendRow:
    """A value over the last runs as a small drawing (100 by 20), and what it did in words.

    `points` are SVG points, `limit` the height of the limit where it lies within the drawing.
    """

    points: str
    text: str
    note: str = ""
    worse: bool = False
    limit: float | None = None


@dataclass(frozen=True, kw_only=True)
class ObjectiveRow:
    """One objective in words, and its readings, the one that decided first.

    `files` are its evidence with their SHA-256, `tests` the names of those that speak for it,
    `was` its state in the run that this one is compared with, where that was another.
    """

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
    files: Pairs = ()
    tests: tuple[str, ...] = ()
    tests_wanted: bool = False
    trend: TrendRow | None = None
    was: str = ""

    @property
    def slug(self) -> str:
        """The state as a word that may be a class of the page."""
        return self.state.replace(" ", "-")


@dataclass(frozen=True, kw_only=True)
class Attachment:
    """A file that a failed test left: where it lies in the run, what it is, how to open it.

    `path` is empty where it would lead out of the run's attachments; `label` is its name then.
    """

    path: str
    label: str
    hint: str = ""


@dataclass(frozen=True, kw_only=True)
class ClusterRow:
    """Tests that did not pass for one cause. What is shown is of the one that failed first.

    `age` is `new` or `still failing` where there is a run to compare with; `others` are the names
    of the tests beside the first, `more` how many are not among them.
    """

    cause: str
    amount: int
    outcome: str
    layer: str
    age: str
    message: str
    id: str
    trace: str
    repeat: str
    objectives: str
    attachments: tuple[Attachment, ...] = ()
    others: tuple[str, ...] = ()
    more: int = 0


@dataclass(frozen=True, kw_only=True)
class SinceRow:
    """The present run beside an earlier one, in words. `run` is empty where there is none."""

    label: str
    run: str
    summary: str
    worse: tuple[str, ...] = ()
    better: tuple[str, ...] = ()
    new: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    values: tuple[tuple[str, str, str, str], ...] = ()


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
    """A finding of a tool; `doubted` where the evidence that it stands in is not believed."""

    tool: str
    rule: str
    severity: str
    place: str
    message: str
    fingerprint: str
    waived: bool
    layer: str = ""
    doubted: bool = False


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
    reached: str = ""
    blind: bool = False
    instruments: tuple[InstrumentRow, ...] = ()

    @property
    def slug(self) -> str:
        """The state as a word that may be a class of the page."""
        return self.state.replace(" ", "-")


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of a chart: its SVG path, its name, and its last and highest value in words.

    `values` are those of the chart's `x`, None where this line has none; between the two ends of
    each of `gaps`, on the same axis, nothing was recorded, and nothing may be drawn.
    """

    name: str
    path: str
    last: str
    peak: str
    values: tuple[float | None, ...] = ()
    gaps: tuple[tuple[float, float], ...] = ()


@dataclass(frozen=True, kw_only=True)
class Tick:
    """A mark on an axis: where it is in the drawing, and what it says."""

    at: float
    text: str


@dataclass(frozen=True, kw_only=True)
class Chart:
    """A metric as SVG geometry, `width` by `height` of the plot, and as numbers.

    `axis` is `time` (`x` in seconds since the first of all series) or `percentile`. `limit` is in
    `unit`, `limit_at` its height in the drawing where it lies within, `limit_text` its words.
    """

    title: str
    layer: str
    unit: str
    width: int
    height: int
    lines: tuple[Line, ...]
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    more_lines: int = 0
    x: tuple[float, ...] = ()
    marks: tuple[Tick, ...] = ()
    limit: float | None = None
    limit_at: float | None = None
    limit_text: str = ""
    axis: str = "time"

    @property
    def grid(self) -> str:
        """The horizontal lines as one SVG path."""
        return "".join(f"M0 {tick.at}H{self.width}" for tick in self.y_ticks)


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
    """An earlier run: what it said, for which commit; `folder` is empty where it was deleted."""

    run: str
    at: str
    policy: str
    release: str
    commit: str
    folder: str = ""


@dataclass(frozen=True, kw_only=True)
class EndpointRow:
    """One endpoint under load in words; `sort` are the numbers behind, in the order of columns."""

    name: str
    cells: tuple[str, ...]
    sort: tuple[float, ...]


@dataclass(frozen=True, kw_only=True)
class IntervalRow:
    """An interval on a line from 0 to 100, and in words; `one` is where nothing differs."""

    name: str
    text: str
    low: float
    value: float
    high: float
    tone: str


@dataclass(frozen=True, kw_only=True)
class LoadView:
    """What load showed: endpoints, the whole distribution, and two builds side by side."""

    endpoints: tuple[EndpointRow, ...] = ()
    duet: tuple[IntervalRow, ...] = ()
    duet_one: float = 50.0
    duet_more: int = 0


@dataclass(frozen=True, kw_only=True)
class View:
    """Everything that a renderer may show. `pack` is what the page's script reads, compressed.

    `outcomes` counts tests that did not pass by what came of them. Of layers whose evidence is not
    believed, `rights_doubted` names those whose rights are not shown, and `load_doubted` those
    whose load is shown all the same, since it is where one looks for the reason.
    """

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
    clusters: tuple[ClusterRow, ...]
    outcomes: str
    skipped: tuple[str, ...]
    flaky: tuple[str, ...]
    slowest: tuple[str, ...]
    tests: int
    unspoken: Pairs
    charts: tuple[Chart, ...]
    charts_open: tuple[int, ...]
    charts_closed: tuple[int, ...]
    load: LoadView
    matrix: str
    findings: tuple[FindingRow, ...]
    scanners: tuple[str, ...]
    waivers: tuple[WaiverRow, ...]
    sbom: tuple[str, ...]
    service_times: tuple[MeasurementRow, ...]
    measurements: tuple[MeasurementRow, ...]
    unclaimed: tuple[str, ...]
    provenance: Pairs
    tools: Pairs
    files: Pairs
    since: tuple[SinceRow, ...]
    drifts: tuple[str, ...]
    earlier: tuple[EarlierRun, ...]
    judged_at: str
    report_path: str
    rights_doubted: tuple[str, ...] = ()
    load_doubted: tuple[str, ...] = ()
    pack: str = ""
