"""Fuzzing takes no account away that nothing makes again: whoever has entered is needed."""

from __future__ import annotations

from collections.abc import Iterator, Set
from contextlib import contextmanager
from typing import Any

import schemathesis
from schemathesis import Case, HookContext
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER

from suites.contract.anywhere.people import People


def irreplaceable(people: People) -> frozenset[str]:
    """The names by which accounts are known that no sign-up of the target file makes."""
    once = [one for one in people.known if not (one.identity and one.identity.sign_up)]
    return frozenset(name for one in once for name in one.known.values())


@contextmanager
def sparing(names: Set[str]) -> Iterator[None]:
    """Inside the block every case that would delete such an account names somebody else instead."""

    def before_call(context: HookContext, case: Case[Any], kwargs: dict[str, Any]) -> None:
        named = case.path_parameters or {}
        if case.method.upper() == "DELETE" and not names.isdisjoint(map(str, named.values())):
            case.path_parameters = {
                key: f"not-{value}" if str(value) in names else value
                for key, value in named.items()
            }

    schemathesis.hook(before_call)  # the tool asks no schema's own hooks before a call
    try:
        yield
    finally:
        GLOBAL_HOOK_DISPATCHER.unregister(before_call)
