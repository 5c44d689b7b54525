"""Each rule with a change that breaks and one that does not."""

from __future__ import annotations

from copy import deepcopy
from datetime import date
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
FISH = thing() | {"title": "Fish"}
ETAG: Tree = {"headers": {"ETag": {"schema": STRING}}}
SURE_ETAG: Tree = {"headers": {"ETag": {"schema": STRING, "required": True}}}
WAITING = {"type": "string", "enum": ["open", "closed"]}
ALL_WAITING = {"type": "string", "enum": ["open", "closed", "lost"]}
LIST: Tree = {"type": "array", "items": STRING}
TUPLE: Tree = {"type": "array", "prefixItems": [STRING, STRING]}
PAIR: Tree = {"type": "array", "prefixItems": [STRING]}
SOON, LATER = "2026-06-01", "2026-12-01"
TODAY = date(2026, 7, 1)


def one_parameter(**found: Any) -> Tree:
    made = {"in": "query", "name": "q", "required": False, "schema": STRING, **found}
    return document(parameters=[made])


def at(path: str, parameter: str) -> Tree:
    found = {"in": "path", "name": parameter, "required": True, "schema": STRING}
    operation = {"responses": OK, "parameters": [found]}
    return {"openapi": "3.1.0", "paths": {path: {"get": operation}}}


def secured(*ways: Tree, **schemes: Tree) -> Tree:
    made = document(security=list(ways))
    made["components"] = {"securitySchemes": schemes}
    return made


def linked(**links: str) -> Tree:
    made = {name: {"operationId": target} for name, target in links.items()}
    return document(responses={"200": {"description": "fine", "links": made}})


def form(**encoding: str) -> Tree:
    content: Tree = {"schema": thing(file=STRING)}
    content["encoding"] = {name: {"contentType": value} for name, value in encoding.items()}
    return document(requestBody={"required": True, "content": {"multipart/form-data": content}})


def leaving(sunset: str | None) -> Tree:
    """Two methods of one path, of which the second is deprecated."""
    tree = paths("/a get", "/a put")
    tree["paths"]["/a"]["put"] |= {"deprecated": True}
    if sunset:
        tree["paths"]["/a"]["put"]["x-sunset"] = sunset
    return tree


def told_apart(by: str, *names: str) -> Tree:
    mapping = {name: f"#/{name}" for name in names}
    return union(CAT, DOG) | {"discriminator": {"propertyName": by, "mapping": mapping}}


def conditional(**then: Any) -> Tree:
    return thing(a=STRING) | {"if": {"required": ["a"]}, "then": then}


