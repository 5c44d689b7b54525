"""A value, its interval and a limit; and what every reading of a clause begins with."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping

from reports.evidence import Instrument, Measurement
from reports.soundness import Weighed
from reports.verdicts import Kind, Reading, State

SHARD = "shard"  # the dimension by which a merge tells parts apart
COMPARE: Mapping[str, Callable[[float, float], bool]] = {
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
}


def side_of_limit(
    op: str, limit: float, value: float, low: float | None, high: float | None
) -> State:
    """`met` or `missed` where the whole interval agrees, `no evidence` where it straddles.

    Without an interval the value decides. An interval with one end is open on the other side.
    """
    if low is None and high is None:
        return "met" if COMPARE[op](value, limit) else "missed"
    bottom = -math.inf if low is None else low
    top = math.inf if high is None else high
    if op == "==":
        if bottom == top == limit:
            return "met"
        return "no evidence" if bottom <= limit <= top else "missed"
    ends = (COMPARE[op](bottom, limit), COMPARE[op](top, limit))
    return "met" if all(ends) else "no evidence" if any(ends) else "missed"


def margin_of(op: str, limit: float, value: float) -> float:
    """The distance from the value to the limit, negative on the wrong side."""
    if op == "==":
        return -abs(value - limit)
    return limit - value if op in ("<", "<=") else value - limit


def place_of(dimensions: Mapping[str, str]) -> str:
    """`on GET /matches`: which of many a value is of; empty for one that stands for all."""
    endpoint = dimensions.get("endpoint", "")
    return f"on {endpoint}" if endpoint and not endpoint.startswith("*") else ""


def holds(where: Mapping[str, str], dimensions: Mapping[str, str]) -> bool:
    """Whether a record has every dimension that is asked for; it may have others."""
    return all(dimensions.get(key) == value for key, value in where.items())


def blank_reading(
    kind: Kind, layer: Weighed, name: str, subject: str, op: str, limit: float, unit: str
) -> Reading:
    """A reading without a value: the limit stands, nothing is held against it."""
    return Reading(
        kind=kind,
        state="no evidence",
        subject=subject,
        layer=name,
        why="",
        op=op,
        limit=limit,
        unit=unit,
        path=layer.verdict.path,
        sha256=layer.verdict.sha256,
    )


def with_doubt(why: str, layer: Weighed) -> str:
    """A reason, and after it what is wrong with the layer's evidence as a whole."""
    return f"{why}; {layer.doubt}" if layer.doubt else why


def distinct(found: Iterable[Measurement | Instrument]) -> int:
    """How many different things were measured: the same in each shard is one."""
    return len({
        frozenset((key, value) for key, value in item.dimensions.items() if key != SHARD)
        for item in found
    })  # fmt: skip


def twins_of(
    name: str, item: Measurement | Instrument, found: Iterable[Measurement | Instrument]
) -> list[str]:
    """The doubt that a record raises which was made more than once, dimension for dimension."""
    twins = sum(dict(other.dimensions) == dict(item.dimensions) for other in found)
    if twins < 2:
        return []
    return [f"{name} was recorded {twins} times: which of them is true is not known"]
