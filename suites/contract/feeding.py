"""Real data for generated requests: people, ids, ETags and tokens that the service knows.

Generated requests alone never get far: a random number is nobody's match, a random text nobody's
password. The examples phase is given one request an operation that succeeds, made by its recipe,
and one that is refused; in the other phases every second valid request has its ids and secrets
replaced by real ones. What is generated to be wrong is never touched.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

import schemathesis
from schemathesis.hooks import GLOBAL_HOOK_DISPATCHER
from schemathesis.schemas import BaseSchema

from suites.contract.access import Policy, Role
from suites.contract.recipes import RECIPES
from suites.contract.world import Person, Request, World

Case = schemathesis.Case[Any]
# They end the very session that asks, so each such request comes from someone of its own.
FAREWELLS = frozenset({"log_out_everywhere", "log_out", "change_password", "erase_me"})
RESERVED = (".test", ".invalid", ".local", ".localhost", ".arpa", ".onion")
SECRETS = frozenset({"password", "current_password", "refresh_token", "email"})
Do = Callable[..., Any]
_MOMENT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:")


class Feeder:
    """Feeds the cases of one role. `do` runs a coroutine function to its end, from any thread."""

    def __init__(self, world: World, policy: Policy, role: Role, do: Do) -> None:
        self._world, self._policy, self._role, self._do = world, policy, role, do
        self._entitled = policy.lets_in(role)
        self._turns = count()
        self._me: Person | None = None
        self._owners: dict[Role, Person] = {}

    def person(self, operation: str) -> Person | None:
        """Who asks: the role's one person, or a new one where the request is a farewell."""
        if self._role == "visitor":
            return None
        if operation in FAREWELLS:
            return self._new(self._role)
        if self._me is None:
            self._me = self._new(self._role)
        return self._me

    def examples(self, operation: str) -> Iterator[tuple[Request, Person | None]]:
        """A request that must succeed if the role may make it, and one that must be refused."""
        caller = self.person(operation)
        yield self._request(operation, caller), caller
        yield Request(query={"unknown": "parameter"}), self.person(operation)

    def enrich(self, case: Case) -> None:
        """Put real ids and secrets into every second case that is meant to be valid."""
        operation = _id(case)
        if not _is_positive(case) or operation not in RECIPES:
            return
        self._settle(operation, case)
        if next(self._turns) % 2:
            return
        caller = self._me if operation not in FAREWELLS else None
        request = self._request(operation, caller)
        for name, value in (request.path or {}).items():
            case.path_parameters[name] = value
        for name in ("If-Match",):
            if request.headers and name in request.headers:
                case.headers[name] = request.headers[name]
        if isinstance(case.body, dict):
            for name, value in (request.body or {}).items():
                if name in case.body and (name in SECRETS or name.endswith("_id")):
                    case.body[name] = value

    def _settle(self, operation: str, case: Case) -> None:
        """Mend what fits the schema and yet can never be accepted, as no schema can say."""
        body = case.body if isinstance(case.body, dict) else {}
        # A cursor is opaque: a made-up one is refused, as it should be.
        if case.query and "cursor" in case.query:
            case.query["cursor"] = self._cursor(operation, case)
            if case.query["cursor"] is None:
                del case.query["cursor"]
        # A key that was used for another request is refused; the length stays what it was.
        if case.headers and "Idempotency-Key" in case.headers:
            length = len(str(case.headers["Idempotency-Key"]))
            case.headers["Idempotency-Key"] = f"{next(self._turns):0{length}}"
        # Domains that nobody can have (RFC 6761) are refused.
        email = str(body.get("email", ""))
        if email.lower().endswith(RESERVED):
            body["email"] = email.rpartition(".")[0] + ".example.org"
        # Times are refused outside the century that the service is for.
        for holder in (case.query or {}, body):
            for name, value in holder.items():
                if isinstance(value, str) and _MOMENT.match(value):
                    holder[name] = _in_season(value)

    def _cursor(self, operation: str, case: Case) -> str | None:
        """A cursor from an answer to the same question, or None where there is one page."""
        wanted = Request(path=case.path_parameters, query={"limit": "1"})
        answer = self._do(self._world.send, operation, wanted, self._me)
        return answer.json().get("next_cursor") if answer.is_success else None

    def _request(self, operation: str, caller: Person | None) -> Request:
        owner = caller
        if operation not in self._entitled or caller is None:
            owner = self._entitled_one(operation)
        made: Request = self._do(RECIPES[operation], self._world, owner)
        return made

    def _entitled_one(self, operation: str) -> Person:
        """Somebody else, whose request this would be: refused here, so nobody is used up by it."""
        role: Role = "player" if operation in self._policy.lets_in("player") else "admin"
        if role not in self._owners:
            self._owners[role] = self._new(role)
        return self._owners[role]

    def _new(self, role: Role) -> Person:
        # An elite player has no quota of forecasts.
        made: Person = self._do(self._world.person, role, "elite")
        return made


def _id(case: Case) -> str:
    return str(case.operation.definition.raw.get("operationId", ""))


def _in_season(moment: str) -> str:
    """The same moment in a year that the service knows."""
    return re.sub(r"^\d{4}-02-29", "2026-02-28", "2026" + moment[4:])


def _is_positive(case: Case) -> bool:
    return case.meta is not None and case.meta.generation.mode.is_positive


@contextmanager
def feeding(schema: BaseSchema, feeder: Feeder) -> Iterator[None]:
    """Let `feeder` feed every case of `schema` while the context lasts."""

    class Identity:
        def get(self, case: Case, context: schemathesis.AuthContext) -> Person | None:
            return feeder.person(_id(case))

        def set(self, case: Case, data: Person, context: schemathesis.AuthContext) -> None:
            case.headers.update(data.headers)

    def before_call(context: schemathesis.HookContext, case: Case, kwargs: dict[str, Any]) -> None:
        feeder.enrich(case)

    def before_add_examples(context: schemathesis.HookContext, examples: list[Case]) -> None:
        operation = context.operation
        assert operation is not None
        for request, who in feeder.examples(str(operation.definition.raw["operationId"])):
            examples.append(_case(operation, request, who))

    # Without a cache: a farewell needs a person of its own each time.
    schema.auth.auth(refresh_interval=None)(Identity)
    hooks = (before_call, before_add_examples)
    for hook in hooks:
        schemathesis.hook(hook)
    try:
        yield
    finally:
        for hook in hooks:
            GLOBAL_HOOK_DISPATCHER.unregister(hook)


def _case(operation: Any, request: Request, who: Person | None) -> Case:
    parameters = {name: str(value) for name, value in (request.path or {}).items()}
    wanted = [one.name for one in operation.path_parameters]
    made: Case = operation.Case(
        path_parameters={name: parameters.get(name, "1") for name in wanted},
        query=dict(request.query or {}),
        headers={**(request.headers or {}), **(who.headers if who else {})},
        **({"body": dict(request.body), "media_type": "application/json"} if request.body else {}),
    )
    # What Schemathesis' own auth providers note, for the checks that take credentials away.
    made._has_explicit_auth = who is not None
    return made
