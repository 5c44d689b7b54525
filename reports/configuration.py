"""Reading slo.toml and waivers.toml: every fault at once, each with file, line and field."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import TypeAdapter, ValidationError

from reports.faults import Section, TomlSource, problems, section_at
from reports.instruments import (
    InstrumentSets,
    instrument_sets,
    refuse_unused,
    with_instruments,
)
from reports.objectives import CLAUSES, Objective, Objectives, Policy, Word
from reports.waivers import Waiver


def load_objectives(path: Path) -> Objectives:
    """Read and check slo.toml. Raises ConfigError with every fault at once."""
    source = TomlSource(path)
    if source.faults:
        source.finish()
    for key in source.body.keys() - {"layers", "policies", "instruments", "objective"}:
        problem = "unknown: expected layers, policies, instruments, objective"
        source.fault(source.line_of_key(key), key, problem)
    layers = _layers(source)
    policies = _policies(source, layers)
    sets = instrument_sets(source, layers)
    context = {
        "layers": layers,
        "policies": tuple(policy.name for policy in policies),
        "instruments": tuple(sets),
    }
    objectives = _objectives(source, context, sets)
    refuse_unused(source, sets)
    _refuse_doubles(source)
    found = Objectives(layers=layers, policies=policies, objectives=objectives)
    if not source.faults:
        _cross_check(source, found)
    source.finish()
    return found


def _layers(source: TomlSource) -> tuple[str, ...]:
    try:
        names = TypeAdapter(tuple[Word, ...]).validate_python(
            source.body.get("layers", ()), strict=True
        )
    except ValidationError as error:
        for _, problem in problems(error):
            source.fault(source.line_of_key("layers"), "layers", problem)
        return ()
    if not names:
        source.fault(
            source.line_of_key("layers"), "layers", "expected a list of layers, none given"
        )
    return names


def _policies(source: TomlSource, layers: tuple[str, ...]) -> tuple[Policy, ...]:
    tables = source.body.get("policies", {})
    if not isinstance(tables, dict) or not tables:
        source.fault(source.line_of_key("policies"), "policies", "expected [policies.NAME] tables")
        return ()
    found = []
    for name, table in tables.items():
        section = section_at(source.named(f"policies.{name}"), 0)
        policy = _policy(source, section, name, table)
        if policy is None:
            continue
        found.append(policy)
        for key, known in (("layers", layers), ("includes", tuple(tables))):
            for item in getattr(policy, key):
                if item not in known or (key == "includes" and item == name):
                    line = section.keys.get(key, section.line)
                    problem = f"expected some of {', '.join(known)}, found {item!r}"
                    source.fault(line, f"policies.{name}.{key}", problem)
    _refuse_circles(source, found)
    return tuple(found)


def _policy(source: TomlSource, section: Section, name: str, table: Any) -> Policy | None:
    """A policy, under the name of its header: another one would hide what it includes."""
    if isinstance(table, Mapping) and "name" in table:
        problem = f"unknown field: the policy is called {name}, as its header says"
        source.fault(
            section.keys.get("name", section.line), f"policies.{name}, field name", problem
        )
    try:
        return Policy.model_validate({**table, "name": name})
    except (ValidationError, TypeError) as error:
        _note(source, section, f"policies.{name}", error)
        return None


def _refuse_circles(source: TomlSource, policies: list[Policy]) -> None:
    includes = {policy.name: set(policy.includes) for policy in policies}
    for name, reached in includes.items():
        seen: set[str] = set()
        while fresh := reached - seen:
            seen |= fresh
            reached = set().union(*(includes.get(item, set()) for item in fresh))
        if name in seen:
            line = source.line_of_key(f"policies.{name}")
            source.fault(line, f"policies.{name}.includes", "includes itself, directly or not")


def _objectives(
    source: TomlSource, context: Mapping[str, Any], sets: InstrumentSets
) -> tuple[Objective, ...]:
    found = []
    sections = source.named("objective")
    for index, table in enumerate(source.tables("objective")):
        section = section_at(sections, index)
        try:
            whole = with_instruments(table, sets)
            found.append(Objective.model_validate(whole, context=context))
        except ValidationError as error:
            _note(source, section, f"objective {table.get('id', f'number {index + 1}')}", error)
    if not found and not source.faults:
        source.fault(1, "objective", "expected [[objective]] tables, found none")
    return tuple(found)


def _note(source: TomlSource, section: Section, name: str, error: Exception) -> None:
    """Turn a model's complaints into faults with lines."""
    if not isinstance(error, ValidationError):
        source.fault(section.line, name, f"expected a table ({error})")
        return
    clauses = source.nested(section, "objective.requires") if section.line else []
    for loc, problem in problems(error):
        place, rest = section, list(loc)
        where = name
        if len(rest) > 1 and rest[0] == "requires":
            place = section_at(clauses, int(rest[1])) if clauses else section
            where = f"{name}, clause {int(rest[1]) + 1}"
            rest = [part for part in rest[2:] if part not in CLAUSES]
        key = str(rest[0]) if rest else ""
        line = place.keys.get(key, place.line)
        source.fault(line, f"{where}, field {key}" if key else where, problem)


def _refuse_doubles(source: TomlSource) -> None:
    first: dict[str, int] = {}
    sections = source.named("objective")
    for index, table in enumerate(source.tables("objective")):
        identity = table.get("id")
        section = section_at(sections, index)
        line = section.keys.get("id", section.line)
        if isinstance(identity, str) and identity in first:
            problem = f"the id stands at line {first[identity]} already: expected one of its own"
            source.fault(line, f"objective {identity}, field id", problem)
        elif isinstance(identity, str):
            first[identity] = line


def _cross_check(source: TomlSource, found: Objectives) -> None:
    """A policy that requires an objective runs the layers that show it."""
    sections = source.named("objective")
    for index, objective in enumerate(found.objectives):
        section = section_at(sections, index)
        for policy in objective.policies:
            absent = [name for name in objective.layers if name not in found.layers_of(policy)]
            if absent:
                problem = f"policy {policy} requires it, but does not run {', '.join(absent)}"
                line = section.keys.get("policies", section.line)
                source.fault(line, f"objective {objective.id}, field policies", problem)


def load_waivers(path: Path) -> tuple[Waiver, ...]:
    """Read and check waivers.toml. Raises ConfigError with every fault at once."""
    source = TomlSource(path)
    for key in source.body.keys() - {"waiver"}:
        source.fault(source.line_of_key(key), key, "unknown: expected [[waiver]] tables")
    found: list[Waiver] = []
    sections = source.named("waiver")
    for index, table in enumerate(source.tables("waiver")):
        section = section_at(sections, index)
        try:
            found.append(Waiver.model_validate(table))
        except ValidationError as error:
            _note(source, section, f"waiver {table.get('scope', f'number {index + 1}')}", error)
    source.finish()
    return tuple(found)
