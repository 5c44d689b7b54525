"""Each rule with a change that breaks and one that does not."""

from __future__ import annotations

from copy import deepcopy

import pytest

from suites.contract.breaking import EXAMPLES
from suites.contract.breaking.building import (
    NULL,
    SOON,
    STRING,
    TODAY,
    Tree,
    answered,
    at,
    document,
    leaving,
    parameter,
    paths,
    sent,
    thing,
    union,
)
from suites.contract.compatibility.comparison import compare, names
from suites.contract.compatibility.document import DocumentError, parse

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
