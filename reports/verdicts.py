"""Verdicts: the frozen answer of the gate, complete enough that no renderer has to compute."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Literal

from reports.waivers import Waiver

State = Literal["met", "waived", "no evidence", "invalid", "missed"]
Release = Literal["GO", "NO-GO", "NO VERDICT"]
Kind = Literal["measurement", "checks", "findings", "instrument"]
Grade = Literal["sound", "partial", "unusable"]

# From good to bad: what a thing made of several is, is the worst that one of them is.
ORDER: tuple[State, ...] = ("met", "waived", "no evidence", "invalid", "missed")
EXIT_CODES: dict[Release, int] = {"GO": 0, "NO-GO": 1, "NO VERDICT": 2}


def worst(states: tuple[State, ...]) -> State:
    """The worst of several; of none, nothing is known."""
    return max(states, key=ORDER.index) if states else "no evidence"


@dataclass(frozen=True, kw_only=True)
class Reading:
    """One clause held against what was recorded. Values, limit and interval are in `unit`.

    `margin` is the distance from the value to the limit in `unit`, negative on the wrong side.
    `place` says where it went wrong in a few words that follow the objective's name.
    """

    kind: Kind
    state: State
    subject: str
    layer: str
    why: str
    value: float | None = None
    unit: str = ""
    op: str = ""
    limit: float | None = None
    margin: float | None = None
    samples: int | None = None
    low: float | None = None
    high: float | None = None
    confidence: float | None = None
    missing: tuple[str, ...] = ()
    waived: tuple[str, ...] = ()
    place: str = ""
    path: str = ""
    sha256: str = ""

    def because(self, state: State, why: str) -> Reading:
        """The same reading in another state, for another reason."""
        return replace(self, state=state, why=why)


@dataclass(frozen=True, kw_only=True)
class Moved:
    """A series that differed while an objective was broken; medians of both kinds of seconds.

    `effect` is from -1, always lower meanwhile, to 1, always higher.
    """

    series: str
    unit: str
    otherwise: float
    during: float
    effect: float


@dataclass(frozen=True, kw_only=True)
class Broke:
    """When a metric was beyond its limit, in words, and what moved with it, most first."""

    metric: str
    when: str
    moved: tuple[Moved, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """An objective judged. `implicit` ones are the gate's own: every check of a layer passed.

    `todo` is the command to run next, empty where there is nothing to do. `broke` says of each of
    its measurements that missed its limit when it did and what moved with it.
    """

    id: str
    promise: str
    target: str
    reason: str
    state: State
    why: str
    required: bool
    implicit: bool = False
    readings: tuple[Reading, ...] = ()
    waivers: tuple[Waiver, ...] = ()
    todo: str = ""
    broke: tuple[Broke, ...] = ()

    @property
    def headline(self) -> Reading | None:
        """The reading that decided: the worst, and of equals the one nearest to its limit."""
        if not self.readings:
            return None
        return max(self.readings, key=lambda item: (ORDER.index(item.state), -headroom(item)))


def headroom(reading: Reading) -> float:
    """Margin as a share of the limit; readings without one come after those that have it."""
    if reading.margin is None or reading.limit is None:
        return float("inf")
    return reading.margin / abs(reading.limit) if reading.limit else reading.margin


@dataclass(frozen=True, kw_only=True)
class LayerVerdict:
    """A layer's evidence weighed: whether it can be believed, and what its tests said.

    Evidence that is `sound` can acquit and condemn, `partial` can only condemn, `unusable` neither.
    """

    layer: str
    required: bool
    grade: Grade
    reasons: tuple[str, ...] = ()
    foreign_tree: bool = False
    checks: int = 0
    seconds: float | None = None
    path: str = ""
    sha256: str = ""


@dataclass(frozen=True, kw_only=True)
class WaiverVerdict:
    """A waiver weighed: whether it counts on the day, and what it was needed for.

    `unsettled` names what could not be judged and might have needed it.
    """

    waiver: Waiver
    standing: Literal["valid", "expired", "not yet granted"]
    used_for: tuple[str, ...] = ()
    unsettled: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class Verdicts:
    """The gate's whole answer."""

    policy: str
    policy_description: str
    release: Release
    why: str
    tree: str
    run: str
    objectives: tuple[Verdict, ...]
    layers: tuple[LayerVerdict, ...]
    waivers: tuple[WaiverVerdict, ...]
    unclaimed: tuple[str, ...] = ()

    @property
    def exit_code(self) -> int:
        """0 for GO, 1 for NO-GO, 2 for NO VERDICT."""
        return EXIT_CODES[self.release]
