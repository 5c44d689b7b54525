"""The value that is sent where nobody gave one."""

from __future__ import annotations

from typing import Any

import pytest

from suites.contract.anywhere.samples import sample
from suites.contract.compatibility.document import parse

SCHEMAS = {
    "beside": (
        {
            "type": "object",
            "required": ["place"],
            "properties": {"place": {"const": 7}},
            "anyOf": [
                {"required": ["name"], "properties": {"name": {"const": "a"}}},
                {"required": ["number"], "properties": {"number": {"type": "integer"}}},
            ],
        },
        {"name": "a", "place": 7},
    ),
    "nullable": ({"anyOf": [{"const": "a"}, {"type": "null"}]}, "a"),
    "one of many": ({"oneOf": [{"const": "a"}, {"const": "b"}]}, "a"),
    "by itself": (
        {
            "type": "object",
            "properties": {"next": {"anyOf": [{"$ref": "#/components/schemas/Node"}, {}]}},
            "oneOf": [{"properties": {"kind": {"const": "x"}}}, {"properties": {}}],
        },
        {"kind": "x"},
    ),
}


@pytest.mark.parametrize(("schema", "value"), SCHEMAS.values(), ids=SCHEMAS)
def test_a_form_of_a_union_is_taken_with_what_stands_beside_it(schema: Any, value: Any) -> None:
    document = parse(
        {
            "openapi": "3.1.0",
            "info": {"title": "Forms", "version": "1"},
            "paths": {},
            "components": {"schemas": {"Node": schema}},
        },
        whole=True,
    )
    assert sample(document, {"$ref": "#/components/schemas/Node"}, 1) == value
