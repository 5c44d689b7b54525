"""Each rule with a change that breaks and one that does not."""

from __future__ import annotations

from copy import deepcopy

import pytest

from suites.contract.breaking import EXAMPLES
from suites.contract.breaking.building import (
    CAT,
    DOG,
    FISH,
    JSON,
    LATER,
    NULL,
    OK,
    SOON,
    STRING,
    TODAY,
    Tree,
    answered,
    at,
    document,
    leaving,
    one_parameter,
    parameter,
    paths,
    sent,
    thing,
    told_apart,
    union,
)
from suites.contract.compatibility.comparison import compare, names
from suites.contract.compatibility.document import DocumentError, parse

NUMBER: Tree = {"type": "integer"}
pytestmark = pytest.mark.objective("contract-compatibility")


def rules_broken(old: Tree, new: Tree) -> set[str]:
    return {found.rule for found in compare(parse(old), parse(new), TODAY).breaks}


def test_every_rule_has_its_two_examples() -> None:
    assert set(EXAMPLES) == set(names())
    assert len(names()) == len(set(names())) >= 80


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_breaking_change_is_named_by_its_rule_alone(rule: str) -> None:
    old, breaking, _ = EXAMPLES[rule]
    assert rules_broken(old, breaking) == {rule}


@pytest.mark.parametrize("rule", EXAMPLES)
def test_a_harmless_change_breaks_nothing(rule: str) -> None:
    old, _, harmless = EXAMPLES[rule]
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


@pytest.mark.parametrize("sunset", [SOON, LATER])
def test_what_was_never_called_deprecated_may_not_go_whatever_its_sunset(sunset: str) -> None:
    old = leaving(sunset)
    del old["paths"]["/a"]["put"]["deprecated"]
    assert rules_broken(old, paths("/a get")) == {"operation-removed"}


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
    for old, *_ in EXAMPLES.values():
        assert rules_broken(old, deepcopy(old)) == set()
    one_of_two = thing(a=STRING, b=STRING) | union({"required": ["a"]}, {"required": ["b"]})
    for old in (sent(one_of_two), answered(one_of_two)):
        assert rules_broken(old, deepcopy(old)) == set()


def described(tree: Tree, **schemas: Tree) -> Tree:
    return tree | {"components": {"schemas": schemas}}


def named(schema: str) -> Tree:
    return {"$ref": f"#/components/schemas/{schema}"}


def test_a_schema_that_may_hold_itself_or_null_has_an_end() -> None:
    node = thing(name=STRING, child=union(named("Node"), NULL))
    old = described(answered(named("Node")), Node=node)
    assert rules_broken(old, deepcopy(old)) == set()
    new = deepcopy(old)
    new["components"]["schemas"]["Node"]["properties"]["name"] = {"type": "integer"}
    assert rules_broken(old, new) == {"response-type-widened"}


@pytest.mark.parametrize("word", ["allOf", "anyOf", "oneOf"])
def test_a_schema_that_is_a_part_of_itself_has_an_end(word: str) -> None:
    old, new = (
        described(answered(named("Node")), Node=one | {word: [named("Node")]})
        for one in (thing(name=STRING), thing())
    )
    assert rules_broken(old, deepcopy(old)) == set()
    assert rules_broken(old, new) == {"response-property-removed"}


def test_all_unions_of_a_schema_are_compared() -> None:
    old, new = (
        answered({"allOf": [union(CAT, DOG), union(more, FISH)]})
        for more in (thing(size=STRING), thing(size=NUMBER))
    )
    assert "response-type-widened" in rules_broken(old, new)
    assert rules_broken(old, deepcopy(old)) == set()


def test_parts_that_grow_in_each_other_have_an_end() -> None:
    whole = {"allOf": [named("Base")], "properties": {"next": named("Whole")}}
    base = thing(next=named("Base"), name=STRING)
    old = described(answered(named("Whole")), Whole=whole, Base=base)
    assert rules_broken(old, deepcopy(old)) == set()
    del (new := deepcopy(old))["components"]["schemas"]["Base"]["properties"]["name"]
    assert rules_broken(old, new) == {"response-property-removed"}


