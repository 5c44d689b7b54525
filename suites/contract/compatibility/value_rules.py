"""Rules about values: formats, enumerations, bounds, patterns, defaults."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from suites.contract.compatibility.forms import Direction
from suites.contract.compatibility.pairing import Pair
from suites.contract.compatibility.rules import Found, SchemaRule, about_schemas


def _listed(words: Iterable[str]) -> str:
    return ", ".join(sorted(words))


def _both(pair: Pair, keyword: str) -> tuple[Any, Any]:
    return pair.old.body.get(keyword), pair.new.body.get(keyword)


def _said(pair: Pair, keyword: str) -> tuple[str, str]:
    before, after = _both(pair, keyword)
    said = [f"{value!r}" if value is not None else "any" for value in (before, after)]
    return pair.where, f"its {keyword} was {said[0]}, is {said[1]}"


# What type a word is about: it binds nobody who never meets a value of that type.
_ABOUT: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(
        ("pattern", "contentEncoding", "contentMediaType", "minLength", "maxLength"),
        frozenset({"string"}),
    ),
    **dict.fromkeys(("minItems", "maxItems", "minContains", "maxContains"), frozenset({"array"})),
    **dict.fromkeys(("minProperties", "maxProperties"), frozenset({"object"})),
}
_NUMBERS = frozenset({"integer", "number"})


def _is_about(pair: Pair, keyword: str) -> bool:
    """Whether the word can bind values of both schemas; of other values the types tell."""
    about = {"format": _NUMBERS | {"string"}, **_ABOUT}.get(keyword, _NUMBERS)
    return bool(pair.old.types & pair.new.types & about)


# --- words of text -----------------------------------------------------------------------------


def _text_rule(name: str, direction: Direction, keyword: str, why: str) -> None:
    """A word about text: what is sent may lose it, what is answered may gain it, else it stays."""

    def rule(pair: Pair) -> Found:
        before, after = _both(pair, keyword)
        loosened = before is None if direction == "response" else after is None
        same = before == after
        if pair.direction == direction and _is_about(pair, keyword) and not same and not loosened:
            yield _said(pair, keyword)

    _register(name, why, rule)


def _register(name: str, why: str, rule: SchemaRule) -> None:
    setattr(rule, "__name__", name)  # noqa: B010  mypy knows no name of a Callable
    rule.__doc__ = why
    about_schemas(rule)


# That one pattern is wider than another cannot be told in general, so every change counts.
_text_rule("request_format_changed", "request", "format", "Clients write this format.")
_text_rule("response_format_changed", "response", "format", "Clients read this format.")
_text_rule("request_pattern_changed", "request", "pattern", "Text that matched may no longer.")
_text_rule("response_pattern_changed", "response", "pattern", "Clients take text apart by it.")
for _direction in ("request", "response"):
    for _keyword, _word in (
        ("contentEncoding", "content_encoding"),
        ("contentMediaType", "content_media_type"),
    ):
        _text_rule(
            f"{_direction}_{_word}_changed",
            "request" if _direction == "request" else "response",
            _keyword,
            "Clients write and read what is inside the text in this form.",
        )


# --- enumerations ------------------------------------------------------------------------------


@about_schemas
def request_enum_added(pair: Pair) -> Found:
    """Any value could be sent."""
    if pair.direction == "request" and pair.old.values is None and pair.new.values is not None:
        yield pair.where, f"now takes {_listed(pair.new.values)} alone"


@about_schemas
def request_enum_narrowed(pair: Pair) -> Found:
    """A value that could be sent is refused."""
    if pair.direction != "request" or pair.new.values is None or pair.old.values is None:
        return
    if lost := pair.old.values - pair.new.values:
        yield pair.where, f"no longer takes {_listed(lost)}"


@about_schemas
def response_enum_widened(pair: Pair) -> Found:
    """A value is answered that clients do not know."""
    if pair.direction != "response" or pair.old.values is None or pair.new.values is None:
        return
    if gained := pair.new.values - pair.old.values:
        yield pair.where, f"may now be {_listed(gained)}"


@about_schemas
def response_enum_removed(pair: Pair) -> Found:
    """Clients know all values that they can meet."""
    if pair.direction == "response" and pair.old.values is not None and pair.new.values is None:
        yield pair.where, "its values are no longer listed"


# --- bounds ------------------------------------------------------------------------------------

_BOUNDS = (
    ("minimum", "minimum"),
    ("exclusiveMinimum", "exclusive_minimum"),
    ("minLength", "min_length"),
    ("minItems", "min_items"),
    ("minProperties", "min_properties"),
    ("minContains", "min_contains"),
    ("maximum", "maximum"),
    ("exclusiveMaximum", "exclusive_maximum"),
    ("maxLength", "max_length"),
    ("maxItems", "max_items"),
    ("maxProperties", "max_properties"),
    ("maxContains", "max_contains"),
)


def _bound_rules(keyword: str, word: str) -> None:
    """Both directions of one bound: tighter where it is sent, looser where it is answered."""
    is_lower = word.startswith(("min", "exclusive_min"))
    tighter, looser = ("raised", "lowered") if is_lower else ("lowered", "raised")

    def is_tighter(before: float | None, after: float | None) -> bool:
        if after is None or before is None:
            return after is not None and before is None
        return after > before if is_lower else after < before

    def sent(pair: Pair) -> Found:
        before, after = _both(pair, keyword)
        if pair.direction == "request" and _is_about(pair, keyword) and is_tighter(before, after):
            yield _said(pair, keyword)

    def answered(pair: Pair) -> Found:
        before, after = _both(pair, keyword)
        if pair.direction == "response" and _is_about(pair, keyword) and is_tighter(after, before):
            yield _said(pair, keyword)

    _register(f"request_{word}_{tighter}", "Values beyond it could be sent.", sent)
    _register(f"response_{word}_{looser}", "Clients make room for no more than that.", answered)


for _keyword, _word in _BOUNDS:
    _bound_rules(_keyword, _word)


@about_schemas
def request_multiple_of_changed(pair: Pair) -> Found:
    """A step that the older values do not all keep."""
    before, after = _both(pair, "multipleOf")
    if pair.direction == "request" and after is not None and (not before or before % after):
        yield _said(pair, "multipleOf")


@about_schemas
def response_multiple_of_changed(pair: Pair) -> Found:
    """Clients rely on the step."""
    before, after = _both(pair, "multipleOf")
    if pair.direction == "response" and before is not None and (not after or after % before):
        yield _said(pair, "multipleOf")


@about_schemas
def request_default_changed(pair: Pair) -> Found:
    """Clients that leave it out ask for something else than before."""
    before, after = _both(pair, "default")
    if pair.direction == "request" and pair.inside and before != after:
        yield _said(pair, "default")
