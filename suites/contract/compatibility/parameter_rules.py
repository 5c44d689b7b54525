"""Rules about parameters: in the path, the query, headers and cookies."""

from __future__ import annotations

from collections.abc import Iterator

from suites.contract.compatibility.document import Json, Operation
from suites.contract.compatibility.rules import Found, about_operations
from suites.contract.compatibility.sunset import SUNSET, sunset_of

Key = tuple[str, str]
# How a parameter is written where the document does not say (OpenAPI 3.1, section 4.8.12.2).
STYLES = {"query": "form", "cookie": "form", "path": "simple", "header": "simple"}


def _where(key: Key) -> str:
    return f"{key[0]} parameter {key[1]}"


def _kept(old: Operation, new: Operation) -> Iterator[tuple[Key, Json, Json]]:
    for key, before in old.parameters.items():
        if key in new.parameters:
            yield key, before, new.parameters[key]


def _gone(old: Operation, new: Operation) -> list[Key]:
    return [key for key in old.parameters if key not in new.parameters]


def _moved(old: Operation, new: Operation) -> dict[Key, Key]:
    """Parameters that are in another place of the request under the same name."""
    added = {name: (place, name) for place, name in _gone(new, old)}
    return {key: added[key[1]] for key in _gone(old, new) if key[1] in added}


def _renamed(old: Operation, new: Operation) -> dict[Key, Key]:
    """The one parameter of a place that went, and the one alike that came in its stead."""
    moved = _moved(old, new)
    pairs: dict[Key, Key] = {}
    for place in STYLES:
        gone = [key for key in _gone(old, new) if key[0] == place and key not in moved]
        came = [key for key in _gone(new, old) if key[0] == place and key not in moved.values()]
        if len(gone) == len(came) == 1 and _alike(old.parameters[gone[0]], new.parameters[came[0]]):
            pairs[gone[0]] = came[0]
    return pairs


def _alike(before: Json, after: Json) -> bool:
    kept = [{word: one.get(word) for word in ("required", "content")} for one in (before, after)]
    bare = [
        {word: value for word, value in one.get("schema", {}).items() if word != "title"}
        for one in (before, after)
    ]
    return kept[0] == kept[1] and bare[0] == bare[1]


@about_operations
def parameter_renamed(old: Operation, new: Operation) -> Found:
    """Clients send the old name, which nobody reads any more."""
    for before, after in _renamed(old, new).items():
        yield _where(before), f"is now called {after[1]}"


@about_operations
def parameter_moved(old: Operation, new: Operation) -> Found:
    """Clients send it where it was."""
    for before, after in _moved(old, new).items():
        yield _where(before), f"is now in the {after[0]}"


@about_operations
def parameter_removed(old: Operation, new: Operation) -> Found:
    """A filter that is ignored answers something else than was asked."""
    known = {*_moved(old, new), *_renamed(old, new)}
    for key in _gone(old, new):
        if key not in known:
            yield _where(key), "is gone"


@about_operations
def required_parameter_added(old: Operation, new: Operation) -> Found:
    """Old clients do not send it."""
    known = {*_moved(old, new).values(), *_renamed(old, new).values()}
    for key in _gone(new, old):
        if key not in known and new.parameters[key].get("required"):
            yield _where(key), "is new and required"


@about_operations
def parameter_became_required(old: Operation, new: Operation) -> Found:
    """Old clients may leave it out."""
    for key, before, after in _kept(old, new):
        if after.get("required") and not before.get("required"):
            yield _where(key), "was optional, is required"


@about_operations
def parameter_default_changed(old: Operation, new: Operation) -> Found:
    """Clients that leave it out get another answer."""
    for key, *both in _kept(old, new):
        before, after = (one.get("schema", {}).get("default") for one in both)
        if before != after:
            yield _where(key), f"its default was {before!r}, is {after!r}"


@about_operations
def parameter_deprecated_without_sunset(old: Operation, new: Operation) -> Found:
    """Clients must know how long they have."""
    for key, before, after in _kept(old, new):
        newly = after.get("deprecated") and not before.get("deprecated")
        if newly and sunset_of(after) is None:
            yield _where(key), f"is deprecated without a date in {SUNSET}"


@about_operations
def parameter_style_changed(old: Operation, new: Operation) -> Found:
    """Clients write lists and objects as they were told."""
    for key, *both in _kept(old, new):
        before, after = (one.get("style", STYLES.get(key[0])) for one in both)
        if before != after:
            yield _where(key), f"its style was {before}, is {after}"


@about_operations
def parameter_explode_changed(old: Operation, new: Operation) -> Found:
    """Clients repeat the name or join the values, as they were told."""
    for key, *both in _kept(old, new):
        styles = [one.get("style", STYLES.get(key[0])) for one in both]
        before, after = (
            one.get("explode", style == "form") for one, style in zip(both, styles, strict=True)
        )
        if styles[0] == styles[1] and before != after:
            yield _where(key), f"its explode was {before}, is {after}"


@about_operations
def parameter_media_type_changed(old: Operation, new: Operation) -> Found:
    """Clients write what is inside the parameter in this form."""
    for key, *both in _kept(old, new):
        before, after = (", ".join(one.get("content", {})) or "plain text" for one in both)
        if before != after:
            yield _where(key), f"was {before}, is {after}"


@about_operations
def parameter_empty_value_refused(old: Operation, new: Operation) -> Found:
    """The name alone could be sent."""
    for key, before, after in _kept(old, new):
        if before.get("allowEmptyValue") and not after.get("allowEmptyValue"):
            yield _where(key), "can no longer be sent without a value"


@about_operations
def parameter_reserved_characters_refused(old: Operation, new: Operation) -> Found:
    """Reserved characters could be sent as they are."""
    for key, before, after in _kept(old, new):
        if before.get("allowReserved") and not after.get("allowReserved"):
            yield _where(key), "can no longer hold reserved characters as they are"
