"""Objectives in words: values, limits, margins and bars as a reader meets them."""

from __future__ import annotations

from pathlib import PurePath

from reports.render.view import Bar, BrokeRow, ObjectiveRow, ReadingRow
from reports.verdicts import ORDER, Broke, Moved, Reading, State, Verdict
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


def objective_row(verdict: Verdict) -> ObjectiveRow:
    """An objective in words; of its readings those that have something to show, worst first."""
    ordered = sorted(verdict.readings, key=lambda item: -ORDER.index(item.state))
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
    shown = number(reading.limit) if reading.kind == "findings" else scale.show(reading.limit)
    return f"{word} {_spelled(reading.op)} {shown}"


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
    if reading.low is None and reading.high is None:
        return DASH
    marks = () if reading.limit is None else (reading.limit,)
    low = "…" if reading.low is None else scale.bare(reading.low, *marks)
    high = "…" if reading.high is None else scale.bare(reading.high, *marks)
    span = f"{low} to {high} {scale.unit}".rstrip()
    if reading.confidence is None:
        return span
    return f"{span} ({number(reading.confidence * 100)} %)"


def _bar(reading: Reading, scale: Scale) -> Bar | None:
    """Value and limit on a line from 0; none where the limit is 0, or an exact count."""
    value, limit = reading.value, reading.limit
    if value is None or not limit or limit < 0 or reading.op == "==" or value < 0:
        return None
    low = value if reading.low is None else max(reading.low, 0.0)
    high = value if reading.high is None else reading.high
    end = max(limit, high, value) * (
        1.15 if max(high, value) > limit or reading.unit not in ("share", "ratio") else 1.0
    )
    if reading.unit in ("share", "ratio") and max(high, value, limit) > 0.5:
        end = max(1.0, high, value)
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
        text=f"{scale.show(value, limit)}, limit {_spelled(reading.op)} {scale.show(limit)}",
    )
