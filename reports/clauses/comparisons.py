"""Two builds compared: ratios of new over base, each with its interval, against a tolerance."""

from __future__ import annotations

from reports.clauses.limits import with_doubt
from reports.clauses.measurements import read_measurements
from reports.objectives import ComparisonClause
from reports.soundness import Weighed
from reports.verdicts import Reading


def read_comparisons(clause: ComparisonClause, layer: Weighed) -> tuple[Reading, ...]:
    """One reading for each matching ratio, judged by its interval and by nothing less."""
    readings = read_measurements(clause.as_measurement, layer)
    return tuple(_worded(clause, layer, reading) for reading in readings)


def _worded(clause: ComparisonClause, layer: Weighed, reading: Reading) -> Reading:
    if reading.state in ("met", "missed") and not _is_sure(clause, reading):
        why = (
            f"{reading.subject} has no interval of {clause.confidence:.0%} or more: "
            "a ratio alone tells no difference from chance"
        )
        return reading.because("no evidence", with_doubt(why, layer))
    if reading.value is None:
        return reading
    return reading.because(reading.state, f"{clause.op} {clause.limit:g} %: {reading.why}")


def _is_sure(clause: ComparisonClause, reading: Reading) -> bool:
    return (
        reading.low is not None
        and reading.high is not None
        and reading.confidence is not None
        and reading.confidence >= clause.confidence
    )