KEY: Tree = {"type": "apiKey", "in": "header", "name": "X-Key"}
OAUTH: Tree = {"type": "oauth2", "flows": {"implicit": {}, "clientCredentials": {}}}

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
    "operation-removed-before-its-sunset": (
        leaving(LATER),
        paths("/a get"),
        leaving(LATER),
    ),
    "path-parameter-renamed": (
        at("/things/{id}", "id"),
        at("/things/{name}", "name"),
        at("/things/{id}", "id"),
    ),
    "webhook-removed": (
        document() | {"webhooks": {"made": {}, "gone": {}}},
        document() | {"webhooks": {"made": {}}},
        document() | {"webhooks": {"made": {}, "gone": {}, "more": {}}},
    ),
    "operation-id-changed": (
        document(operationId="list_things"),
        document(operationId="things"),
        document(operationId="list_things", summary="Things"),
    ),
    "operation-tag-removed": (
        document(tags=["things"]),
        document(tags=["stuff"]),
        document(tags=["things", "stuff"]),
    ),
    "operation-server-removed": (
        document(servers=[{"url": "/v1"}, {"url": "/v2"}]),
        document(servers=[{"url": "/v2"}]),
        document(servers=[{"url": "/v1"}, {"url": "/v2"}, {"url": "/v3"}]),
    ),
    "callback-removed": (
        document(callbacks={"done": {}}),
        document(),
        document(callbacks={"done": {}, "failed": {}}),
    ),
    "operation-deprecated-without-sunset": (
        document(),
        document(deprecated=True),
        document(deprecated=True, **{"x-sunset": LATER}),
    ),
    "operation-sunset-moved-earlier": (
        document(deprecated=True, **{"x-sunset": LATER}),
        document(deprecated=True, **{"x-sunset": SOON}),
        document(deprecated=True, **{"x-sunset": "2027-01-01"}),
    ),
    "security-added": (
        document(security=[{"bearer": []}, {}]),
        document(security=[{"bearer": []}]),
        document(security=[{}, {"bearer": []}, {"key": []}]),
    ),
    "security-scope-added": (
        document(security=[{"oauth": ["read"]}]),
        document(security=[{"oauth": ["read", "list"]}]),
        document(security=[{"oauth": []}]),
    ),
    "security-scheme-changed": (
        secured({"key": []}, key=KEY),
        secured({"key": []}, key=KEY | {"name": "X-Token"}),
        secured({"key": []}, key=KEY | {"description": "from the account page"}),
    ),
    "security-flow-removed": (
        secured({"oauth": []}, oauth=OAUTH),
        secured({"oauth": []}, oauth=OAUTH | {"flows": {"clientCredentials": {}}}),
        secured({"oauth": []}, oauth=OAUTH | {"flows": {**OAUTH["flows"], "password": {}}}),
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
    "parameter-renamed": (
        parameter(STRING, name="q"),
        parameter(STRING, name="query"),
        parameter(STRING, name="q"),
    ),
    "parameter-moved": (
        one_parameter(),
        one_parameter(**{"in": "header"}),
        one_parameter(description="what to look for"),
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
    "parameter-deprecated-without-sunset": (
        one_parameter(),
        one_parameter(deprecated=True),
        one_parameter(deprecated=True, **{"x-sunset": LATER}),
    ),
    "parameter-style-changed": (
        one_parameter(schema=LIST, explode=False),
        one_parameter(schema=LIST, explode=False, style="pipeDelimited"),
        one_parameter(schema=LIST, explode=False, style="form"),
    ),
    "parameter-explode-changed": (
        one_parameter(schema=LIST),
        one_parameter(schema=LIST, explode=False),
        one_parameter(schema=LIST, explode=True),
    ),
    "parameter-media-type-changed": (
        one_parameter(),
        one_parameter(content={JSON: {"schema": STRING}}),
        one_parameter(),
    ),
    "parameter-empty-value-refused": (
        one_parameter(allowEmptyValue=True),
        one_parameter(),
        one_parameter(allowEmptyValue=True, example="x"),
    ),
    "parameter-reserved-characters-refused": (
        one_parameter(allowReserved=True),
        one_parameter(),
        one_parameter(allowReserved=True, example="x"),
    ),
    "required-request-body-added": (
        document(),
        sent(STRING, required=True),
        sent(STRING, required=False),
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
    "request-encoding-changed": (
        form(file="image/png"),
        form(file="image/gif"),
        form(file="image/png"),
    ),
    "success-status-removed": (
        answering("200", "202"),
        answering("202"),
        answering("200", "202", "204"),
    ),
    "redirect-status-removed": (answering("200", "304"), answering("200"), answering("200", "304")),
    "refusal-status-removed": (
        answering("200", "409"),
        answering("200"),
        answering("200", "409", "410"),
    ),
    "error-status-removed": (
        answering("200", "503"),
        answering("200"),
        answering("200", "503", "504"),
    ),
    "default-answer-removed": (
        answering("200", "default"),
        answering("200"),
        answering("200", "404", "default"),
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
    "response-header-made-optional": (
        answered(STRING, **SURE_ETAG),
        answered(STRING, **ETAG),
        answered(STRING, headers={"etag": {"schema": STRING, "required": True}}),
    ),
    "response-link-removed": (linked(next="list"), linked(), linked(next="list", self="get")),
    "response-link-target-changed": (linked(next="list"), linked(next="get"), linked(next="list")),
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
        sent(union(CAT, DOG, FISH)),
        sent(union(CAT, DOG)),
        sent(union(DOG, CAT, FISH, thing() | {"title": "Bird"})),
    ),
    "response-alternative-added": (
        answered(union(CAT, DOG)),
        answered(union(CAT, DOG, FISH)),
        answered(union(DOG, CAT)),
    ),
    "discriminator-changed": (
        answered(told_apart("kind", "cat")),
        answered(told_apart("sort", "cat")),
        answered(told_apart("kind", "cat")),
    ),
    "request-discriminator-value-removed": (
        sent(told_apart("kind", "cat", "dog")),
        sent(told_apart("kind", "cat")),
        sent(told_apart("kind", "cat", "dog", "hound")),
    ),
    "response-discriminator-value-added": (
        answered(told_apart("kind", "cat", "dog")),
        answered(told_apart("kind", "cat", "dog", "hound")),
        answered(told_apart("kind", "cat")),
    ),
    "request-exclusion-added": (
        sent(STRING),
        sent(STRING | {"not": {"const": "admin"}}),
        sent(STRING | {"title": "Name"}),
    ),
    "response-exclusion-dropped": (
        answered(STRING | {"not": {"const": ""}}),
        answered(STRING),
        answered(STRING | {"not": {"const": ""}, "title": "Name"}),
    ),
    "request-condition-added": (
        sent(thing(a=STRING)),
        sent(conditional(required=["b"])),
        sent(thing(a=STRING, b=STRING)),
    ),
    "response-condition-dropped": (
        answered(conditional(required=["b"])),
        answered(thing(a=STRING)),
        answered(conditional(required=["b"]) | {"title": "Thing"}),
    ),
    "request-format-changed": (
        sent({"type": "string", "format": "date-time"}),
        sent({"type": "string", "format": "date"}),
        sent(STRING),
    ),
    "response-format-changed": (
        answered({"type": "string", "format": "date-time"}),
        answered(STRING),
        answered({"type": "string", "format": "date-time", "title": "When"}),
    ),
    "request-pattern-changed": (
        parameter({"type": "string", "pattern": "^[a-z]+$"}),
        parameter({"type": "string", "pattern": "^[a-f]+$"}),
        parameter(STRING),
    ),
    "response-pattern-changed": (
        answered({"type": "string", "pattern": "^[a-z]+$"}),
        answered(STRING),
        answered({"type": "string", "pattern": "^[a-z]+$", "title": "Word"}),
    ),
    "request-content-encoding-changed": (
        sent({"type": "string", "contentEncoding": "base64"}),
        sent({"type": "string", "contentEncoding": "base16"}),
        sent(STRING),
    ),
    "response-content-encoding-changed": (
        answered({"type": "string", "contentEncoding": "base64"}),
        answered(STRING),
        answered({"type": "string", "contentEncoding": "base64", "title": "Picture"}),
    ),
    "request-content-media-type-changed": (
        sent({"type": "string", "contentMediaType": "image/png"}),
        sent({"type": "string", "contentMediaType": "image/gif"}),
        sent(STRING),
    ),
    "response-content-media-type-changed": (
        answered({"type": "string", "contentMediaType": "image/png"}),
        answered({"type": "string", "contentMediaType": "image/gif"}),
        answered({"type": "string", "contentMediaType": "image/png", "title": "Picture"}),
    ),
    "request-enum-added": (parameter(STRING), parameter(WAITING), parameter(STRING)),
    "request-enum-narrowed": (parameter(ALL_WAITING), parameter(WAITING), parameter(STRING)),
    "response-enum-widened": (
        answered(WAITING),
        answered(ALL_WAITING),
        answered({"const": "open"}),
    ),
    "response-enum-removed": (answered(WAITING), answered(STRING), answered(WAITING)),
    "request-multiple-of-changed": (
        sent({"type": "integer", "multipleOf": 10}),
        sent({"type": "integer", "multipleOf": 4}),
        sent({"type": "integer", "multipleOf": 5}),
    ),
    "response-multiple-of-changed": (
        answered({"type": "integer", "multipleOf": 10}),
        answered({"type": "integer", "multipleOf": 5}),
        answered({"type": "integer", "multipleOf": 20}),
    ),
    "request-default-changed": (
        sent(thing(a=STRING | {"default": "x"})),
        sent(thing(a=STRING | {"default": "y"})),
        sent(thing(a=STRING | {"default": "x", "title": "A"})),
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
    "request-property-became-read-only": (
        sent(thing(a=STRING)),
        sent(thing(a=STRING | {"readOnly": True})),
        sent(thing(a=STRING | {"writeOnly": True})),
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
    "response-property-became-write-only": (
        answered(thing(a=STRING)),
        answered(thing(a=STRING | {"writeOnly": True})),
        answered(thing(a=STRING | {"readOnly": True})),
    ),
    "request-object-closed": (
        sent(thing(a=STRING, closed=False)),
        sent(thing(a=STRING, closed=False) | {"unevaluatedProperties": False}),
        sent(thing(a=STRING, closed=False) | {"title": "Thing"}),
    ),
    "request-additional-properties-restricted": (
        sent(thing(a=STRING, closed=False)),
        sent(thing(a=STRING, closed=False) | {"additionalProperties": STRING}),
        sent(thing(a=STRING, closed=False) | {"additionalProperties": True}),
    ),
    "response-object-opened": (
        answered(thing(a=STRING)),
        answered(thing(a=STRING, closed=False)),
        answered(thing(a=STRING) | {"title": "Thing"}),
    ),
    "request-property-names-restricted": (
        sent(thing(closed=False)),
        sent(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}}),
        sent(thing(closed=False) | {"title": "Labels"}),
    ),
    "response-property-names-freed": (
        answered(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}}),
        answered(thing(closed=False)),
        answered(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}, "title": "L"}),
    ),
    "request-dependent-property-required": (
        sent(thing(a=STRING, b=STRING)),
        sent(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"]}}),
        sent(thing(a=STRING, b=STRING) | {"title": "Thing"}),
    ),
    "response-dependent-property-dropped": (
        answered(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"]}}),
        answered(thing(a=STRING, b=STRING)),
        answered(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"], "b": ["a"]}}),
    ),
    "request-unique-items-demanded": (sent(LIST), sent(LIST | {"uniqueItems": True}), sent(LIST)),
    "response-unique-items-dropped": (
        answered(LIST | {"uniqueItems": True}),
        answered(LIST),
        answered(LIST | {"uniqueItems": True, "title": "Names"}),
    ),
    "request-contained-item-demanded": (
        sent(LIST),
        sent(LIST | {"contains": {"const": "a"}}),
        sent(LIST | {"title": "Names"}),
    ),
    "response-contained-item-dropped": (
        answered(LIST | {"contains": {"const": "a"}}),
        answered(LIST),
        answered(LIST | {"contains": {"const": "a"}, "title": "Names"}),
    ),
    "request-tuple-shortened": (sent(TUPLE), sent(PAIR), sent(TUPLE | {"title": "Place"})),
    "response-tuple-shortened": (
        answered(TUPLE),
        answered(PAIR),
        answered(TUPLE | {"title": "Place"}),
    ),
}
# keyword: (the schema that has it, its word in the rules' names, a lower bound or an upper one)
BOUNDS: dict[str, tuple[Tree, str, bool]] = {
    "minimum": ({"type": "integer"}, "minimum", True),
    "exclusiveMinimum": ({"type": "integer"}, "exclusive-minimum", True),
    "minLength": (STRING, "min-length", True),
    "minItems": (LIST, "min-items", True),
    "minProperties": (thing(closed=False), "min-properties", True),
    "maximum": ({"type": "integer"}, "maximum", False),
    "exclusiveMaximum": ({"type": "integer"}, "exclusive-maximum", False),
    "maxLength": (STRING, "max-length", False),
    "maxItems": (LIST, "max-items", False),
    "maxProperties": (thing(closed=False), "max-properties", False),
}
for keyword, (schema, word, lower) in BOUNDS.items():
    less, same, more = (schema | {keyword: value} for value in (1, 2, 3))
    narrow, wide = (more, less) if lower else (less, more)
    tighter, looser = ("raised", "lowered") if lower else ("lowered", "raised")
    CASES[f"request-{word}-{tighter}"] = (sent(same), sent(narrow), sent(wide))
    CASES[f"response-{word}-{looser}"] = (answered(same), answered(wide), answered(narrow))


def rules_broken(old: Tree, new: Tree) -> set[str]:
    return {found.rule for found in compare(parse(old), parse(new), TODAY).breaks}


def test_every_rule_has_its_two_examples() -> None:
    assert set(CASES) == set(names())
    assert len(names()) == len(set(names())) >= 80


@pytest.mark.parametrize("rule", CASES)
def test_a_breaking_change_is_named_by_its_rule_alone(rule: str) -> None:
    old, breaking, _ = CASES[rule]
    assert rules_broken(old, breaking) == {rule}


@pytest.mark.parametrize("rule", CASES)
def test_a_harmless_change_breaks_nothing(rule: str) -> None:
    old, _, harmless = CASES[rule]
    assert rules_broken(old, harmless) == set()


def test_a_bound_that_is_new_is_as_tight_as_one_that_was_moved() -> None:
    bounded = {"type": "string", "maxLength": 128}
    assert rules_broken(sent(STRING), sent(bounded)) == {"request-max-length-lowered"}
    assert rules_broken(answered(bounded), answered(STRING)) == {"response-max-length-raised"}


def test_what_was_deprecated_may_go_from_its_sunset_on() -> None:
    assert rules_broken(leaving(SOON), paths("/a get")) == set()
    assert rules_broken(leaving(TODAY.isoformat()), paths("/a get")) == set()


def test_what_was_deprecated_without_a_date_may_not_go() -> None:
    assert rules_broken(leaving(None), paths("/a get")) == {"operation-removed"}
    assert rules_broken(leaving("some day"), paths("/a get")) == {"operation-removed"}


def test_a_renamed_path_parameter_is_compared_with_what_it_was() -> None:
    old, new = at("/things/{id}", "id"), at("/things/{name}", "name")
    new["paths"]["/things/{name}"]["get"]["parameters"][0]["schema"] = {"type": "integer"}
    assert rules_broken(old, new) == {"path-parameter-renamed", "request-type-narrowed"}


def test_two_parameters_for_two_are_not_taken_for_renamed() -> None:
    old, new = (
        document(parameters=[{"in": "query", "name": name, "schema": STRING} for name in names])
        for names in ("ab", "cd")
    )
    assert rules_broken(old, new) == {"parameter-removed"}


def test_a_header_behind_a_reference_is_followed() -> None:
    old = answered(STRING, headers={"ETag": {"$ref": "#/components/headers/Tag"}})
    old["components"] = {"headers": {"Tag": {"schema": STRING, "required": True}}}
    new = deepcopy(old)
    new["components"]["headers"]["Tag"] = {"schema": union(STRING, NULL), "required": True}
    assert rules_broken(old, new) == {"response-null-added"}


def test_a_document_is_compatible_with_itself() -> None:
    for old, *_ in CASES.values():
        assert rules_broken(old, deepcopy(old)) == set()


def test_a_break_behind_a_reference_is_found_once_for_each_operation() -> None:
    old = answered({"type": "array", "items": {"$ref": "#/components/schemas/Node"}})
    node = thing("name", name=STRING, below={"$ref": "#/components/schemas/Node"})
    old["components"] = {"schemas": {"Node": node}}
    new = deepcopy(old)
    new["components"]["schemas"]["Node"]["properties"]["name"] = union(STRING, NULL)
    breaks = compare(parse(old), parse(new), TODAY).breaks
    assert [(found.rule, found.where) for found in breaks] == [
        ("response-null-added", "answer 200, each item, name")
    ]


def test_an_operation_that_cannot_be_read_is_named_and_not_compared() -> None:
    old, new = document(), document(parameters=[{"$ref": "#/components/parameters/gone"}])
    comparison = compare(parse(old), parse(new), TODAY)
    assert comparison.compared == ()
    assert comparison.missing == (
        "served GET /things: #/components/parameters/gone: leads nowhere",
    )


def test_a_schema_that_cannot_be_followed_is_refused() -> None:
    broken = sent({"$ref": "#/components/schemas/gone"})
    with pytest.raises(DocumentError, match="leads nowhere"):
        compare(parse(broken), parse(broken), TODAY)


def test_a_findings_fingerprint_tells_changes_of_one_place_apart() -> None:
    old, first = parameter({"type": "integer"}), parameter({"type": "integer", "minimum": 1})
    second = parameter({"type": "integer", "minimum": 2})
    prints = {
        found.as_finding().fingerprint
        for new in (first, second)
        for found in compare(parse(old), parse(new), TODAY).breaks
    }
    assert len(prints) == 2
