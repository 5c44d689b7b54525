"""One service under attack: who may ask, what succeeds for whom, and every answer that it gives."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from http.cookiejar import DefaultCookiePolicy
from typing import Any, TypeVar

import httpx

from scenarios.targets import LogIn, Target
from suites.contract.anywhere.asking import PATH_WORD, SAFE, Ask, Asker
from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.naming import leaves, plain
from suites.contract.anywhere.people import People, Someone, at, logged_in
from suites.contract.compatibility.document import Document, Operation

Result = TypeVar("Result")
# What ends a session, an account or a password; only the attacks that are about it ask for it.
ENDS = re.compile(
    r"pass_?word|session|token|refresh|log_?(?:out|off)|sign_?(?:out|off)|erase|delet|remov|"
    r"deactivat|close_?account|unregister|revoke",
    re.IGNORECASE,
)
WORKERS_MET = (
    24  # fresh connections: that all of them meet one of two workers is out of the question
)
AT_ONCE = 8
BUSY = (408, 425, 429)  # what is refused for the moment, whoever asks
# A service may hang up on what it does not like.
REFUSALS = (httpx.WriteError, httpx.ReadError, httpx.RemoteProtocolError)


class NoMeansError(Exception):
    """The target tells nothing that this attack could be made of; the message says what lacks."""


class NoControlError(Exception):
    """What must succeed beside an attack did not, so its refusal shows nothing."""


@dataclass(frozen=True)
class Hole:
    """One thing that an attack did: to which operation, by what, and how it was seen."""

    operation: str
    subject: str
    detail: str


@dataclass(frozen=True)
class Entered:
    """A log-in of its own, and everything that it answered."""

    who: Someone
    answer: httpx.Response

    @property
    def body(self) -> Any:
        """What was answered, where that is JSON."""
        try:
            return self.answer.json()
        except (ValueError, RecursionError):
            return None


@dataclass
class Answers:
    """Every answer of the service, whoever asked for what; safe to add to from several threads."""

    seen: list[httpx.Response] = field(default_factory=list)

    def note(self, answer: httpx.Response) -> None:
        """Keep an answer, read to its end."""
        answer.read()
        self.seen.append(answer)


class Scene:
    """What attacks are made of. Raises NotEnteredError where an identity is not let in."""

    def __init__(self, target: Target, document: Document, people: People, run: int) -> None:
        self.target, self.document, self.people = target, document, people
        self.client = people.client
        # Cookies are shown by whom they were given to, and by nobody else.
        self.client.cookies.jar.set_policy(DefaultCookiePolicy(allowed_domains=[]))
        self.answers = Answers()
        self.client.event_hooks["response"].append(self.answers.note)
        self.asker = Asker(document, people, target.contract, run)
        self.controls: dict[str, Control] = {}
        self.dropped: list[Hole] = []  # requests whose connection was closed without an answer
        self.public: list[Control] = []
        self.private: list[Control] = []
        self._numbers: dict[str, int] = {}
        self._doors: dict[str, Control] = {}
        self._explore()

    # --- what succeeds ---------------------------------------------------------------------

    def _explore(self) -> None:
        """Requests that succeed, and of the reads, which of them are private."""
        operations = [one for one in self.asker.operations if self._is_harmless(one)]
        operations.sort(key=lambda one: "{" in one.path)
        for operation in operations:
            found = self._succeed(operation)
            if found is not None:
                self.controls[name_of(operation)] = found
        for control in list(self.controls.values()):
            is_open = self._is_open(control) if control.ask.operation.method == "get" else None
            if is_open is not None:
                (self.public if is_open else self.private).append(control)
        # The fewer words a request needs, the surer it stays what it is.
        for kept in (self.private, self.public):
            kept.sort(key=lambda one: (self._is_watch(one), len(one.ask.path), len(one.ask.query)))

    def _is_watch(self, control: Control) -> bool:
        """Whether it is what watches the service, which is often exempt from what others meet."""
        return "ready" in control.ask.url or "health" in control.ask.url

    def _is_harmless(self, operation: Operation) -> bool:
        if operation.method in SAFE or self._is_log_in(operation):
            return True
        words = f"{operation.path} {operation.id}".replace("-", "_")
        return operation.method != "delete" and not ENDS.search(words)

    def _is_log_in(self, operation: Operation) -> bool:
        ways = [one.identity.log_in for one in self.people.known if one.identity]
        return any(
            way is not None and (way.path, way.method) == (operation.path, operation.method.upper())
            for way in ways
        )

    def _succeed(self, operation: Operation) -> Control | None:
        some = {one.role: one for one in reversed(self.people.known)}
        for someone in (*reversed(some.values()), self.people.visitor):
            for ask in self.asker.asks(operation, someone, most=1):
                answer = self.asker.send(someone, ask)
                if answer.is_success:
                    return Control(someone, ask, answer)
        return None

    def _is_open(self, control: Control) -> bool | None:
        """Whether a read is for everybody; None where a visitor meets it broken or busy.

        A visitor who is sent elsewhere, as to a page for log-ins, is refused as well.
        """
        if control.owner.is_visitor:
            return True
        answer = self.asker.send(self.people.visitor, control.ask)
        if answer.is_success:
            return True
        return False if 300 <= answer.status < 500 and answer.status not in BUSY else None

    @property
    def door(self) -> Control:
        """A read that is answered to who is let in and refused to everybody else."""
        if not self.private:
            raise NoMeansError("nothing is answered to somebody that is refused to a visitor")
        found = self.private[0]
        return replace(found, owner=self.people.now(found.owner))

    def door_of(self, who: Someone) -> Control:
        """The door for somebody: where it leads to what is one's own, they make some."""
        door = self.door
        if not door.ask.about or who.name == door.owner.name:
            return door
        if who.name not in self._doors:
            self._doors[who.name] = self._opening(who, door)
        return self._doors[who.name]

    def _opening(self, who: Someone, door: Control) -> Control:
        if self.asker.send(who, door.ask).is_success:
            return door
        posts = [one.ask.operation for one in self.controls.values()
                 if one.ask.operation.method == "post"]  # fmt: skip
        for operation in posts:
            self.asker.send(who, self.asker.fresh(operation, who))
        for ask in self.asker.asks(door.ask.operation, who):
            answer = self.asker.send(who, ask)
            if answer.is_success:
                return Control(who, ask, answer)
        return door

    def enter_anew(self) -> None:
        """Begin the session again that opens the door, where it has ended."""
        if self.private and not self.send(self.door, self.door.owner).is_success:
            self.people.begin_anew(self.door.owner)

    @property
    def read(self) -> Control:
        """A read that is answered to somebody: to a visitor, if to anybody."""
        for found in (*self.public, *self.private):
            return found
        raise NoMeansError("no read of the document succeeds for anybody")

    # --- asking ----------------------------------------------------------------------------

    def send(self, control: Control, who: Someone, **headers: str) -> httpx.Response:
        """The very request of a control, as somebody else or with further headers."""
        ask, who = control.ask, self.people.now(who)
        return self.client.request(
            ask.operation.method.upper(), ask.url,
            params={**ask.query, **who.query},
            headers={**ask.headers, **who.headers, **who.cookie_header, **headers},
        )  # fmt: skip

    def knock(self, who: Someone, **headers: str) -> httpx.Response:
        """Ask at the door."""
        return self.send(self.door_of(who), who, **headers)

    def must_open(self, who: Someone) -> None:
        """The control of what is refused at the door. Raises NoControlError."""
        answer = self.knock(who)
        if not answer.is_success:
            said = f"{name_of(self.door.ask.operation)} answers {answer.status_code} to {who.name}"
            raise NoControlError(f"{said}, who is let in")

    def everywhere(self, ask: Callable[[], Result], count: int = WORKERS_MET) -> list[Result]:
        """The same over many fresh connections, so that every worker process is met."""
        with ThreadPoolExecutor(AT_ONCE) as several:
            return [one.result() for one in [several.submit(ask) for _ in range(count)]]

    def opened(self, who: Someone) -> int:
        """How many of many knocks are let in."""
        return sum(answer.is_success for answer in self.everywhere(lambda: self.knock(who)))

    # --- log-ins ---------------------------------------------------------------------------

    @property
    def entrant(self) -> Someone:
        """Somebody who logs in, of the role with the most accounts."""
        able = [one for one in self.people.known if one.identity and one.identity.log_in]
        if not able:
            raise NoMeansError("the target file has no identity with a log-in")
        return max(able, key=lambda one: one.identity.accounts if one.identity else 0)

    def spare(self) -> Someone:
        """The next account of that role in turn, so that a limit for each is met late."""
        role = self.entrant
        assert role.identity is not None
        number = self._numbers.get(role.role, 1) + 1
        self._numbers[role.role] = number
        name = role.identity.account(number)
        others = [one for one in self.people.known if one.identity and one.identity.log_in]
        if role.identity.accounts == 1:
            return others[number % len(others)]
        known = {"username": name, **({"email": name} if "@" in name else {})}
        return replace(
            role, name=f"{role.role} {number}", number=number, known=known, headers={}, cookies={}
        )

    def log_in_of(self, someone: Someone) -> LogIn:
        """How somebody logs in."""
        if someone.identity is None or someone.identity.log_in is None:
            raise NoMeansError(f"{someone.name} does not log in")
        return someone.identity.log_in

    def words(self, someone: Someone, password: str | None = None) -> dict[str, str]:
        """What a log-in of somebody holds."""
        assert someone.identity is not None
        held = someone.identity.password if password is None else password
        return {"username": someone.identity.account(someone.number), "password": held}

    def enter(self, someone: Someone, password: str | None = None, **headers: str) -> Entered:
        """Log in anew. Raises NoControlError where that fails."""
        log_in = self.log_in_of(someone)
        if someone.identity is not None and someone.identity.sign_up is not None:
            self.people.send(someone.identity.sign_up, self.words(someone))
        answer = self.people.send(log_in, self.words(someone, password), **headers)
        if answer.status_code != log_in.status:
            raise NoControlError(
                f"{log_in.method} {log_in.path} answers {answer.status_code} to {someone.name} "
                f"with the right password, expected {log_in.status}"
            )
        bare = replace(someone, headers={}, cookies={})
        return Entered(logged_in(bare, log_in, answer), answer)

    def refresh_token(self, entered: Entered) -> str:
        """The refresh token of a log-in. Raises NoMeansError where there is none."""
        log_in = self.log_in_of(entered.who)
        told = at(entered.body, log_in.refresh_token) if log_in.refresh_token else None
        told = told or named(entered.body, "refreshtoken")
        if not isinstance(told, str):
            raise NoMeansError("log-ins answer no refresh token")
        return told

    # --- operations that are about something -----------------------------------------------

    def operation(self, told: str, words: str, methods: tuple[str, ...]) -> Operation:
        """The operation that the target file names, or that calls itself by such words."""
        every = list(self.document.operations.values())
        if told:
            for one in every:
                if told in (one.id, str(one)):
                    return one
            raise NoMeansError(f"the document has no {told}, which the target file names")
        found = [
            one
            for one in every
            if one.method in methods and re.search(words, _said(one)) and not self._left_out(one)
        ]
        if not found:
            raise NoMeansError(f"no {' or '.join(methods).upper()} of the document is about it")
        return min(found, key=lambda one: (len(PATH_WORD.findall(one.path)), len(one.path)))

    def _left_out(self, operation: Operation) -> bool:
        return bool(self.asker.left_out(operation))

    def asks_of(self, operation: Operation, who: Someone, entered: Entered) -> Iterator[Ask]:
        """Requests of an operation on what is `who`'s own, as a log-in has told it."""
        for name, value in leaves(entered.body):
            names = PATH_WORD.findall(operation.path)
            if names and plain(name) == plain(names[-1]):
                bare = self.asker.fresh(operation, who)
                yield replace(bare, path={**bare.path, names[-1]: value})
        for name, word in who.known.items():
            if name in PATH_WORD.findall(operation.path):
                bare = self.asker.fresh(operation, who)
                yield replace(bare, path={**bare.path, name: word})
        yield from self.asker.asks(operation, who)


def _said(operation: Operation) -> str:
    """What an operation calls itself, in small letters without signs between them."""
    return re.sub(r"[^a-z/{}]", "", f"{operation.id} {operation.path}".lower())


def named(body: Any, name: str) -> Any:
    """The first value of a JSON answer that has such a name, whatever its signs and case."""
    return next((value for found, value in leaves(body) if plain(found) == name), None)
