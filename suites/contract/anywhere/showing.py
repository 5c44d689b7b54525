"""What an answer shows of somebody's thing, and whose it is; a status alone tells neither."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, Literal

from suites.contract.anywhere.asking import Answered
from suites.contract.anywhere.naming import Value, leaves, plain

LONG = 6  # signs; what is shorter is met in other words and numbers by chance
MANY = 10_000  # of a list
Whose = Literal["owner", "actor", "nobody", "unknown"]


def whose(
    attempt: Answered, held: Answered, own: Answered | None, telling: Collection[Value]
) -> Whose:
    """Whose thing a successful attempt shows, beside what its owner is shown (`held`).

    `own` is what the one who attempts is shown of their own, `telling` are words of the owner that
    nobody else has. An answer with a moment in it is equal to no other: then words and ids tell.
    """
    if _same(attempt, held) or any(tells(one, held) and tells(one, attempt) for one in telling):
        return "owner"
    if is_polite(attempt, held):
        return "nobody"
    if _names(attempt, held):
        return "owner"
    if own is not None and (_same(attempt, own) or _names(attempt, own)):
        return "actor"
    return "unknown"


def shows(attempt: Answered, held: Answered) -> bool:
    """Whether an answer shows what the owner was shown: the same, or what it is about."""
    return _same(attempt, held) or _names(attempt, held)


def alike(one: Any, other: Any) -> bool:
    """Whether two bodies are of one kind: both lists, or objects with the same names in them."""
    return type(one) is type(other) and (not isinstance(one, dict) or one.keys() == other.keys())


def is_polite(attempt: Answered, held: Answered) -> bool:
    """Whether a success shows nothing of what was asked for: nothing at all, or other words.

    Some services refuse with 200, and say why in an object that has nothing in common with the
    thing.
    """
    if attempt.body in ({}, []) or attempt.text.strip() == "null":
        return held.text.strip() not in ("", "null", attempt.text.strip())
    if not isinstance(attempt.body, dict):
        return False
    return not isinstance(held.body, dict) or attempt.body.keys().isdisjoint(held.body)


def tells(value: Value, answered: Answered) -> bool:
    """Whether an answer holds a value: a long one anywhere, a short one as the id that it is."""
    text = str(value.value)
    if len(text) >= LONG:
        return text in answered.text
    return _is_id(value) and (value.name, value.value) in leaves(answered.body, most=MANY)


def _is_id(value: Value) -> bool:
    noun = plain(value.path.rstrip("/").rpartition("/")[2]).removesuffix("s")
    return plain(value.name) in ("id", f"{noun}id")


def _same(one: Answered, other: Answered) -> bool:
    """Whether two answers say the same, and something: two that are empty tell nothing."""
    if one.body is None and other.body is None:
        return bool(one.text.strip()) and one.text == other.text
    return one.body not in (None, {}, []) and one.body == other.body


def _names(attempt: Answered, held: Answered) -> bool:
    """Whether an answer names what the owner's request was about; 1 is not named by 12."""
    about = held.ask.about
    if not about or len(about) >= LONG:
        return bool(about) and about in attempt.text
    names = {name for name, value in leaves(held.body, most=MANY) if str(value) == about}
    return any(
        name in names and str(value) == about for name, value in leaves(attempt.body, most=MANY)
    )
