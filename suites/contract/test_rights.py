"""Every right, property and status of the service, by recipes and the same each time."""

from importlib.resources import files
from json import loads
from typing import Any

import pytest

from fixtures.application import SettingsFactory
from fixtures.environment import UNLIMITED
from fixtures.evidence import Evidence
from suites.contract import access, faults
from suites.contract.answers import undeclared
from suites.contract.compatibility.document import parse
from suites.contract.survey import Survey, assignable, survey
from suites.contract.world import World
from sut.settings import Settings

TOOL = "access"


@pytest.fixture
def settings(settings_with: SettingsFactory) -> Settings:
    """Everybody here comes from one address."""
    return settings_with(**UNLIMITED)


@pytest.mark.long
@pytest.mark.objective("contract-conformance", "sec-access")
async def test_every_right_and_every_property_is_as_declared(
    world: World, served: dict[str, Any], evidence: Evidence
) -> None:
    seen = await survey(world, access.load(), served)
    record(evidence, seen)
    unproven = [str(proof) for proof in seen.proofs if proof.outcome != "proven"]
    assert not [*map(str, seen.faults), *unproven]
    assert seen.fields_tried > 50
    assert seen.answers_read > len(seen.proofs)


def record(evidence: Evidence, seen: Survey) -> None:
    for proof in seen.proofs:
        cell = proof.cell
        evidence.measure(
            "access_cell", 1, "cells", role=cell.role, owner=cell.owner, operation=cell.operation,
            expected=cell.expected, outcome=proof.outcome,
        )  # fmt: skip
    for fault in seen.faults:
        objectives = ("contract-conformance", "sec-access")
        evidence.record(fault.as_finding(TOOL, "suites/contract/access.toml", objectives))
    for outcome in ("open", "unproven"):
        found = sum(proof.outcome == outcome for proof in seen.proofs)
        evidence.measure(f"access_cells_{outcome}", found, "cells", samples=len(seen.proofs))
    evidence.instrument(
        "rights_proven",
        sum(proof.outcome == "proven" for proof in seen.proofs),
        total=len(seen.proofs),
        missing=[str(proof) for proof in seen.proofs if proof.outcome != "proven"],
        unit="cells",
    )
    evidence.measure("fields_tried", seen.fields_tried, "fields")


@pytest.mark.parametrize("kind", faults.KINDS, ids=lambda kind: kind.rule)
def test_every_code_is_in_the_fuzzers_catalogue(kind: faults.Kind) -> None:
    catalogue = files("webfuzzing_commons").joinpath("data", "fault_categories.json")
    known = {one["code"]: one["descriptiveName"] for one in loads(catalogue.read_text("utf-8"))}
    assert kind.wfc in known or kind.wfc == 0
    assert kind.owasp.endswith(":2023")


CLOSED: dict[str, Any] = {
    "openapi": "3.1.0",
    "paths": {
        "/me": {
            "patch": {
                "operationId": "change",
                "requestBody": {
                    "content": {
                        "application/json": {
                            "schema": {"type": "object", "properties": {"name": {"type": "string"}}}
                        }
                    }
                },
                "responses": {
                    "200": {
                        "description": "changed",
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Me"}}
                        },
                    }
                },
            }
        }
    },
    "components": {
        "schemas": {
            "Me": {
                "type": "object",
                "properties": {
                    "name": {"type": "string"},
                    "id": {"type": "integer"},
                    "role": {"type": "string", "enum": ["player", "admin"]},
                    "since": {"type": "string"},
                    "seen": {"type": "array", "items": {"$ref": "#/components/schemas/Seen"}},
                    "free": {"type": "object", "additionalProperties": True},
                },
            },
            "Seen": {"anyOf": [{"type": "object", "properties": {"at": {"type": "string"}}},
                               {"type": "null"}]},
        }
    },
}  # fmt: skip


def test_a_field_that_grants_something_is_tried_and_one_of_ones_own_is_not() -> None:
    document = parse(CLOSED)
    assert assignable(document, document.operations["PATCH /me"]) == {"role": "admin", "id": 9}


def test_a_property_that_no_schema_names_is_found_wherever_it_is() -> None:
    document = parse(CLOSED)
    schema = {"$ref": "#/components/schemas/Me"}
    shown = {
        "name": "Ada",
        "password_hash": "x",
        "seen": [{"at": "now"}, {"at": "now", "ip": "::1"}, {"ip": "::1"}, None],
        "free": {"anything": 1},
    }
    assert list(undeclared(document, schema, shown)) == ["password_hash", "seen[].ip"]


ME: dict[str, Any] = {"$ref": "#/components/schemas/Me"}
BARE: dict[str, Any] = {"type": "object"}


@pytest.mark.parametrize(
    ("schema", "place"),
    [
        ({"anyOf": [ME, {"type": "string"}]}, "password_hash"),
        ({"oneOf": [{"type": "integer"}, {"anyOf": [ME, {"type": "null"}]}]}, "password_hash"),
        (BARE | {"properties": {"name": {}}, "anyOf": [{"required": ["name"]}]}, "password_hash"),
        ({"allOf": [{"allOf": [ME]}, {"title": "Mine"}]}, "password_hash"),
        (BARE | {"additionalProperties": False}, "password_hash"),
        (BARE, "password_hash"),
    ],
)
def test_a_property_that_no_form_names_is_found(schema: dict[str, Any], place: str) -> None:
    assert place in list(undeclared(parse(CLOSED), schema, {"name": "Ada", "password_hash": "x"}))


@pytest.mark.parametrize(
    ("schema", "value", "place"),
    [
        (BARE | {"additionalProperties": ME}, {"7": {"ip": 1}, "8": {"ip": 2}}, "*.ip"),
        (BARE | {"patternProperties": {"^p": ME}}, {"p1": {"ip": 1}}, "*.ip"),
        (BARE | {"patternProperties": {"^p": ME}}, {"ip": 1}, "ip"),
        ({"type": "array", "prefixItems": [ME, ME]}, [{"name": "Ada"}, {"ip": 1}], "[1].ip"),
        ({"type": "array", "prefixItems": [ME], "items": ME}, [{}, {"ip": 1}, {"ip": 1}], "[].ip"),
    ],
)
def test_a_property_is_found_in_maps_and_tuples_too(
    schema: dict[str, Any], value: Any, place: str
) -> None:
    assert list(undeclared(parse(CLOSED), schema, value)) == [place]


@pytest.mark.parametrize(
    "schema",
    [
        {},
        {"title": "Anything"},
        BARE | {"additionalProperties": {}},
        {"anyOf": [ME, BARE | {"additionalProperties": True}]},
    ],
)
def test_what_may_hold_anything_shows_nothing_undeclared(schema: dict[str, Any]) -> None:
    assert list(undeclared(parse(CLOSED), schema, {"anything": {"more": 1}})) == []


def test_forms_that_are_forms_of_each_other_have_an_end() -> None:
    egg, hen = ({"anyOf": [{"$ref": f"#/components/schemas/{one}"}, ME]} for one in ("Hen", "Egg"))
    document = parse(CLOSED | {"components": {"schemas": {
        **CLOSED["components"]["schemas"], "Egg": egg, "Hen": hen,
    }}})  # fmt: skip
    assert list(undeclared(document, egg, {"name": "Ada", "ip": "::1"})) == ["ip"]
