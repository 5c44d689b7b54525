"""What breaks at parameters."""

from __future__ import annotations

from suites.contract.breaking.building import (
    JSON,
    LATER,
    LIST,
    STRING,
    Tree,
    at,
    document,
    one_parameter,
    parameter,
)

EXAMPLES: dict[str, tuple[Tree, Tree, Tree]] = {
    "path-parameter-renamed": (
        at("/things/{id}", "id"),
        at("/things/{name}", "name"),
        at("/things/{id}", "id"),
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
}
