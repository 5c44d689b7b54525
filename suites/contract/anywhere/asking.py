"""Requests of a document's operations, made of what is known, and what came of them."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from typing import Any
from urllib.parse import quote

import httpx

from scenarios.targets import FORM, Contract, Values
from suites.contract.anywhere.bounding import EndlessError
from suites.contract.anywhere.naming import Value, distance, fits, leaves, plain
from suites.contract.anywhere.people import People, Someone
from suites.contract.anywhere.samples import sample
from suites.contract.compatibility.document import Document, Operation

# Operations that say of themselves that they empty or rebuild the whole service.
RESETS = re.compile(
    r"(create|reset|drop|populate|seed|init|wipe|purge|clear)[-_ ]?(the[-_ ])?(db|database)\b"
    r"|\bshut[-_ ]?down\b",
    re.IGNORECASE,
)
SAFE = ("get", "head", "options")
# What takes away whoever asks, though its path names nobody.
ONESELF = re.compile(r"/(me|self|account|profile)/?$", re.IGNORECASE)
NOT_KNOWN = 401
# What ends the session of whoever asks, in a name without signs and case.
ENDING = ("logout", "logoff", "signout", "signoff", "deactivate", "revoke")
# What is raised of values that no request can hold.
ODD = (AttributeError, LookupError, TypeError, ValueError, RecursionError)
PATH_WORD = re.compile(r"{([^}]*)}")


@dataclass(frozen=True)
class Ask:
    """One request of one operation. `about` is the value that names whose thing it is about."""

    operation: Operation
    path: Mapping[str, Any] = field(default_factory=dict)
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    media: str = ""
    about: str = ""

    @property
    def url(self) -> str:
        """The path with its values in it."""
        words = {name: quote(str(value), safe="") for name, value in self.path.items()}
        return PATH_WORD.sub(lambda found: words.get(found[1], found[0]), self.operation.path)


@dataclass(frozen=True)
class Answered:
    """Who asked what, and the answer."""

    who: Someone
    ask: Ask
    status: int
    text: str
    body: Any = None

    @property
    def is_success(self) -> bool:
        """Whether the service did as it was asked."""
        return 200 <= self.status < 300


def logs_out(operation: Operation) -> bool:
    """Whether an operation ends the session that it is asked in, by what it says of itself."""
    said = plain(f"{operation.path}{operation.id}")
    is_taken = operation.method == "delete" and "session" in said
    return is_taken or any(word in said for word in ENDING)


def ends(operation: Operation) -> bool:
    """Whether whoever asks this may be known no more afterwards, or under other words."""
    said = plain(f"{operation.path}{operation.id}")
    return logs_out(operation) or (operation.method not in SAFE and "password" in said)


class Asker:
    """Sends requests, remembers every answer, and knows what each person has been told.

    `run` tells the things that one run makes from those of an earlier one on the same service.
    """

    def __init__(self, document: Document, people: People, contract: Contract, run: int) -> None:
        self.document, self.people = document, people
        self.leave_out, self._values = contract.leave_out, contract.values
        self.answers: list[Answered] = []
        self.pools: dict[str, list[Value]] = defaultdict(list)
        self._numbers = count(run * 1000 + 1)
        self._unsent: dict[str, str] = {}
        self._taken: set[str] = set()
        self.endless: set[str] = set()  # operations whose answer was given up: asked no more
        self.spared: dict[str, str] = {}  # by operation: what would have taken an account away
        self.may_go_on: Callable[[], None] = lambda: None  # raises once there is no more time
        for someone in people.known:
            for name, value in someone.known.items():
                self.pools[someone.name].append(Value(name, value, "", made=True))

    @property
    def operations(self) -> list[Operation]:
        """All that may be asked: reads first, then writes, and what takes away last."""
        order = {"get": 0, "head": 0, "options": 0, "post": 1, "put": 2, "patch": 2, "delete": 3}
        asked = [one for one in self.document.operations.values() if not self.left_out(one)]
        return sorted(asked, key=lambda one: (order.get(one.method, 2), one.path.count("/")))

    def left_out(self, operation: Operation) -> str:
        """The reason for which an operation is not asked; empty where it is.

        The target file's, or that it would take the service away from under the check. An operation
        for which the file gives values is asked all the same.
        """
        for name in (operation.id, str(operation)):
            if name in self.leave_out:
                return self.leave_out[name] or "the target file says so"
            if name in self._values:
                return ""
        words = f"{operation.path} {operation.id} {operation.body.get('summary', '')}"
        found = RESETS.search(words)
        return f"it says of itself that it would {found[0].strip()}" if found else ""

    def is_left_out_by_file(self, operation: Operation) -> bool:
        """Whether somebody answers for it that an operation is not asked."""
        return not self.leave_out.keys().isdisjoint((operation.id, str(operation)))

    @property
    def gaps(self) -> list[str]:
        """Operations of which something could not be asked or read, each with the first reason."""
        return [f"{name}: {why}" for name, why in self._unsent.items()]

    def _note(self, operation: Operation, why: str) -> None:
        self._unsent.setdefault(operation.id or str(operation), why)

    def send(self, who: Someone, ask: Ask) -> Answered:
        """Ask as `who`. A service that does not answer raises httpx.HTTPError.

        What cannot be sent is a gap, and is answered by nobody (status 0). Whom a 401 tells that a
        session has ended logs in anew, and asks once more; so does, at once, who has logged out.
        """
        self.may_go_on()
        answered = self._answered(self.people.now(who), ask)
        if answered.status == NOT_KNOWN and self.people.begin_anew(answered.who):
            answered = self._answered(self.people.now(who), ask)
        if answered.status:
            self.answers.append(answered)
        if answered.is_success and not who.is_visitor:
            self._remember(answered)
            if logs_out(ask.operation):
                self.people.begin_anew(answered.who, older_than_s=0)
        return answered

    def _answered(self, who: Someone, ask: Ask) -> Answered:
        if str(ask.operation) in self.endless:
            return Answered(who, ask, 0, "")
        try:
            answer = self._request(who, ask)
        except EndlessError as error:
            self.endless.add(str(ask.operation))
            self._note(ask.operation, str(error))
            return Answered(who, ask, 0, "")
        except (httpx.InvalidURL, httpx.LocalProtocolError, *ODD) as error:
            self._note(ask.operation, f"cannot be sent: {str(error) or type(error).__name__:.200}")
            return Answered(who, ask, 0, "")
        self.people.client.cookies.clear()
        body = None
        try:
            body = _json(answer)
        except RecursionError:
            self._note(ask.operation, "answers JSON that nests too deeply to be read")
        return Answered(who, ask, answer.status_code, answer.text, body)

    def _request(self, who: Someone, ask: Ask) -> httpx.Response:
        sent: dict[str, Any] = {}
        if ask.body is not None:
            sent = {"data": ask.body} if ask.media == FORM else {"json": ask.body}
        return self.people.client.request(
            ask.operation.method.upper(),
            ask.url,
            params={**ask.query, **who.query},
            headers={**ask.headers, **who.headers, **who.cookie_header},
            **sent,
        )

    def _remember(self, answered: Answered) -> None:
        made = answered.ask.operation.method == "post"
        path = answered.ask.operation.path
        pool = self.pools[answered.who.name]
        held = [answered.body, answered.ask.body if made else None]
        for name, value in (one for body in held for one in leaves(body)):
            found = Value(name, value, path, made)
            if found not in pool:
                pool.append(found)

    # --- requests --------------------------------------------------------------------------

    def asks(self, operation: Operation, who: Someone, most: int = 5) -> Iterator[Ask]:
        """Requests that may succeed for `who`, the likeliest first, on one's own things.

        None that would take away an account which nothing in the target file makes again.
        """
        for ask in self._likely(operation, who, most):
            owner = self._whose_account(ask, who)
            if owner is not None and not (owner.identity and owner.identity.sign_up):
                said = f"it would take away {owner.name}, whom no sign_up makes again"
                self.spared.setdefault(operation.id or str(operation), said)
                continue
            if owner is not None:
                self._taken.add(owner.name)
            yield ask

    def make_again(self) -> None:
        """Sign up once more whoever may have been taken away."""
        while self._taken:
            self.people.is_lost(self.people.everybody[self._taken.pop()])

    def _whose_account(self, ask: Ask, who: Someone) -> Someone | None:
        """Whose account a request would take away, as far as its path tells."""
        if ask.operation.method != "delete" or who.is_visitor:
            return None
        if ONESELF.search(ask.operation.path):
            return who
        last = PATH_WORD.findall(ask.operation.path)[-1:]
        if not last or not ask.operation.path.rstrip("/").endswith("}"):
            return None
        return self._account(str(ask.path.get(last[0])))

    def _account(self, name: str) -> Someone | None:
        return next((one for one in self.people.known if name in one.known.values()), None)

    def _likely(self, operation: Operation, who: Someone, most: int = 5) -> Iterator[Ask]:
        if (entering := self._entering(operation, who)) is not None:
            yield entering
            return
        given = self._values.get(operation.id) or self._values.get(str(operation)) or Values()
        number = next(self._numbers)
        bare = self._bare(operation, number, given)
        names = [word for word in PATH_WORD.findall(operation.path) if word not in given.path]
        bare = self._own(bare, who)
        if not names:
            yield bare
            shown = self._shown(operation)
            if shown is not None and given.body is None:
                yield replace(bare, body=shown)
            return
        last = names[-1]
        candidates = self.owned(operation, last, who)
        if operation.method == "delete":  # the newest first, and one's own account after all
            candidates.reverse()
            candidates.sort(key=lambda one: (not one.path, distance(operation.path, last, one)))
        candidates = candidates[:most]
        for found in candidates:
            filled = {name: self._first(operation, name, who) for name in names[:-1]}
            path = {**bare.path, **filled, last: found.value}
            yield replace(bare, path=path, about=str(found.value))
        if not candidates:
            yield bare

    def _entering(self, operation: Operation, who: Someone) -> Ask | None:
        """The log-in that the target file describes; a visitor's is anybody's."""
        known = [one for one in (who, *self.people.known) if one.identity and one.identity.log_in]
        for someone in known:
            assert someone.identity is not None
            log_in = someone.identity.log_in
            assert log_in is not None
            if (log_in.path, log_in.method) == (operation.path, operation.method.upper()):
                body = self.people.filled(log_in, someone)
                return Ask(operation, body=body, media=FORM if log_in.form else "")
        return None

    def owned(self, operation: Operation, name: str, who: Someone) -> list[Value]:
        """Values for a path parameter that are `who`'s own: made, or told to nobody else."""
        fitting = [one for one in self.pools[who.name] if fits(operation.path, name, one)]
        others = {
            str(value.value)
            for someone, pool in self.pools.items()
            if someone != who.name
            for value in pool
            if not value.made
        }
        mine = [one for one in fitting if one.made]
        told = [one for one in fitting if not one.made and str(one.value) not in others]
        # One's own name in the target file, then what is nearest.
        ordered = sorted(
            [*mine, *told],
            key=lambda one: (bool(one.path), distance(operation.path, name, one)),
        )
        return list({str(one.value): one for one in ordered}.values())

    def _first(self, operation: Operation, name: str, who: Someone) -> Any:
        fitting = [one for one in self.pools[who.name] if fits(operation.path, name, one)]
        fitting.sort(key=lambda one: distance(operation.path, name, one))
        return fitting[0].value if fitting else 1

    def _bare(self, operation: Operation, number: int, given: Values) -> Ask:
        values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for (place, name), parameter in operation.parameters.items():
            if parameter.get("required") or place == "path":
                shown = _example(parameter)
                if operation.method == "delete" and self._account(str(shown)):
                    shown = None
                values[place][name] = shown or self._sample(
                    operation, parameter.get("schema", {}), number, name
                )
        body, media = given.body, next(iter(operation.request_media), "")
        if body is None and operation.request_media:
            body = self._sample(operation, operation.request_media[media], number)
        return Ask(
            operation,
            path={**values["path"], **given.path},
            query={**values["query"], **given.query},
            headers={**{k: str(v) for k, v in values["header"].items()}, **given.headers},
            body=dict(body) if isinstance(body, Mapping) else body,
            media=media,
        )

    def _sample(self, operation: Operation, schema: Any, number: int, name: str = "") -> Any:
        try:
            return sample(self.document, schema, number, name)
        except ODD as error:
            self._note(operation, f"a schema cannot be read: {str(error) or type(error).__name__}")
            return None

    def _own(self, ask: Ask, who: Someone) -> Ask:
        """The request with `who`'s own password in it, so that whatever it sets stays as it is."""
        password = who.identity.password if who.identity else ""
        return with_password(ask, password) if password else ask

    def _shown(self, operation: Operation) -> Any:
        """The body that the document shows as an example."""
        try:
            return self._example_of(operation)
        except ODD as error:
            self._note(operation, f"its examples cannot be read: {error!s:.200}")
            return None

    def _example_of(self, operation: Operation) -> Any:
        request = self.document.resolve(operation.body.get("requestBody", {}))
        for media, content in request.get("content", {}).items():
            schema = self.document.resolve(operation.request_media.get(media, {}))
            for holder in (content, schema):
                if (found := _example(holder)) is not None:
                    return found
        return None

    def fresh(self, operation: Operation, who: Someone) -> Ask:
        """A request with words of its own, for an operation that is about nothing that exists."""
        return next(self._likely(operation, who))


def with_password(ask: Ask, password: str) -> Ask:
    """The request with another password wherever its body holds one."""
    if not isinstance(ask.body, Mapping):
        return ask
    held = [name for name in ask.body if "password" in plain(name)]
    return replace(ask, body={**ask.body, **dict.fromkeys(held, password)}) if held else ask


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


def _example(holder: Mapping[str, Any]) -> Any:
    if "example" in holder:
        return holder["example"]
    examples = holder.get("examples")
    if isinstance(examples, Mapping):
        return next((one["value"] for one in examples.values() if "value" in one), None)
    return examples[0] if isinstance(examples, Sequence) and examples else None
