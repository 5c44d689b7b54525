"""What breaks at bounds: tighter on what is sent, looser on what is answered."""

from __future__ import annotations

from suites.contract.breaking.building import LIST, STRING, Tree, answered, sent, thing

# keyword: (the schema that has it, its word in the rules' names, a lower bound or an upper one)
BOUNDS: dict[str, tuple[Tree, str, bool]] = {
    "minimum": ({"type": "integer"}, "minimum", True),
    "exclusiveMinimum": ({"type": "integer"}, "exclusive-minimum", True),
    "minLength": (STRING, "min-length", True),
    "minItems": (LIST, "min-items", True),
    "minProperties": (thing(closed=False), "min-properties", True),
    "minContains": (LIST | {"contains": STRING}, "min-contains", True),
    "maximum": ({"type": "integer"}, "maximum", False),
    "exclusiveMaximum": ({"type": "integer"}, "exclusive-maximum", False),
    "maxLength": (STRING, "max-length", False),
    "maxItems": (LIST, "max-items", False),
    "maxProperties": (thing(closed=False), "max-properties", False),
    "maxContains": (LIST | {"contains": STRING}, "max-contains", False),
}
EXAMPLES: dict[str, tuple[Tree, Tree, Tree]] = {}
for keyword, (schema, word, lower) in BOUNDS.items():
    less, same, more = (schema | {keyword: value} for value in (1, 2, 3))
    narrow, wide = (more, less) if lower else (less, more)
    tighter, looser = ("raised", "lowered") if lower else ("lowered", "raised")
    EXAMPLES[f"request-{word}-{tighter}"] = (sent(same), sent(narrow), sent(wide))
    EXAMPLES[f"response-{word}-{looser}"] = (answered(same), answered(wide), answered(narrow))
