"""The served document against the committed one, the released one, and what it should say."""

from collections.abc import Callable
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
        detail="callbacks and webhooks by their names and by what is sent, not by what is answered",
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


WORD = {"type": "string"}


def well_described() -> dict[str, Any]:
    content = {quality.PROBLEM: {"schema": {"type": "object"}}}
    problem = {"description": "refused", "content": content}
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
    answers["422"] = {"description": "refused", "content": {"application/json": {"schema": WORD}}}
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


SCHEMAS_INSIDE: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    "items": lambda one: {"items": one},
    "anyOf 1": lambda one: {"anyOf": [one, WORD]},
    "allOf 2": lambda one: {"allOf": [WORD, one]},
    "prefixItems 1": lambda one: {"prefixItems": [one]},
    "additionalProperties": lambda one: {"additionalProperties": one},
    "patternProperties ^x": lambda one: {"patternProperties": {"^x": one}},
    "items, anyOf 1, deep": lambda one: {"items": {"anyOf": [{"properties": {"deep": one}}]}},
}


@pytest.mark.parametrize("place", SCHEMAS_INSIDE)
@pytest.mark.parametrize(
    ("faulty", "said"),
    [
        ({"type": "integer", "le": 9}, "le is no keyword"),
        ({"type": "integer", "examples": ["many"]}, "example $: "),
        ({"type": "integer", "example": "many"}, "example $: "),
        ({"type": "integer", "maximum": 5, "default": 6}, "default $: "),
    ],
    ids=["no keyword", "examples", "example", "default"],
)
def test_a_fault_of_a_schema_is_named_wherever_it_is(
    place: str, faulty: dict[str, Any], said: str
) -> None:
    document = well_described()
    document["components"]["schemas"]["Odd"] = SCHEMAS_INSIDE[place](faulty)
    (found,) = quality.faults(document)
    assert found.startswith(f"schema Odd, {place}: {said}")


ODD: dict[str, Any] = {"schema": {"type": "integer", "ge": 0}, "example": "many"}


def beside(place: str) -> dict[str, Any]:
    """The document with a faulty schema and an example that does not fit it, in one place."""
    document = well_described()
    item = document["paths"]["/things"]
    operation, components = item["post"], document["components"]
    if place == "path":
        item["parameters"] = [{"in": "query", "name": "odd", **ODD}]
    elif place == "reference":
        components["parameters"] = {"Odd": {"in": "query", "name": "odd", **ODD}}
        operation["parameters"].append({"$ref": "#/components/parameters/Odd"})
    elif place == "content":
        found = {"in": "query", "name": "odd", "content": {"application/json": ODD}}
        operation["parameters"].append(found)
    elif place == "header":
        operation["responses"]["201"]["headers"] = {"Odd": ODD}
    else:
        components["headers"] = {"Odd": ODD}
        made = {"description": "made", "headers": {"Odd": {"$ref": "#/components/headers/Odd"}}}
        components["responses"] = {"Made": made}
        operation["responses"]["201"] = {"$ref": "#/components/responses/Made"}
    return document


@pytest.mark.parametrize("place", ["path", "reference", "content", "header", "answer"])
def test_a_fault_is_named_wherever_an_operation_holds_a_schema(place: str) -> None:
    example, keyword = quality.faults(beside(place))
    assert 'is not of type "integer"' in example
    assert "ge is no keyword" in keyword


def test_an_example_behind_a_reference_is_checked() -> None:
    document = well_described()
    document["components"]["examples"] = {"Big": {"value": {"size": "big"}}}
    content = document["paths"]["/things"]["post"]["requestBody"]["content"]
    examples = {"big": {"$ref": "#/components/examples/Big"}}
    content["application/json"]["examples"] = examples
    (found,) = quality.faults(document)
    assert found.startswith("POST /things: body application/json: example $.size: ")
    del document["components"]["examples"]["Big"]
    assert list(quality.faults(document)) == [
        "POST /things: #/components/examples/Big: leads nowhere"
    ]


@pytest.mark.parametrize("schema", [None, {}, {"title": "Thing"}, {"$ref": "#/x-any"}, True])
@pytest.mark.parametrize("media", ["application/json", "application/vnd.thing+json"])
def test_an_answer_without_a_schema_promises_nothing(schema: Any, media: str) -> None:
    document = well_described() | {"x-any": {"description": "anything"}}
    content = {media: {} if schema is None else {"schema": schema}}
    document["paths"]["/things"]["post"]["responses"]["201"]["content"] = content
    assert list(quality.faults(document)) == [
        f"POST /things: answer 201 {media} promises nothing of what it holds"
    ]


def test_a_problem_without_a_schema_promises_nothing() -> None:
    document = well_described()
    answer = {"description": "refused", "content": {quality.PROBLEM: {}}}
    document["paths"]["/things"]["post"]["responses"]["409"] = answer
    (found,) = quality.faults(document)
    assert "answer 409 application/problem+json promises nothing" in found


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
