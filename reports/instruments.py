"""Named sets of instruments in slo.toml: bounds that several objectives share, each written once.

`[[instruments.NAME]]` tables are instrument clauses without a `kind`. An objective that says
`measured_with = ["NAME"]` is judged by all of them beside clauses of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from reports.faults import TomlSource, problems, section_at
from reports.objectives import InstrumentClause

InstrumentSets = Mapping[str, tuple[InstrumentClause, ...]]


def instrument_sets(source: TomlSource, layers: tuple[str, ...]) -> InstrumentSets:
    """The sets by name, each with its clauses that are right; the others are noted as faults."""
    tables = source.body.get("instruments", {})
    if not isinstance(tables, Mapping):
        problem = "expected [[instruments.NAME]] tables"
        source.fault(source.line_of_key("instruments"), "instruments", problem)
        return {}
    return {name: _clauses(source, name, rows, layers) for name, rows in tables.items()}


def _clauses(
    source: TomlSource, name: str, rows: Any, layers: tuple[str, ...]
) -> tuple[InstrumentClause, ...]:
    where = f"instruments.{name}"
    sections = source.named(where)
    if not isinstance(rows, tuple) or not all(isinstance(row, Mapping) for row in rows):
        line = section_at(sections, 0).line or source.line_of_key("instruments")
        source.fault(line, where, f"expected [[{where}]] tables")
        return ()
    found: list[InstrumentClause] = []
    for index, row in enumerate(rows):
        section = section_at(sections, index)
        try:
            clause = InstrumentClause.model_validate(
                {"kind": "instrument", **row}, context={"layers": layers}
            )
        except ValidationError as error:
            for loc, problem in problems(error):
                key = str(loc[0]) if loc else ""
                field = f", field {key}" if key else ""
                line = section.keys.get(key, section.line)
                source.fault(line, f"{where}, clause {index + 1}{field}", problem)
            continue
        if any(_same_reading(clause, other) for other in found):
            line = section.keys.get("name", section.line)
            problem = f"{clause.name} of layer {clause.layer} stands in the set already"
            source.fault(line, f"{where}, clause {index + 1}, field name", problem)
        found.append(clause)
    return tuple(found)


def _same_reading(one: InstrumentClause, other: InstrumentClause) -> bool:
    return (one.layer, one.name, one.of, one.where) == (
        other.layer, other.name, other.of, other.where,
    )  # fmt: skip


def refuse_unused(source: TomlSource, sets: InstrumentSets) -> None:
    """A set that no objective is measured with guards nothing, though it looks as if it did."""
    used = {
        name
        for table in source.tables("objective")
        for name in _listed(table.get("measured_with"))
        if isinstance(name, str)  # the objective's model refuses others
    }
    for name in sets:
        if name not in used:
            line = section_at(source.named(f"instruments.{name}"), 0).line
            problem = f'no objective says measured_with = ["{name}"]'
            source.fault(line, f"instruments.{name}", problem)


def _listed(value: object) -> tuple[object, ...]:
    return value if isinstance(value, tuple) else ()


def with_instruments(table: Mapping[str, Any], sets: InstrumentSets) -> Mapping[str, Any]:
    """An objective's table with the clauses of the sets that it names, after its own.

    Without own clauses it stays as it is, for its model to refuse: instruments alone show nothing.
    """
    own = _listed(table.get("requires"))
    if not own:
        return table
    names = [str(name) for name in _listed(table.get("measured_with"))]
    shared = tuple(clause for name in dict.fromkeys(names) for clause in sets.get(name, ()))
    return {**table, "requires": (*own, *shared)}
