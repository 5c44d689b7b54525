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


@dataclass(frozen=True)
class Value:
    """A value that an answer or a request held: its name there, and where that was."""

    name: str
    value: Any
    path: str
    made: bool


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
                return self.leave_out[name]
            if name in self._values:
                return ""
        words = f"{operation.path} {operation.id} {operation.body.get('summary', '')}"
        found = RESETS.search(words)
        return f"it says of itself that it would {found[0].strip()}" if found else ""

    @property
    def gaps(self) -> list[str]:
        """Operations of which something could not be asked or read, each with the first reason."""
        return [f"{name}: {why}" for name, why in self._unsent.items()]

    def _note(self, operation: Operation, why: str) -> None:
        self._unsent.setdefault(operation.id or str(operation), why)

    def send(self, who: Someone, ask: Ask) -> Answered:
        """Ask as `who`. A service that does not answer raises httpx.HTTPError.

        What cannot be sent is a gap, and is answered by nobody (status 0).
        """
        self.may_go_on()
        try:
            answer = self._request(who, ask)
        except (httpx.InvalidURL, httpx.LocalProtocolError, *ODD) as error:
            self._note(ask.operation, f"cannot be sent: {str(error) or type(error).__name__:.200}")
            return Answered(who, ask, 0, "")
        self.people.client.cookies.clear()
        body = None
        try:
            body = _json(answer)
        except RecursionError:
            self._note(ask.operation, "answers JSON that nests too deeply to be read")
        answered = Answered(who, ask, answer.status_code, answer.text, body)
        self.answers.append(answered)
        if answered.is_success and not who.is_visitor:
            self._remember(answered)
        return answered

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
        """Requests that may succeed for `who`, the likeliest first, on one's own things."""
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
        candidates = self.owned(operation, last, who)[:most]
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
            key=lambda one: (bool(one.path), _distance(operation.path, name, one)),
        )
        return list({str(one.value): one for one in ordered}.values())

    def _first(self, operation: Operation, name: str, who: Someone) -> Any:
        fitting = [one for one in self.pools[who.name] if fits(operation.path, name, one)]
        fitting.sort(key=lambda one: _distance(operation.path, name, one))
        return fitting[0].value if fitting else 1

    def _bare(self, operation: Operation, number: int, given: Values) -> Ask:
        values: dict[str, dict[str, Any]] = {"path": {}, "query": {}, "header": {}, "cookie": {}}
        for (place, name), parameter in operation.parameters.items():
            if parameter.get("required") or place == "path":
                values[place][name] = _example(parameter) or self._sample(
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
        return next(self.asks(operation, who))


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


def leaves(body: Any, name: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Every named scalar of a JSON value."""
    if depth > 8:
        return
    if isinstance(body, Mapping):
        for key, value in body.items():
            yield from leaves(value, str(key), depth + 1)
    elif isinstance(body, list):
        for value in body[:50]:
            yield from leaves(value, name, depth + 1)
    elif name and isinstance(body, str | int) and not isinstance(body, bool) and body != "":
        yield name, body


def plain(word: str) -> str:
    """A name without signs and case, as `bookTitle` and `book_title` are one."""
    return re.sub(r"[^a-z0-9]", "", word.lower())


def fits(path: str, parameter: str, value: Value) -> bool:
    """Whether a value that was met may be meant by a path parameter."""
    return _distance(path, parameter, value) < FAR


FAR = 9


def _distance(path: str, parameter: str, value: Value) -> int:
    """How far a value's name and place are from a parameter's; FAR where it is another thing."""
    wanted, name = plain(parameter), plain(value.name)
    before = path.partition("{" + parameter + "}")[0].rstrip("/")
    noun = plain(before.rpartition("/")[2]).removesuffix("s")
    near = 0 if value.path.rstrip("/") == before else 1
    if near and value.path.startswith(before) and before:
        near = 0
    if name == wanted or name == noun + wanted:
        return near
    if wanted.endswith(name) and len(name) > 1 and (near == 0 or noun in plain(value.path)):
        return 2 + near
    if name.endswith(wanted) and near == 0 and len(wanted) > 1:
        return 4
    return FAR
