"""Sessions that ought to be over, refresh tokens used twice, sessions that somebody else chose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from time import sleep
from typing import Any

import httpx

from scenarios.targets import FORM
from suites.contract.anywhere.asking import Ask
from suites.contract.anywhere.crossing import OTHER_PASSWORD, name_of
from suites.contract.anywhere.looking import MOMENT_S
from suites.contract.anywhere.naming import leaves, plain
from suites.contract.anywhere.people import Someone
from suites.contract.compatibility.document import Operation
from suites.contract.compatibility.schemas import flat
from suites.security.anywhere.scene import (
    AT_ONCE,
    Entered,
    Hole,
    NoControlError,
    NoMeansError,
    Scene,
    named,
)
from suites.security.anywhere.tokens import bearer

LOG_OUT = r"(log|sign)(out|off)"
REFRESH = r"refresh"
PASSWORD = r"password"


# --- the end of a session ----------------------------------------------------------------------


def after_log_out(scene: Scene) -> Iterator[Hole]:
    """The session that has logged out opens nothing in any worker; one that begins then does."""
    told = scene.target.security.log_out
    operation = scene.operation(told, LOG_OUT, ("post", "delete", "get"))
    someone = scene.spare()
    entered = scene.enter(someone)
    scene.must_open(entered.who)
    _done(scene, operation, entered)
    yield from _still_open(scene, entered, name_of(operation))
    scene.must_open(scene.enter(someone).who)


def _done(scene: Scene, operation: Operation, entered: Entered) -> None:
    """Ask for an operation that must succeed. Raises NoControlError."""
    status = 0
    for ask in scene.asks_of(operation, entered.who, entered):
        answer = scene.asker.send(entered.who, ask)
        status = answer.status
        if answer.status < 400:
            return
    raise NoControlError(f"{name_of(operation)} answers {status}")


def _still_open(scene: Scene, entered: Entered, operation: str) -> Iterator[Hole]:
    opened = scene.opened(entered.who)
    if opened:
        yield Hole(operation, "access", f"the session is let in {opened} times afterwards")
    try:
        token, refresher = scene.refresh_token(entered), Refresher(scene)
    except NoMeansError:
        return
    if refresher.use(token).is_success:
        yield Hole(operation, "refresh", "its refresh token is taken afterwards")


def after_password_change(scene: Scene) -> Iterator[Hole]:
    """Sessions from before the change open nothing; the new password does, then the old again."""
    told = scene.target.security.change_password
    operation = scene.operation(told, PASSWORD, ("put", "patch", "post"))
    someone = scene.spare()
    before = scene.enter(someone)
    other = scene.enter(someone)
    scene.must_open(before.who)
    _changed(scene, operation, before, OTHER_PASSWORD)
    try:
        after = scene.enter(someone, OTHER_PASSWORD)
        scene.must_open(after.who)
    except NoControlError as error:
        raise NoControlError(f"after the change: {error}") from None
    holes = [*_still_open(scene, other, name_of(operation))]
    _changed(scene, operation, after, scene.words(someone)["password"], OTHER_PASSWORD)
    scene.enter(someone)
    yield from holes


def _changed(
    scene: Scene, operation: Operation, entered: Entered, new: str, old: str | None = None
) -> None:
    """Change the password. Raises NoControlError where the service does not."""
    held = old or scene.words(entered.who)["password"]
    status = 0
    for ask in scene.asks_of(operation, entered.who, entered):
        body = _with_passwords(scene, ask, held, new)
        status = scene.asker.send(entered.who, replace(ask, body=body)).status
        if status < 300:
            return
    raise NoControlError(f"{name_of(operation)} answers {status} to a new password")


def _with_passwords(scene: Scene, ask: Ask, old: str, new: str) -> dict[str, Any]:
    body = dict(ask.body) if isinstance(ask.body, Mapping) else {}
    names = [name for name in body if "password" in plain(name)]
    for schema in ask.operation.request_media.values():
        names += [n for n in flat(schema, scene.document).properties if "password" in plain(n)]
    if not names:
        raise NoMeansError(f"{name_of(ask.operation)} takes no password")
    for name in names:
        is_old = any(word in plain(name) for word in ("current", "old", "present", "existing"))
        body[name] = old if is_old else new
    return body


# --- refresh tokens ----------------------------------------------------------------------------


class Refresher:
    """The request that turns a refresh token into new ones. Raises NoMeansError."""

    def __init__(self, scene: Scene) -> None:
        self._scene = scene
        told = scene.target.security.refresh
        self.operation = scene.operation(told, REFRESH, ("post", "put"))
        self.media = next(iter(self.operation.request_media), "")
        fields = [
            name
            for schema in self.operation.request_media.values()
            for name in flat(schema, scene.document).properties
        ]
        fitting = [name for name in fields if "refresh" in plain(name)] or fields[:1]
        if not fitting:
            raise NoMeansError(f"{name_of(self.operation)} takes no refresh token in its body")
        self.field = fitting[0]

    def use(self, token: str) -> httpx.Response:
        """Use a refresh token."""
        body = {self.field: token, **self._further()}
        sent: dict[str, Any] = {"data": body} if self.media == FORM else {"json": body}
        method = self.operation.method.upper()
        return self._scene.client.request(method, self.operation.path, **sent)

    def _further(self) -> dict[str, str]:
        return {"grant_type": "refresh_token"} if self.media == FORM else {}

    def used(self, token: str) -> str:
        """Use one that must be good; the next. Raises NoControlError."""
        answer = self.use(token)
        if not answer.is_success:
            said = f"{name_of(self.operation)} answers {answer.status_code} to a fresh token"
            raise NoControlError(said)
        told = named(answer.json(), "refreshtoken")
        return str(told) if told else token


def reuse(scene: Scene) -> Iterator[Hole]:
    """A refresh token that was used is worth nothing; the next one was, before."""
    refresher = Refresher(scene)
    first = scene.refresh_token(scene.enter(scene.spare()))
    second = refresher.used(first)
    if second == first:
        yield Hole(name_of(refresher.operation), "", "a refresh answers no new refresh token")
        return
    if refresher.use(first).is_success:
        yield Hole(name_of(refresher.operation), "", "a refresh token is taken twice")


def family_after_reuse(scene: Scene) -> Iterator[Hole]:
    """Once a used token was shown again, somebody has a copy: its successors are worth nothing."""
    refresher = Refresher(scene)
    first = scene.refresh_token(scene.enter(scene.spare()))
    third = refresher.used(refresher.used(first))
    if third == first or refresher.use(first).is_success:
        raise NoControlError("the used token itself is taken again")
    if refresher.use(third).is_success:
        said = "after a used token was shown, its successor is taken as ever"
        yield Hole(name_of(refresher.operation), "", said)


def race(scene: Scene) -> Iterator[Hole]:
    """Of many uses at once, one wins at the most; alone, each token is taken."""
    refresher = Refresher(scene)
    refresher.used(scene.refresh_token(scene.enter(scene.spare())))
    most = 0
    for _ in range(3):
        token = scene.refresh_token(scene.enter(scene.spare()))
        answers = scene.everywhere(lambda token=token: refresher.use(token), AT_ONCE)  # type: ignore[misc]
        most = max(most, sum(answer.is_success for answer in answers))
    if most > 1:
        yield Hole(name_of(refresher.operation), "", f"{most} of {AT_ONCE} uses at once are taken")


# --- fixation ----------------------------------------------------------------------------------


def fixation(scene: Scene) -> Iterator[Hole]:
    """A log-in that carries a session of somebody's choice makes another one."""
    someone = scene.spare()
    entered = scene.enter(someone)
    scene.must_open(entered.who)
    log_in = scene.log_in_of(someone)
    where = f"{log_in.method} {log_in.path}"
    if entered.who.cookies:
        yield from _fixed_cookie(scene, someone, entered, where)
        return
    header, before, token = bearer(entered.who)
    sleep(MOMENT_S)  # two tokens of one second may be one and the same
    again = scene.enter(someone, **{header: before + token})
    told = {name: value for name, value in leaves(entered.body) if isinstance(value, str)}
    plainly = dict(leaves(scene.enter(someone).body))
    # What differs between two log-ins is the session's own.
    own = {name for name, value in told.items() if plainly.get(name) not in (None, value)}
    if not own:
        raise NoControlError("two log-ins answer the same, so none has a session of its own")
    kept = [name for name, value in leaves(again.body) if name in own and told.get(name) == value]
    if kept:
        yield Hole(where, "", f"a log-in that shows a session answers the same {', '.join(kept)}")


def _fixed_cookie(scene: Scene, someone: Someone, entered: Entered, where: str) -> Iterator[Hole]:
    for name in entered.who.cookies:
        chosen = replace(entered.who, cookies={name: "chosen-by-somebody-else-0123456789abcdef"})
        if scene.knock(chosen).is_success:
            raise NoControlError(f"a made-up {name} is let in before any log-in")
        scene.enter(someone, **chosen.cookie_header)
        if scene.knock(chosen).is_success:
            yield Hole(where, name, f"the {name} that a log-in was sent with is let in afterwards")