def test_models_that_all_hold_each_other_are_compared_in_time() -> None:
    names = [f"M{number}" for number in range(12)]
    others = {one: union(named(one), NULL) for one in names}
    models = {one: thing() | {"properties": {"name": STRING, **others}} for one in names}
    old = described(answered(named("M0")), **models)
    new = deepcopy(old)
    new["components"]["schemas"]["M11"]["properties"]["name"] = union(STRING, NULL)
    assert rules_broken(old, new) == {"response-null-added"}


def test_what_is_inherited_through_several_parts_is_compared() -> None:
    fruit = thing(name=STRING, colour=STRING)
    parts = {"Plum": {"allOf": [named("Stoned")]}, "Stoned": {"allOf": [named("Fruit")]}}
    old = described(answered(named("Plum")), **parts, Fruit=fruit)
    new = described(answered(named("Plum")), **parts, Fruit=thing(name=STRING))
    assert rules_broken(old, new) == {"response-property-removed"}


def test_a_part_that_may_be_null_is_compared() -> None:
    maybe = {"allOf": [named("Maybe")]}
    old, new = (
        described(answered(maybe), Maybe=union(named("X"), NULL), X=thing(size=size))
        for size in (STRING, {"type": "integer"})
    )
    assert rules_broken(old, new) == {"response-type-widened"}


