"""Whoever asks: the identities of a target file, entered as each says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import httpx

from scenarios.targets import Identity, LogIn, SignUp, Target
from suites.contract.anywhere.bounding import BoundedTransport
from suites.contract.anywhere.staying import guard

VISITOR = "visitor"
TIMEOUT_S = 20.0
FRESH_S = 30.0  # of a session; what is older may soon be over, for some end after a minute
THROTTLED = 429


class NotEnteredError(Exception):
    """An identity of the target file is not let in; a line says who, how and what came back."""


@dataclass(frozen=True)
class Someone:
    """One account of one role. `known` are words about it, `secrets` what nobody else may see."""

    name: str
    role: str
    headers: Mapping[str, str] = field(default_factory=dict)
    cookies: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    known: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[str, ...] = ()
    identity: Identity | None = None
    number: int = 1

    @property
    def is_visitor(self) -> bool:
        """Whether this one shows nothing of who asks."""
        return not (self.headers or self.cookies or self.query)

    @property
    def cookie_header(self) -> dict[str, str]:
        """The cookies as a header."""
        pairs = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        return {"Cookie": pairs} if pairs else {}


class People:
    """Everybody whom the target file names, over one connection pool.

    Roles are the names of the identities. A second account makes one's own and another's things of
    the same role; where there is none, any other identity stands in.
    """

    def __init__(self, target: Target, client: httpx.Client) -> None:
        """Let everybody in. Raises NotEnteredError where one is not, or where two are the same."""
        self._target, self.client = target, client
        self.everybody: dict[str, Someone] = {}
        self._earlier: dict[str, list[Someone]] = {}  # by name: with sessions of before
        self._begun: dict[str, float] = {}
        accounts = list(_accounts(target))
        _refuse_the_same(accounts)
        for role, identity, number in accounts:
            someone = self.enter(role, identity, number)
            self.everybody[someone.name] = someone
            self._begun[someone.name] = monotonic()

    @property
    def visitor(self) -> Someone:
        """Nobody in particular."""
        return next(one for one in self.everybody.values() if one.role == VISITOR)

    @property
    def known(self) -> list[Someone]:
        """Those who show who they are."""
        return [one for one in self.everybody.values() if not one.is_visitor]

    def of_role(self, role: str) -> Someone:
        """The first account of a role."""
        return next(one for one in self.everybody.values() if one.role == role)

    def other_than(self, someone: Someone) -> Someone | None:
        """Another known account, of the same role if there is one."""
        others = [one for one in self.known if one.name != someone.name]
        return min(others, key=lambda one: one.role != someone.role, default=None)

    # --- sessions that end -----------------------------------------------------------------

    def now(self, who: Someone) -> Someone:
        """Somebody with their newest session; one who entered beside it stays as they are."""
        return self.everybody[who.name] if who in self._earlier.get(who.name, ()) else who

    def begin_anew(self, who: Someone, older_than_s: float | None = None) -> bool:
        """Log somebody in again whose session is older than that. Answers whether it is new.

        Without an age it is FRESH_S.
        """
        identity = who.identity
        begun = self._begun.get(who.name)
        least_s = FRESH_S if older_than_s is None else older_than_s
        if begun is None or who != self.everybody[who.name] or monotonic() - begun < least_s:
            return False
        if identity is None or identity.log_in is None:
            return False
        self._begun[who.name] = monotonic()  # whatever comes of it: throttles are near
        try:
            newest = logged_in(who, identity.log_in, self.send(identity.log_in, _words(who)))
        except NotEnteredError:
            return False
        self._earlier.setdefault(who.name, []).append(who)
        self.everybody[who.name] = newest
        return True

    def is_lost(self, who: Someone) -> bool:
        """Whether somebody is let in no more, nor after their sign-up was sent once more."""
        who = self.everybody[who.name]
        if self.still_enters(who) is not False:
            return False
        if who.identity is not None and who.identity.sign_up is not None:
            self.send(who.identity.sign_up, _words(who))
        return not self.begin_anew(who, older_than_s=0)

    def enter(self, role: str, identity: Identity, number: int) -> Someone:
        """Make the account where the file says how, and show who it is. Raises NotEnteredError."""
        words = {"username": identity.account(number), "password": identity.password}
        name = role if identity.accounts == 1 else f"{role} {number}"
        known = {"username": words["username"]} if identity.username else {}
        if "@" in words["username"]:
            known["email"] = words["username"]
        secrets = (identity.password,) if identity.password else ()
        bare = Someone(name, role, known=known, secrets=secrets, identity=identity, number=number)
        if identity.sign_up is not None:
            self.send(identity.sign_up, words)
        if identity.log_in is not None:
            return logged_in(bare, identity.log_in, self.send(identity.log_in, words))
        return _with_credentials(bare, words)

    def still_enters(self, someone: Someone) -> bool | None:
        """Whether an account's log-in works as it did; None where that cannot be told."""
        identity = someone.identity
        if identity is None or identity.log_in is None:
            return None
        answer = self.send(identity.log_in, _words(someone))
        if answer.status_code == THROTTLED:
            return None
        return lets_in(identity.log_in, answer)

    def filled(self, request: LogIn | SignUp, someone: Someone) -> dict[str, str]:
        """The body of a log-in or sign-up for an account."""
        words = _words(someone)
        return {name: text.format(**words) for name, text in request.body.items()}

    def send(
        self, request: LogIn | SignUp, words: Mapping[str, str], **headers: str
    ) -> httpx.Response:
        """A log-in or sign-up with these words; what it answers, whatever that is."""
        body = {name: text.format(**words) for name, text in request.body.items()}
        sent: dict[str, Any] = {"data": body} if request.form else {"json": body}
        answer = self.client.request(request.method, request.path, headers=headers, **sent)
        # Cookies belong to whom they were given to, not to whoever asks next.
        self.client.cookies.clear()
        return answer


