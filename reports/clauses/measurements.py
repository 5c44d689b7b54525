"""Measurements against a limit."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports.clauses.limits import (
    blank_reading,
    distinct,
    holds,
    margin_of,
    place_of,
    side_of_limit,
    twins_of,
    with_doubt,
)
from reports.evidence import Measurement
from reports.objectives import MeasurementClause
from reports.soundness import Weighed
from reports.verdicts import Reading
from reports.wording import count, labelled, listed, number, scale_of

NEVER_NEGATIVE = ("us", "ms", "s", "1/s", "days")
LONGEST = 99  # times as long as it was; beyond it, the value is as good as at the limit


def read_measurements(clause: MeasurementClause, layer: Weighed) -> tuple[Reading, ...]:
    """One reading for each matching value; one more where fewer match than must."""
    named = [item for item in layer.of(Measurement) if item.metric == clause.metric]
    found = [item for item in named if holds(clause.where, item.dimensions)]
    subject = labelled(clause.metric, clause.where)
    blank = blank_reading(
        "measurement", layer, clause.layer, subject, clause.op, clause.limit, clause.unit
    )
    if layer.verdict.grade == "unusable":
        return (blank.because("no evidence", layer.doubt),)
    readings = [_read_measurement(clause, layer, blank, item, found) for item in found]
    if (amount := distinct(found)) < clause.minimum_matches:
        others = listed(sorted(labelled(clause.metric, item.dimensions) for item in named), 3)
        hint = f" (it holds {others})" if others and not found else ""
        wanted = f", {clause.minimum_matches} expected" if clause.minimum_matches > 1 else ""
        why = f"layer {clause.layer} recorded {count(amount, 'value')} of {subject}{wanted}{hint}"
        readings.append(blank.because("no evidence", with_doubt(why, layer)))
    return tuple(readings)


def _read_measurement(
    clause: MeasurementClause,
    layer: Weighed,
    blank: Reading,
    item: Measurement,
    found: Sequence[Measurement],
) -> Reading:
    limit, unit = clause.limit, clause.unit
    doubts = _measurement_doubts(clause, item, found)
    reading = Reading(
        kind="measurement",
        state="no evidence",
        subject=labelled(clause.metric, item.dimensions),
        layer=clause.layer,
        why="",
        value=item.value if math.isfinite(item.value) else None,
        unit=item.unit,
        op=clause.op,
        limit=limit,
        margin=margin_of(clause.op, limit, item.value) if not doubts else None,
        samples=item.samples,
        low=item.low,
        high=item.high,
        confidence=item.confidence,
        place=place_of(item.dimensions),
        path=blank.path,
        sha256=blank.sha256,
    )
    if doubts:
        return reading.because("no evidence", with_doubt("; ".join(doubts), layer))
    state = side_of_limit(clause.op, limit, item.value, item.low, item.high)
    scale = scale_of(unit, limit)
    said = f"{scale.show(item.value, limit)} (limit {clause.op} {scale.show(limit)})"
    if state == "no evidence":
        why = f"{said}: the interval straddles the limit, so measure longer{_how_long(reading)}"
        return reading.because(state, with_doubt(why, layer))
    if state == "met" and layer.verdict.grade == "partial":
        return reading.because("no evidence", with_doubt(f"{said} would be met", layer))
    why = f"{said}: within the limit" if state == "met" else f"{said}: on the wrong side"
    return reading.because(state, why)


def _how_long(reading: Reading) -> str:
    """How much longer: half an interval shrinks with the square root of the time."""
    value, limit = reading.value, reading.limit
    end = reading.high if value is not None and value < (limit or 0) else reading.low
    if value is None or limit is None or end is None or value == limit:
        return ""
    times = ((end - value) / (limit - value)) ** 2
    return f", about {times:.2g} times as long" if 1 < times <= LONGEST else ""


def _measurement_doubts(
    clause: MeasurementClause, item: Measurement, found: Sequence[Measurement]
) -> list[str]:
    """Everything that keeps this one record from being held against the limit."""
    doubts = twins_of(name := labelled(item.metric, item.dimensions), item, found)
    if item.unit != clause.unit:
        doubts.append(f"{name} is in {item.unit or 'no unit'}, the limit in {clause.unit}")
    if item.samples < clause.minimum_samples:
        doubts.append(
            f"{name} has {count(item.samples, 'sample')} of at least {clause.minimum_samples:,}:"
            " measure longer"
        )
    if not math.isfinite(item.value):
        doubts.append(f"{name} is {item.value}, not a number")
    elif clause.share and not 0 <= item.value <= 1:
        doubts.append(f"{name} is {number(item.value, 0, 1)} of a whole, which cannot be")
    elif item.value < 0 and item.unit in NEVER_NEGATIVE:
        doubts.append(f"{name} is {item.value:g} {item.unit}, which cannot be")
    elif item.confidence is not None and not 0 < item.confidence < 1:
        doubts.append(f"{name} has an interval of confidence {item.confidence:g}, which cannot be")
    elif not _interval_holds(item):
        doubts.append(f"{name} lies outside its own interval ({item.low} to {item.high})")
    return doubts


def _interval_holds(item: Measurement) -> bool:
    """Whether the value lies within its bounds; NaN as a bound holds nothing."""
    return (item.low is None or item.low <= item.value) and (
        item.high is None or item.value <= item.high
    )
