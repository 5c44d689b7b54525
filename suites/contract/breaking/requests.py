"""What breaks at what is sent."""

from __future__ import annotations

from suites.contract.breaking.building import (
    ALL_WAITING,
    CAT,
    DOG,
    FISH,
    JSON,
    LIST,
    NULL,
    PAIR,
    STRING,
    TUPLE,
    WAITING,
    Tree,
    conditional,
    document,
    form,
    parameter,
    sent,
    thing,
    told_apart,
    union,
)

EXAMPLES: dict[str, tuple[Tree, Tree, Tree]] = {
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
    "request-type-narrowed": (
        sent({"type": "number"}),
        sent({"type": "integer"}),
        sent({"type": ["number", "string"]}),
    ),
    "request-null-refused": (
        sent(union(STRING, NULL)),
        sent(STRING),
        sent({"type": ["string", "null"]}),
    ),
    "request-alternative-removed": (
        sent(union(CAT, DOG, FISH)),
        sent(union(CAT, DOG)),
        sent(union(DOG, CAT, FISH, thing() | {"title": "Bird"})),
    ),
    "request-discriminator-value-removed": (
        sent(told_apart("kind", "cat", "dog")),
        sent(told_apart("kind", "cat")),
        sent(told_apart("kind", "cat", "dog", "hound")),
    ),
    "request-exclusion-added": (
        sent(STRING),
        sent(STRING | {"not": {"const": "admin"}}),
        sent(STRING | {"title": "Name"}),
    ),
    "request-condition-added": (
        sent(thing(a=STRING)),
        sent(conditional(required=["b"])),
        sent(thing(a=STRING, b=STRING)),
    ),
    "request-format-changed": (
        sent({"type": "string", "format": "date-time"}),
        sent({"type": "string", "format": "date"}),
        sent(STRING),
    ),
    "request-pattern-changed": (
        parameter({"type": "string", "pattern": "^[a-z]+$"}),
        parameter({"type": "string", "pattern": "^[a-f]+$"}),
        parameter(STRING),
    ),
    "request-content-encoding-changed": (
        sent({"type": "string", "contentEncoding": "base64"}),
        sent({"type": "string", "contentEncoding": "base16"}),
        sent(STRING),
    ),
    "request-content-media-type-changed": (
        sent({"type": "string", "contentMediaType": "image/png"}),
        sent({"type": "string", "contentMediaType": "image/gif"}),
        sent(STRING),
    ),
    "request-enum-added": (parameter(STRING), parameter(WAITING), parameter(STRING)),
    "request-enum-narrowed": (parameter(ALL_WAITING), parameter(WAITING), parameter(STRING)),
    "request-multiple-of-changed": (
        sent({"type": "integer", "multipleOf": 10}),
        sent({"type": "integer", "multipleOf": 4}),
        sent({"type": "integer", "multipleOf": 5}),
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
    "request-pattern-properties-changed": (
        sent(thing(closed=False)),
        sent(thing(closed=False) | {"patternProperties": {"^x-": STRING}}),
        sent(thing(closed=False) | {"patternProperties": {}}),
    ),
    "request-property-names-restricted": (
        sent(thing(closed=False)),
        sent(thing(closed=False) | {"propertyNames": {"pattern": "^[a-z]+$"}}),
        sent(thing(closed=False) | {"title": "Labels"}),
    ),
    "request-dependent-property-required": (
        sent(thing(a=STRING, b=STRING)),
        sent(thing(a=STRING, b=STRING) | {"dependentRequired": {"a": ["b"]}}),
        sent(thing(a=STRING, b=STRING) | {"title": "Thing"}),
    ),
    "request-dependent-schema-added": (
        sent(thing(a=STRING, b=STRING)),
        sent(thing(a=STRING, b=STRING) | {"dependentSchemas": {"a": {"required": ["b"]}}}),
        sent(thing(a=STRING, b=STRING) | {"title": "Thing"}),
    ),
    "request-list-closed": (
        sent(TUPLE),
        sent(TUPLE | {"unevaluatedItems": False}),
        sent(TUPLE | {"title": "Place"}),
    ),
    "request-unique-items-demanded": (sent(LIST), sent(LIST | {"uniqueItems": True}), sent(LIST)),
    "request-contained-item-demanded": (
        sent(LIST),
        sent(LIST | {"contains": {"const": "a"}}),
        sent(LIST | {"title": "Names"}),
    ),
    "request-tuple-shortened": (sent(TUPLE), sent(PAIR), sent(TUPLE | {"title": "Place"})),
}