def _accounts(target: Target) -> Iterator[tuple[str, Identity, int]]:
    for role, identity in target.identities.items():
        for number in range(1, min(identity.accounts, 2) + 1):
            yield role, identity, number


def _refuse_the_same(accounts: list[tuple[str, Identity, int]]) -> None:
    """Raises NotEnteredError where two identities are one account, or a visitor is somebody.

    What is one's own would then be another's as well, and every such right seem open.
    """
    known: list[tuple[str, Any]] = []
    for role, identity, number in accounts:
        shown: Any = None
        if identity.log_in is not None:
            shown = identity.account(number), identity.log_in.path
        elif identity.credentials is not None:
            basic = identity.account(number) if identity.credentials.basic else ""
            shown = basic, identity.credentials
        if shown is None:
            continue
        if role == VISITOR:
            raise NotEnteredError(
                f"{VISITOR}: expected neither log_in nor credentials: it stands for who shows none"
            )
        for other in (one for one, credentials in known if credentials == shown):
            said = f"two accounts of {role}" if other == role else f"{other} and {role}"
            raise NotEnteredError(
                f"{said} show the same, so whose things are whose cannot be told: "
                "expected another username ({number} makes two of one), or other credentials"
            )
        known.append((role, shown))


def _words(someone: Someone) -> dict[str, str]:
    assert someone.identity is not None
    name = someone.identity.account(someone.number)
    return {"username": name, "password": someone.identity.password}


def lets_in(log_in: LogIn, answer: httpx.Response) -> bool:
    """Whether a log-in was let in; a status does not tell, for some refuse with 200."""
    try:
        logged_in(Someone("", ""), log_in, answer)
    except NotEnteredError:
        return False
    return True


def logged_in(someone: Someone, log_in: LogIn, answer: httpx.Response) -> Someone:
    """Whoever a log-in has let in, with what it gave them. Raises NotEnteredError."""
    said = f"{someone.name}: {log_in.method} {log_in.path} answered {answer.status_code}"
    if answer.status_code != log_in.status:
        raise NotEnteredError(f"{said}, expected {log_in.status}: {answer.text[:200]}")
    if log_in.token is None:
        cookies = dict(answer.cookies.items())
        if not cookies:
            raise NotEnteredError(f"{said} without a cookie")
        return _sendable(_changed(someone, cookies=cookies))
    token = at(_json(answer), log_in.token)
    if token is None:
        raise NotEnteredError(f"{said} without {log_in.token}{_only(_json(answer))}")
    value = f"{log_in.scheme} {token}" if log_in.scheme else str(token)
    return _sendable(_changed(someone, headers={log_in.header: value}))


def _only(body: Any) -> str:
    """What an answer holds instead, by name: some of it may be for nobody else's eyes."""
    return f", only {', '.join(map(str, body))[:200]}" if isinstance(body, Mapping) and body else ""


def _json(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except (ValueError, RecursionError):  # no JSON, or JSON without a bottom
        return None


def _with_credentials(someone: Someone, words: Mapping[str, str]) -> Someone:
    shown = someone.identity.credentials if someone.identity else None
    if shown is None:
        return someone
    headers = dict(shown.headers)
    if shown.bearer:
        headers["Authorization"] = f"Bearer {shown.bearer}"
    if shown.basic:
        pair = httpx.BasicAuth(words["username"], words["password"])
        made = next(pair.auth_flow(httpx.Request("GET", "http://127.0.0.1")))
        headers["Authorization"] = made.headers["Authorization"]
    return _sendable(_changed(someone, headers=headers, cookies=shown.cookies, query=shown.query))


def _sendable(someone: Someone) -> Someone:
    """The same one. Raises NotEnteredError where no header can carry what it shows."""
    for name, value in {**someone.headers, **someone.cookie_header}.items():
        if not (name.isascii() and value.isascii() and (name + value).isprintable()):
            raise NotEnteredError(
                f"{someone.name}: what it shows in {name!r} holds signs that no header can carry; "
                "expected letters, digits and signs of ASCII"
            )
    return someone


def _changed(someone: Someone, **values: Any) -> Someone:
    return Someone(**{**someone.__dict__, **values})


def at(document: Any, pointer: str) -> Any:
    """What stands at a JSON pointer; None where nothing does."""
    for part in pointer.split("/")[1:]:
        if isinstance(document, list) and part.isdigit() and int(part) < len(document):
            document = document[int(part)]
        elif isinstance(document, Mapping):
            document = document.get(part)
        else:
            return None
    return document


@contextmanager
def people_of(target: Target) -> Iterator[People]:
    """Everybody of a target file, until the block is left. Raises NotEnteredError."""
    with ExitStack() as stack:
        limits = httpx.Limits(max_keepalive_connections=0)  # servers close idle ones when they like
        client = stack.enter_context(
            httpx.Client(
                base_url=target.base_url,
                timeout=TIMEOUT_S,
                transport=BoundedTransport(limits=limits, trust_env=False),
                trust_env=False,  # a proxy would be shown every credential
                event_hooks={"request": [guard(target.base_url)]},
            )
        )
        yield People(target, client)