@pytest.mark.parametrize(
    ("before", "after", "rule"),
    [
        ({"maxLength": 5}, {"maxLength": 3}, "request-max-length-lowered"),
        ({"pattern": "^a"}, {"pattern": "^b"}, "request-pattern-changed"),
        ({"enum": ["a", "b"]}, {"enum": ["a"]}, "request-enum-narrowed"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_a_part_bounds_is_not_hidden_by_what_stands_beside_it(
    before: Tree, after: Tree, rule: str
) -> None:
    beside = {"maxLength": 9, "pattern": "z$", "enum": ["a", "b", "c"]}
    old, new = (sent({"allOf": [STRING | one], **beside}) for one in (before, after))
    assert rules_broken(old, new) == {rule}


def listed(schema: Tree) -> Tree:
    return {"type": "array", "items": schema}


WORD_OR_NULL: Tree = {"type": ["string", "null"]}
WORD_OR_NUMBER: Tree = {"type": ["string", "integer"]}


def at_most(letters: int) -> Tree:
    return STRING | {"maxLength": letters}


@pytest.mark.parametrize(
    ("old", "new", "rule"),
    [
        (sent(union(CAT, DOG)), sent(CAT), "request-alternative-removed"),
        (
            answered(listed(CAT)),
            answered(union(listed(CAT), listed(DOG))),
            "response-alternative-added",
        ),
        (
            sent(union(at_most(5), at_most(9))),
            sent(union(at_most(2), at_most(9))),
            "request-max-length-lowered",
        ),
        (sent(STRING), sent(WORD_OR_NUMBER | {"pattern": "a"}), "request-pattern-changed"),
        (
            answered(WORD_OR_NUMBER | {"maxLength": 5}),
            answered(at_most(500)),
            "response-max-length-raised",
        ),
        (answered(listed(STRING)), answered({"type": "array"}), "response-type-widened"),
        (sent({"type": "array"}), sent(listed(STRING)), "request-type-narrowed"),
        (answered({"enum": ["a"]}), answered({"enum": ["a", None]}), "response-null-added"),
        (sent({"enum": ["a", None]}), sent({"enum": ["a"]}), "request-null-refused"),
        (answered(STRING), answered(STRING | {"nullable": True}), "response-null-added"),
        (
            sent(told_apart("kind", "cat", "dog")),
            sent(union(CAT, DOG) | {"discriminator": {"propertyName": "kind"}}),
            "request-discriminator-value-removed",
        ),
        (document(), document(servers=[{"url": "/v2"}]), "operation-server-removed"),
        (
            one_parameter(content={JSON: {"schema": STRING}}),
            one_parameter(content={JSON: {"schema": NUMBER}}),
            "request-type-narrowed",
        ),
        (
            answered(STRING, headers={"Age": {"content": {JSON: {"schema": NUMBER}}}}),
            answered(STRING, headers={"Age": {"content": {JSON: {"schema": STRING}}}}),
            "response-type-widened",
        ),
    ],
)
def test_a_change_between_two_kinds_of_schema_breaks(old: Tree, new: Tree, rule: str) -> None:
    assert rules_broken(old, new) == {rule}


PET: Tree = {"title": "Pet"}


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (sent(CAT), sent(union(CAT, DOG))),
        (answered(union(CAT, DOG)), answered(CAT)),
        (sent(thing(a=STRING | PET)), sent(thing(a=union(STRING, NUMBER) | PET))),
        (sent(thing(a=WORD_OR_NUMBER)), sent(thing(a=union(STRING, NUMBER) | PET))),
        (sent(union(at_most(5), at_most(9))), sent(at_most(9))),
        (answered(STRING), answered(union(at_most(5), STRING | {"format": "date"}))),
        (sent(union(STRING, NULL)), sent(union(union(STRING, NULL), NUMBER))),
        (answered(union(WORD_OR_NULL, NUMBER)), answered(union(STRING, NULL))),
        (sent(union(WORD_OR_NULL, NUMBER)), sent(union(STRING, NUMBER, NULL))),
        (sent(NUMBER), sent(WORD_OR_NUMBER | {"maxLength": 5})),
        (answered(WORD_OR_NUMBER | {"maxLength": 5}), answered(NUMBER)),
        (sent(listed(CAT)), sent({"type": "array"})),
        (answered({}), answered({"type": ["string", "null"]})),
        (document(), document(servers=[{"url": "https://example.org/"}, {"url": "/v2"}])),
        (
            sent(thing("a", a=STRING)),
            sent(thing("a", "id", a=STRING, id=STRING | {"readOnly": True})),
        ),
        (
            answered(thing("a", "key", a=STRING, key=STRING | {"writeOnly": True})),
            answered(thing("a", a=STRING)),
        ),
    ],
)
def test_a_change_between_two_kinds_of_schema_is_harmless(old: Tree, new: Tree) -> None:
    assert rules_broken(old, new) == set()


def test_what_was_never_sent_and_now_must_be_breaks() -> None:
    old, new = (
        sent(thing("id", id=STRING | {"readOnly": read_only})) for read_only in (True, False)
    )
    assert rules_broken(old, new) == {"request-property-became-required"}


def test_a_refusal_of_its_own_is_compared_with_the_default() -> None:
    either = answered(CAT, status="default")
    responses = either["paths"]["/things"]["get"]["responses"]
    bare = document(responses=responses | {"404": {"description": "nobody"}})
    assert rules_broken(either, bare) == {"response-media-type-removed"}
    fine = document(responses=responses | OK | {"404": responses["default"]})
    assert rules_broken(either, fine) == set()


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


def test_what_the_service_sends_by_itself_is_read_as_an_answer_is() -> None:
    def called(schema: Tree) -> tuple[Tree, Tree]:
        path = {"post": {"requestBody": {"content": {JSON: {"schema": schema}}}}}
        callback = document(callbacks={"done": {"{$request.body#/url}": path}})
        return callback, document() | {"webhooks": {"made": path}}

    more, less = thing(a=STRING, b=STRING), thing(a=STRING)
    for old, new in zip(called(more), called(less), strict=True):
        assert rules_broken(old, new) == {"response-property-removed"}
        assert rules_broken(old, deepcopy(old)) == set()


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
