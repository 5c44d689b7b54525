"""The served document against the committed one, the released one, and what it should say."""

from copy import deepcopy
from datetime import date
from typing import Any

import pytest

from fixtures.evidence import Evidence
from reports.evidence import fingerprint
from suites.contract import quality
from suites.contract.accepting import digest
from suites.contract.compatibility.comparison import compare
from suites.contract.compatibility.document import load, parse
from suites.contract.documents import ACCEPT, COMMITTED, RELEASED, differences


@pytest.mark.objective("contract-conformance")
def test_the_served_document_is_the_committed_one(served: dict[str, Any]) -> None:
    found = list(differences(load(COMMITTED).raw, served))
    shown = "\n".join([*found[:20], *(["..."] if len(found) > 20 else [])])
    assert not found, f"{len(found)} differences; if they are meant, run: {ACCEPT}\n{shown}"


@pytest.mark.objective("contract-compatibility")
def test_nothing_that_clients_rely_on_is_taken_away(
    served: dict[str, Any], evidence: Evidence
) -> None:
    released = load(RELEASED)
    comparison = compare(released, parse(served), date.today())  # noqa: DTZ011  a sunset is a day
    total = len(released.operations) + len(released.faults)
    evidence.instrument(
        "operations_compared",
        len(comparison.compared),
        total=total,
        missing=comparison.missing,
        unit="operations",
    )
    evidence.instrument(
        "document_digest", total, unit="operations", detail=f"sha256 {digest(served)}"
    )
    # A break is a finding that can be waived, so it fails the objective rather than this test.
    for broken in comparison.breaks:
        evidence.record(broken.as_finding())
    assert len(comparison.compared) + len(comparison.missing) == total


@pytest.mark.objective("contract-conformance")
def test_every_operation_is_fully_described(served: dict[str, Any], evidence: Evidence) -> None:
    found = list(quality.faults(served))
    for fault in found:
        evidence.finding(
            tool="document-quality",
            rule="undescribed",
            severity="medium",
            message=fault,
            fingerprint=fingerprint("document-quality", fault),
            path="suites/contract/openapi.json",
            objectives=("contract-conformance",),
        )
    assert not found, "\n".join(found)


def well_described() -> dict[str, Any]:
    problem = {"description": "refused", "content": {quality.PROBLEM: {"schema": {}}}}
    operation = {
        "operationId": "make_thing",
        "summary": "Make a thing",
        "tags": ["things"],
        "security": [{"token": []}],
        "parameters": [{"in": "query", "name": "q", "schema": {"type": "string"}}],
        "requestBody": {
            "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}
        },
        "responses": {"201": {"description": "made"}, "401": problem, "422": problem},
    }
    thing = {"type": "object", "properties": {"size": {"type": "integer", "examples": [1]}}}
    return {
        "openapi": "3.1.0",
        "paths": {"/things": {"post": operation}},
        "components": {
            "schemas": {"Thing": thing | {"examples": [{"size": 2}]}},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def test_a_well_described_operation_has_no_fault() -> None:
    assert list(quality.faults(well_described())) == []


@pytest.mark.parametrize("key", ["operationId", "summary", "tags", "security"])
def test_an_operation_that_leaves_something_out_is_named(key: str) -> None:
    document = well_described()
    del document["paths"]["/things"]["post"][key]
    assert any("POST /things" in fault for fault in quality.faults(document))


def test_refusals_must_be_there_and_be_problems() -> None:
    document = well_described()
    answers = document["paths"]["/things"]["post"]["responses"]
    del answers["401"]
    answers["422"] = {"description": "refused", "content": {"application/json": {}}}
    assert list(quality.faults(document)) == [
        "POST /things: needs a token, but has no answer 401",
        "POST /things: answer 422 is no application/problem+json",
    ]


def test_examples_that_do_not_fit_their_schema_are_named() -> None:
    document = well_described()
    document["components"]["schemas"]["Thing"]["examples"] = [{"size": "large"}]
    content = document["paths"]["/things"]["post"]["requestBody"]["content"]
    content["application/json"]["examples"] = {"big": {"value": {"size": 1.5}}}
    found = list(quality.faults(document))
    assert len(found) == 2
    assert all('is not of type "integer"' in fault for fault in found)


def test_the_place_in_an_example_is_named_and_its_formats_are_checked() -> None:
    document = well_described()
    thing = document["components"]["schemas"]["Thing"]
    thing["properties"]["at"] = {"type": "array", "items": {"type": "string", "format": "date"}}
    thing["examples"] = [{"size": 1, "at": ["2026-11-27", "2026-13-01"]}]
    (found,) = quality.faults(document)
    assert found.startswith("schema Thing: example $.at[1]: ")


@pytest.mark.parametrize(
    "schema", [{"type": "nonsense"}, {"$ref": "#/components/schemas/Gone"}], ids=["kind", "ref"]
)
def test_a_faulty_schema_beside_an_example_is_named(schema: dict[str, str]) -> None:
    document = well_described()
    document["components"]["schemas"]["Odd"] = {**schema, "examples": [1]}
    (found,) = quality.faults(document)
    assert found.startswith("schema Odd: its schema is faulty: ")


def test_a_bound_that_is_no_keyword_is_named() -> None:
    document = well_described()
    document["components"]["schemas"]["Thing"]["properties"]["size"]["ge"] = 0
    (found,) = quality.faults(document)
    assert found.startswith("schema Thing, size: ge is no keyword")


def test_differences_name_what_changed_and_where() -> None:
    document = well_described()
    changed = deepcopy(document)
    operation = changed["paths"]["/things"]["post"]
    operation["summary"] = "Make things"
    operation["tags"].append("more")
    del operation["responses"]["422"]
    changed["info"] = {}
    assert list(differences(document, changed)) == [
        "/info: new",
        "/paths/~1things/post/responses/422: gone",
        "/paths/~1things/post/summary: 'Make a thing', now 'Make things'",
        "/paths/~1things/post/tags: 1 items, now 2",
    ]


def test_true_is_not_one_in_a_document() -> None:
    assert list(differences({"a": True}, {"a": 1})) == ["/a: True, now 1"]
