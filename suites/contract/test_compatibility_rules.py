"""Each rule with a change that breaks and one that does not."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import pytest

from suites.contract.compatibility.comparison import compare, names
from suites.contract.compatibility.document import DocumentError, parse

pytestmark = pytest.mark.objective("contract-compatibility")

Tree = dict[str, Any]
JSON = "application/json"
OK: Tree = {"200": {"description": "fine"}}
STRING: Tree = {"type": "string"}


def document(**operation: Any) -> Tree:
    return {"openapi": "3.1.0", "paths": {"/things": {"get": {"responses": OK, **operation}}}}


def paths(*names: str) -> Tree:
    tree: Tree = {"openapi": "3.1.0", "paths": {}}
    for name in names:
        path, _, method = name.partition(" ")
        tree["paths"].setdefault(path, {})[method] = {"responses": OK}
    return tree


def parameter(schema: Tree, *, required: bool = False, name: str = "q") -> Tree:
    found = {"in": "query", "name": name, "required": required, "schema": schema}
    return document(parameters=[found])


def sent(schema: Tree, *, required: bool = True, media: str = JSON) -> Tree:
    return document(requestBody={"required": required, "content": {media: {"schema": schema}}})


def answered(schema: Tree, *, status: str = "200", media: str = JSON, **more: Any) -> Tree:
    answer = {"description": "fine", "content": {media: {"schema": schema}}, **more}
    return document(responses={status: answer})


def answering(*statuses: str) -> Tree:
    return document(responses={status: {"description": "an answer"} for status in statuses})


def thing(*required: str, closed: bool = True, **properties: Tree) -> Tree:
    schema: Tree = {"type": "object", "properties": properties, "required": list(required)}
    return schema | ({"additionalProperties": False} if closed else {})


def union(*schemas: Tree) -> Tree:
    return {"anyOf": list(schemas)}


NULL: Tree = {"type": "null"}
CAT, DOG = thing(name=STRING) | {"title": "Cat"}, thing(bone=STRING) | {"title": "Dog"}
ETAG: Tree = {"headers": {"ETag": {"schema": STRING}}}
WAITING = {"type": "string", "enum": ["open", "closed"]}
ALL_WAITING = {"type": "string", "enum": ["open", "closed", "lost"]}

# rule: (the older document, a newer one that breaks, a newer one that does not)
CASES: dict[str, tuple[Tree, Tree, Tree]] = {
    "path-removed": (
        paths("/a get", "/b get"),
        paths("/a get"),
        paths("/a get", "/b get", "/c get"),
    ),
    "operation-removed": (
        paths("/a get", "/a put"),
        paths("/a get"),
        paths("/a get", "/a put", "/a delete"),
    ),
    "operation-id-changed": (
        document(operationId="list_things"),
        document(operationId="things"),
        document(operationId="list_things", summary="Things"),
    ),
    "security-added": (
        document(security=[{"bearer": []}, {}]),
        document(security=[{"bearer": []}]),
        document(security=[{}, {"bearer": []}, {"key": []}]),
    ),
    "required-parameter-added": (
        document(),
        parameter(STRING, required=True),
        parameter(STRING, required=False),
    ),
    "parameter-became-required": (
        parameter(STRING),
        parameter(STRING, required=True),
        parameter(STRING | {"description": "what to look for"}),
    ),
    "parameter-removed": (
        parameter(STRING),
        document(),
        document(
            parameters=[
                *parameter(STRING)["paths"]["/things"]["get"]["parameters"],
                *parameter(STRING, name="r")["paths"]["/things"]["get"]["parameters"],
            ]
        ),
    ),
    "parameter-default-changed": (
        parameter({"type": "integer", "default": 20}),
        parameter({"type": "integer", "default": 10}),
        parameter({"type": "integer", "default": 20, "title": "Limit"}),
    ),
    "request-body-became-required": (
        sent(STRING, required=False),
        sent(STRING, required=True),
        sent(STRING, required=False),
    ),
    "request-body-removed": (sent(STRING), document(), sent(STRING, required=False)),
    "request-media-type-removed": (
        sent(STRING),
        sent(STRING, media="text/plain"),
        document(
            requestBody={
                "required": True,
                "content": {JSON: {"schema": STRING}, "text/plain": {"schema": STRING}},
            }
        ),
    ),
    "success-status-removed": (
        answering("200", "202"),
        answering("202"),
        answering("200", "202", "204"),
    ),
    "refusal-status-removed": (
        answering("200", "409"),
        answering("200"),
        answering("200", "409", "410"),
    ),
    "response-media-type-removed": (
        answered(STRING),
        answered(STRING, media="text/plain"),
        answered(STRING | {"description": "a name"}),
    ),
    "response-header-removed": (
        answered(STRING, **ETAG),
        answered(STRING),
        answered(STRING, headers={"etag": {"schema": STRING}, "Age": {"schema": STRING}}),
    ),
    "request-type-narrowed": (
        sent({"type": "number"}),
        sent({"type": "integer"}),
        sent({"type": ["number", "string"]}),
    ),
    "response-type-widened": (
        answered({"type": "integer"}),
        answered({"type": "number"}),
        answered({"type": "integer", "description": "a count"}),
    ),
    "request-null-refused": (
        sent(union(STRING, NULL)),
        sent(STRING),
        sent({"type": ["string", "null"]}),
    ),
    "response-null-added": (answered(STRING), answered(union(STRING, NULL)), answered(STRING)),
    "request-alternative-removed": (
        sent(union(CAT, DOG, thing() | {"title": "Fish"})),
        sent(union(CAT, DOG)),
        sent(union(DOG, CAT, thing() | {"title": "Fish"}, thing() | {"title": "Bird"})),
    ),
    "response-alternative-added": (
        answered(union(CAT, DOG)),
        answered(union(CAT, DOG, thing() | {"title": "Fish"})),
        answered(union(DOG, CAT)),
    ),
    "format-changed": (
        sent({"type": "string", "format": "date-time"}),
        sent({"type": "string", "format": "date"}),
        sent(STRING),
    ),
    "request-enum-narrowed": (parameter(ALL_WAITING), parameter(WAITING), parameter(STRING)),
    "response-enum-widened": (
        answered(WAITING),
        answered(ALL_WAITING),
        answered({"const": "open"}),
    ),
    "request-lower-bound-raised": (
        parameter({"type": "integer", "minimum": 0}),
        parameter({"type": "integer", "minimum": 1}),
        parameter({"type": "integer", "minimum": -1}),
    ),
    "request-upper-bound-lowered": (
        sent({"type": "string"}),
        sent({"type": "string", "maxLength": 128}),
        sent({"type": "string", "title": "Password"}),
    ),
    "request-pattern-changed": (
        parameter({"type": "string", "pattern": "^[a-z]+$"}),
        parameter({"type": "string", "pattern": "^[a-f]+$"}),
        parameter(STRING),
    ),
    "request-property-became-required": (
        sent(thing("a", a=STRING, b=STRING)),
        sent(thing("a", "b", a=STRING, b=STRING)),
        sent(thing(a=STRING, b=STRING, c=STRING)),
    ),
    "request-property-removed": (
        sent(thing(a=STRING, b=STRING)),
        sent(thing(a=STRING)),
        sent(thing(a=STRING, b=STRING, c=STRING)),
    ),
    "request-object-closed": (
        sent(thing(a=STRING, closed=False)),
        sent(thing(a=STRING)),
        sent(thing(a=STRING, closed=False) | {"title": "Thing"}),
    ),
    "response-property-removed": (
        answered(thing(a=STRING, b=STRING)),
        answered(thing(a=STRING)),
        answered(thing(a=STRING, b=STRING, c=STRING)),
    ),
    "response-property-made-optional": (
        answered(thing("a", a=STRING)),
        answered(thing(a=STRING)),
        answered(thing("a", "b", a=STRING, b=STRING)),
    ),
}


def rules_broken(old: Tree, new: Tree) -> set[str]:
    return {found.rule for found in compare(parse(old), parse(new)).breaks}


def test_every_rule_has_its_two_examples() -> None:
    assert set(CASES) == set(names())


@pytest.mark.parametrize("rule", CASES)
def test_a_breaking_change_is_named_by_its_rule_alone(rule: str) -> None:
    old, breaking, _ = CASES[rule]
    assert rules_broken(old, breaking) == {rule}


@pytest.mark.parametrize("rule", CASES)
def test_a_harmless_change_breaks_nothing(rule: str) -> None:
    old, _, harmless = CASES[rule]
    assert rules_broken(old, harmless) == set()


def test_a_document_is_compatible_with_itself() -> None:
    for old, *_ in CASES.values():
        assert rules_broken(old, deepcopy(old)) == set()


def test_a_break_behind_a_reference_is_found_once_for_each_operation() -> None:
    old = answered({"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
    node = thing("name", name=STRING, below={"$ref": "#/components/schemas/Node"})
    old["components"] = {"schemas": {"Node": node}}
    new = deepcopy(old)
    new["components"]["schemas"]["Node"]["properties"]["name"] = union(STRING, NULL)
    breaks = compare(parse(old), parse(new)).breaks
    assert [(found.rule, found.where) for found in breaks] == [
        ("response-null-added", "answer 200, each item, name")
    ]


def test_an_operation_that_cannot_be_read_is_named_and_not_compared() -> None:
    old, new = document(), document(parameters=[{"$ref": "#/components/parameters/gone"}])
    comparison = compare(parse(old), parse(new))
    assert comparison.compared == ()
    assert comparison.missing == (
        "served GET /things: #/components/parameters/gone: leads nowhere",
    )


def test_a_schema_that_cannot_be_followed_is_refused() -> None:
    broken = sent({"$ref": "#/components/schemas/gone"})
    with pytest.raises(DocumentError, match="leads nowhere"):
        compare(parse(broken), parse(broken))


def test_a_findings_fingerprint_tells_changes_of_one_place_apart() -> None:
    old, first = parameter({"type": "integer"}), parameter({"type": "integer", "minimum": 1})
    second = parameter({"type": "integer", "minimum": 2})
    prints = {
        found.as_finding().fingerprint
        for new in (first, second)
        for found in compare(parse(old), parse(new)).breaks
    }
    assert len(prints) == 2
