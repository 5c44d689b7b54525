"""Objectives in words: values, limits, margins and bars as a reader meets them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import PurePath

from reports.render.view import Bar, BrokeRow, ObjectiveRow, ReadingRow
from reports.verdicts import ORDER, Broke, Moved, Reading, State, Verdict, headroom
from reports.wording import Scale, count, number, scale_of

SIGNS: dict[State, str] = {
    "met": "✓",
    "waived": "≈",
    "no evidence": "?",
    "invalid": "!",
    "missed": "✕",
}
MOST_DETAILS = 20
DASH = "\N{EN DASH}"
UNKNOWN = "…"
_MARGIN = 1.15  # how far a line goes on beyond what stands on it
_PARTS = ("share", "ratio")


def objective_row(verdict: Verdict) -> ObjectiveRow:
    """An objective in words; of its readings those that have something to show, worst first."""
    ordered = worst_first(verdict.readings)
    return ObjectiveRow(
        id=verdict.id,
        promise=verdict.promise,
        target=verdict.target,
        reason=verdict.reason,
        state=verdict.state,
        sign=SIGNS[verdict.state],
        why=verdict.why,
        todo=verdict.todo,
        required=verdict.required,
        implicit=verdict.implicit,
        readings=tuple(
            reading_row(reading)
            for index, reading in enumerate(ordered)
            if index == 0 or reading.value is not None
        ),
        broke=tuple(map(broke_row, verdict.broke)),
    )


def worst_first(readings: Sequence[Reading]) -> list[Reading]:
    """The worst state first, kinds as their clauses stand, then what is nearest to its limit.

    Kinds keep their order because a share of a limit says little across them: tests that all
    passed have no margin at all, and would come before every value that is met.
    """
    kinds = list(dict.fromkeys(item.kind for item in readings))
    return sorted(
        readings,
        key=lambda item: (-ORDER.index(item.state), kinds.index(item.kind), headroom(item)),
    )


def broke_row(found: Broke) -> BrokeRow:
    """What moved when a limit was broken, in words, most first."""
    return BrokeRow(metric=found.metric, when=found.when, moved=tuple(map(_moved, found.moved)))


def _moved(change: Moved) -> str:
    scale = scale_of(change.unit, max(abs(change.otherwise), abs(change.during)))
    apart = "always" if abs(change.effect) == 1 else f"{number(abs(change.effect) * 100)} %"
    way = "higher" if change.effect > 0 else "lower"
    return (
        f"{change.series}: {scale.show(change.during)}, otherwise {scale.show(change.otherwise)} "
        f"({way}, {apart})"
    )


def reading_row(reading: Reading) -> ReadingRow:
    """One reading; numbers are rounded only as far as the limit allows."""
    scale = scale_of(reading.unit, reading.limit or 0.0)
    return ReadingRow(
        state=reading.state,
        subject=reading.subject,
        layer=reading.layer,
        value=_value(reading, scale),
        limit=_limit(reading, scale),
        margin=_margin(reading, scale),
        room=_room(reading),
        samples=DASH if reading.samples is None else number(reading.samples),
        interval=_interval(reading, scale),
        why=reading.why,
        evidence=evidence_name(reading.path),
        sha256=reading.sha256,
        bar=_bar(reading, scale),
        details=_clipped(reading.missing),
    )


def _clipped(names: tuple[str, ...]) -> tuple[str, ...]:
    rest = len(names) - MOST_DETAILS
    return (*names[:MOST_DETAILS], f"and {rest} more") if rest > 0 else names


def evidence_name(path: str) -> str:
    """Where a file lies within its run folder."""
    return "/".join(PurePath(path).parts[-2:])


def _spelled(op: str) -> str:
    return {"<=": "≤", ">=": "≥", "==": "="}.get(op, op)


def _value(reading: Reading, scale: Scale) -> str:
    if reading.value is None:
        return DASH
    if reading.kind == "checks" and reading.limit is not None:
        return f"{number(reading.value)} of {count(int(reading.limit), 'test')} passed"
    if reading.kind == "findings":
        return count(int(reading.value), "finding")
    marks = () if reading.limit is None else (reading.limit,)
    return scale.show(reading.value, *marks)


def _limit(reading: Reading, scale: Scale) -> str:
    if reading.limit is None:
        return DASH
    if reading.kind == "checks":
        return "all of them" if reading.op == "==" else f"at least {number(reading.limit)}"
    word = "bound" if reading.kind == "instrument" else "limit"
    shown = number(reading.limit) if reading.kind == "findings" else exact(scale, reading.limit)
    return f"{word} {_spelled(reading.op)} {shown}"


def exact(scale: Scale, limit: float) -> str:
    """A limit as it was written: what is compared with it is rounded, it is not."""
    return scale.show(limit, limit)


def _margin(reading: Reading, scale: Scale) -> str:
    """The distance to the limit, and as a share of it where the limit is not 0."""
    if reading.margin is None or reading.op == "==" or (not reading.margin and not reading.limit):
        return DASH
    distance = scale.show(reading.margin, 0.0)
    if not reading.limit:
        return distance
    share = scale_of("ratio").show(reading.margin / abs(reading.limit), 0.0, 1.0)
    if reading.kind == "instrument":
        return share if reading.margin else DASH
    return f"{distance} ({share})"


def _room(reading: Reading) -> str:
    """The margin as a share of the limit, in a word; the distance where there is no share."""
    if reading.margin is None or reading.op == "==" or not reading.limit:
        return ""
    return scale_of("ratio").show(reading.margin / abs(reading.limit), 0.0, 1.0)


def _interval(reading: Reading, scale: Scale) -> str:
    marks = () if reading.limit is None else (reading.limit,)
    said = span(scale, reading.low, reading.high, *marks)
    if reading.confidence is None or said == DASH:
        return said
    return f"{said} ({number(reading.confidence * 100)} %)"


def span(scale: Scale, low: float | None, high: float | None, *marks: float) -> str:
    """`145 to 155 ms`; an end that is not known is said to be so, and no end is a dash."""
    if low is None and high is None:
        return DASH
    ends = (UNKNOWN if end is None else scale.bare(end, *marks) for end in (low, high))
    return f"{' to '.join(ends)} {scale.unit}".rstrip()


def _bar(reading: Reading, scale: Scale) -> Bar | None:
    """Value and limit on a line from 0; none where the limit is 0, or an exact count."""
    value, limit = reading.value, reading.limit
    if value is None or not limit or limit < 0 or reading.op == "==" or value < 0:
        return None
    bounded = reading.low is not None or reading.high is not None
    low = max(reading.low, 0.0) if reading.low is not None else 0.0 if bounded else value
    high = reading.high if reading.high is not None else math.inf if bounded else value
    end = _end(reading.unit, limit, value, high)
    upper = reading.op in ("<", "<=")
    place = {
        name: round(100 * min(number_ / end, 1.0), 2)
        for name, number_ in (("v", value), ("l", limit), ("lo", low), ("hi", high))
    }
    return Bar(
        value=place["v"],
        limit=place["l"],
        low=place["lo"],
        high=place["hi"],
        good_from=0.0 if upper else place["l"],
        good_to=place["l"] if upper else 100.0,
        text=f"{scale.show(value, limit)}, limit {_spelled(reading.op)} {exact(scale, limit)}",
    )


def _end(unit: str, limit: float, value: float, high: float) -> float:
    """Where the line ends: a little beyond all that stands on it, parts of a whole at the whole.

    An interval without an upper end reaches beyond the limit, and is seen to.
    """
    if math.isinf(high):
        return max(limit, value) * _MARGIN
    farthest = max(high, value)
    if unit not in _PARTS:
        return max(limit, farthest) * _MARGIN
    if max(farthest, limit) > 0.5:
        return max(1.0, farthest, limit)
    return farthest * _MARGIN if farthest > limit else limit
