"""Which function reads which kind of clause.

Every reader gathers all reasons for doubt before it answers, so that they can be mended in one go.
Where the evidence is only partial, what looks met is `no evidence`; what is missed stays missed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from reports.clauses.checks import read_checks
from reports.clauses.comparisons import read_comparisons
from reports.clauses.findings import read_findings
from reports.clauses.instruments import read_instruments
from reports.clauses.measurements import read_measurements
from reports.objectives import (
    AnyClause,
    ComparisonClause,
    FindingsClause,
    InstrumentClause,
    MeasurementClause,
)
from reports.soundness import Weighed
from reports.verdicts import Reading


def read_clause(
    clause: AnyClause,
    objective: str,
    layers: Mapping[str, Weighed],
    waived: Collection[str],
) -> tuple[Reading, ...]:
    """Judge one clause of an objective; `waived` holds fingerprints that a valid waiver accepts."""
    if isinstance(clause, MeasurementClause):
        return read_measurements(clause, layers[clause.layer])
    if isinstance(clause, ComparisonClause):
        return read_comparisons(clause, layers[clause.layer])
    if isinstance(clause, InstrumentClause):
        return read_instruments(clause, layers[clause.layer])
    if isinstance(clause, FindingsClause):
        return (read_findings(clause, objective, layers[clause.layer], waived),)
    return read_checks(clause, objective, layers)
