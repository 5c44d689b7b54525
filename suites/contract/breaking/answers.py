"""What breaks at what is answered."""

from __future__ import annotations

from suites.contract.breaking.building import (
    ALL_WAITING,
    CAT,
    DOG,
    ETAG,
    FISH,
    LIST,
    NULL,
    PAIR,
    STRING,
    SURE_ETAG,
    TUPLE,
    WAITING,
    Tree,
    answered,
    conditional,
    linked,
    thing,
    told_apart,
    union,
)

EXAMPLES: dict[str, tuple[Tree, Tree, Tree]] = {
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
    "response-type-widened": (
        answered({"type": "integer"}),
        answered({"type": "number"}),
        answered({"type": "integer", "description": "a count"}),
    ),
    "response-null-added": (answered(STRING), answered(union(STRING, NULL)), answered(STRING)),
    "response-alternative-added": (
        answered(union(CAT, DOG)),
        answered(union(CAT, DOG, FISH)),
        answered(union(DOG, CAT)),
    ),
    "response-discriminator-value-added": (
        answered(told_apart("kind", "cat", "dog")),
        answered(told_apart("kind", "cat", "dog", "hound")),
        answered(told_apart("kind", "cat")),
    ),
    "response-exclusion-dropped": (
        answered(STRING | {"not": {"const": ""}}),
        answered(STRING),
        answered(STRING | {"not": {"const": ""}, "title": "Name"}),
    ),
    "response-condition-dropped": (
        answered(conditional(required=["b"])),
        answered(thing(a=STRING)),
        answered(conditional(required=["b"]) | {"title": "Thing"}),
    ),
    "response-format-changed": (
        answered({"type": "string", "format": "date-time"}),
        answered(STRING),
        answered({"type": "string", "format": "date-time", "title": "When"}),
    ),
    "response-pattern-changed": (
        answered({"type": "string", "pattern": "^[a-z]+$"}),
        answered(STRING),
        answered({"type": "string", "pattern": "^[a-z]+$", "title": "Word"}),
    ),
    "response-content-encoding-changed": (
        answered({"type": "string", "contentEncoding": "base64"}),
        answered(STRING),
        answered({"type": "string", "contentEncoding": "base64", "title": "Picture"}),
    ),
    "response-content-media-type-changed": (
        answered({"type": "string", "contentMediaType": "image/png"}),
        answered({"type": "string", "contentMediaType": "image/gif"}),
        answered({"type": "string", "contentMediaType": "image/png", "title": "Picture"}),
    ),
    "response-enum-widened": (
        answered(WAITING),
        answered(ALL_WAITING),
        answered({"const": "open"}),
    ),
    "response-enum-removed": (answered(WAITING), answered(STRING), answered(WAITING)),
    "response-multiple-of-changed": (
        answered({"type": "integer", "multipleOf": 10}),
        answered({"type": "integer", "multipleOf": 5}),
        answered({"type": "integer", "multipleOf": 20}),
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
    "response-object-opened": (
        answered(thing(a=STRING)),
        answered(thing(a=STRING, closed=False)),
        answered(thing(a=STRING) | {"title": "Thing"}),
    ),
    "response-additional-properties-freed": (
        answered(thing(closed=False) | {"additionalProperties": STRING}),
        answered(thing(closed=False)),
        answered(thing()),
    ),
    "response-pattern-properties-changed": (
        answered(thing() | {"patternProperties": {"^x-": STRING}}),
        answered(thing() | {"patternProperties": {"^x-": STRING, "^y-": STRING}}),
        answered(thing()),
    ),
    "response-property-names-freed": (
        answered(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}}),
        answered(thing(closed=False)),
        answered(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}, "title": "L"}),
    ),
    "response-dependent-property-dropped": (
        answered(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"]}}),
        answered(thing(a=STRING, b=STRING)),
        answered(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"], "b": ["a"]}}),
    ),
    "response-dependent-schema-dropped": (
        answered(thing(a=STRING, b=STRING) | {"dependentSchemas": {"a": {"required": ["b"]}}}),
        answered(thing(a=STRING, b=STRING)),
        answered(
            thing(a=STRING, b=STRING)
            | {"dependentSchemas": {"a": {"required": ["b"]}}, "title": "Thing"}
        ),
    ),
    "response-list-opened": (
        answered(TUPLE | {"unevaluatedItems": False}),
        answered(TUPLE),
        answered(TUPLE | {"unevaluatedItems": False, "title": "Place"}),
    ),
    "response-unique-items-dropped": (
        answered(LIST | {"uniqueItems": True}),
        answered(LIST),
        answered(LIST | {"uniqueItems": True, "title": "Names"}),
    ),
    "response-contained-item-dropped": (
        answered(LIST | {"contains": {"const": "a"}}),
        answered(LIST),
        answered(LIST | {"contains": {"const": "a"}, "title": "Names"}),
    ),
    "response-tuple-shortened": (
        answered(TUPLE),
        answered(PAIR),
        answered(TUPLE | {"title": "Place"}),
    ),
}
