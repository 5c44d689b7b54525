"""Conditions behind a number: what carries them out is named, what only reads words is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import cast

import pytest

from suites.contract.anywhere.asking import Answered, Ask, Asker
from suites.contract.anywhere.crossing import Control
from suites.contract.anywhere.injecting import injections
from suites.contract.anywhere.people import Someone
from suites.contract.compatibility.document import parse

ADA = Someone("ada", "ada")


def carried_out(said: str) -> list[int]:
    left, _, condition = said.partition(" AND ")
    one, _, other = condition.partition("=")
    return [int(left)] if one == other else []


def first_number(said: str) -> list[int]:
    return [int(re.match(r"\d+", said)[0])]  # type: ignore[index]


def all_words(said: str) -> list[str]:
    held = "1 thing and 1=1"
    return [held] if all(word in held for word in said.lower().split()) else []


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize("held", [True, False], ids=["sent", "could be sent"])
@pytest.mark.parametrize(
    ("reads", "is_hole"), [(carried_out, True), (first_number, False), (all_words, False)]
)
def test_a_condition_behind_a_number_is_named_where_it_is_carried_out(
    reads: Callable[[str], list[object]], method: str, *, is_hole: bool, held: bool
) -> None:
    parameter = {"name": "n", "in": "query", "schema": {"type": "integer"}}
    item = {method: {"operationId": "find", "parameters": [parameter], "responses": {}}}
    (operation,) = parse({"paths": {"/find": item}}).operations.values()

    def send(who: Someone, ask: Ask) -> Answered:
        body = reads(str(ask.query.get("n", 1)))
        return Answered(who, ask, 200, repr(body), body)

    ask = Ask(operation, query={"n": 1} if held else {})
    control = Control(ADA, ask, send(ADA, ask))
    found = list(injections(cast("Asker", SimpleNamespace(send=send)), {"find": control}))
    named = [(one.operation, one.subject) for one in found]
    # A write is not sent again and again: each would change something.
    assert named == ([("find", "query n")] if is_hole and method == "get" else [])
