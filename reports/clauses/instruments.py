"""Instruments against their bound: whether the measuring saw what it had to see."""

from __future__ import annotations

import math
from collections.abc import Sequence

from reports.clauses.limits import (
    COMPARE,
    blank_reading,
    distinct,
    holds,
    margin_of,
    twins_of,
    with_doubt,
)
from reports.evidence import Instrument
from reports.objectives import InstrumentClause
from reports.soundness import Weighed
from reports.verdicts import Reading
from reports.wording import count, labelled, listed, number, scale_of


def read_instruments(clause: InstrumentClause, layer: Weighed) -> tuple[Reading, ...]:
    """One reading for each matching instrument; one more where fewer match than must."""
    named = [item for item in layer.of(Instrument) if item.name == clause.name]
    found = [item for item in named if holds(clause.where, item.dimensions)]
    unit = "share" if clause.of == "share" else clause.unit
    subject = labelled(clause.name, clause.where)
    blank = blank_reading("instrument", layer, clause.layer, subject, clause.op, clause.limit, unit)
    if layer.verdict.grade == "unusable":
        return (blank.because("no evidence", layer.doubt),)
    readings = [_read_instrument(clause, layer, blank, item, found) for item in found]
    if (amount := distinct(found)) < clause.minimum_matches:
        wanted = f", {clause.minimum_matches} expected" if clause.minimum_matches > 1 else ""
        why = f"layer {clause.layer} has {count(amount, 'reading')} of instrument {subject}"
        readings.append(blank.because("no evidence", with_doubt(f"{why}{wanted}", layer)))
    return tuple(readings)


def _read_instrument(
    clause: InstrumentClause,
    layer: Weighed,
    blank: Reading,
    item: Instrument,
    found: Sequence[Instrument],
) -> Reading:
    name = labelled(item.name, item.dimensions)
    doubts = _instrument_doubts(clause, item, found)
    share = clause.of == "share"
    value = item.value / item.total if share and item.total else item.value
    reading = Reading(
        kind="instrument",
        state="no evidence",
        subject=name,
        layer=clause.layer,
        why="",
        value=value if not doubts else None,
        unit=blank.unit if share else item.unit,
        op=clause.op,
        limit=clause.limit,
        margin=margin_of(clause.op, clause.limit, value) if not doubts else None,
        samples=int(item.total) if share and item.total else None,
        missing=item.missing,
        path=blank.path,
        sha256=blank.sha256,
    )
    if doubts:
        return reading.because("no evidence", with_doubt("; ".join(doubts), layer))
    left_out = f"; left out: {listed(item.missing)}" if item.missing else ""
    said = _instrument_said(clause, item, value)
    if not COMPARE[clause.op](value, clause.limit):
        told = f"; {item.detail}" if item.detail else ""  # where to look, and what to try
        return reading.because(clause.beyond, f"{name}: {said}{left_out}{told}")
    if share and clause.limit == 1 and item.missing:
        why = f"{name}: {said}, yet it names what it left out{left_out}"
        return reading.because("invalid", why)
    if layer.verdict.grade == "partial":
        return reading.because("no evidence", with_doubt(f"{name}: {said}", layer))
    return reading.because("met", f"{name}: {said}{left_out}")


def _instrument_said(clause: InstrumentClause, item: Instrument, value: float) -> str:
    scale = scale_of("share" if clause.of == "share" else item.unit, clause.limit)
    bound = f"bound {clause.op} {scale.show(clause.limit)}"
    if clause.of == "share" and item.total is not None:
        share = scale.show(value, clause.limit)
        return f"{_of_total(item.value, item.total)}, {share} ({bound})"
    return f"{scale.show(value, clause.limit)} ({bound})"


def _of_total(value: float, total: float) -> str:
    """`1,199,999 of 1,200,000`: one that is lacking is seen, however many there are."""
    return f"{number(value, total)} of {number(total, value)}"


def _can_exceed(item: Instrument) -> bool:
    """Times and rates may come out above what was planned; a part of a count may not."""
    return item.unit == "s" or item.unit.endswith("/s")


def _instrument_doubts(
    clause: InstrumentClause, item: Instrument, found: Sequence[Instrument]
) -> list[str]:
    doubts = twins_of(name := labelled(item.name, item.dimensions), item, found)
    if clause.of == "share" and item.total is None:
        doubts.append(f"{name} gives no total to take a share of")
    if clause.of == "share" and item.total is not None:
        if item.total <= 0:
            said = _of_total(item.value, item.total)
            doubts.append(f"{name} is {said}: there was nothing to see")
        elif item.value < 0 or (item.value > item.total and not _can_exceed(item)):
            said = _of_total(item.value, item.total)
            doubts.append(f"{name} is {said}, which cannot be")
    if clause.of == "value" and item.value < 0:
        doubts.append(f"{name} is {item.value:g}, which no instrument can read")
    if clause.of == "value" and clause.unit and item.unit != clause.unit:
        doubts.append(f"{name} is in {item.unit or 'no unit'}, the bound in {clause.unit}")
    if not math.isfinite(item.value):
        doubts.append(f"{name} is {item.value}, not a number")
    return doubts
