"""Accounts that log in and the sessions they hold, shared by the visits of one generator."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from scenarios.targets import Identity, LogIn

SESSIONS_MAX = 500
EXPIRES_SOON_S = 15.0


class NobodyFreeError(RuntimeError):
    """A visit needs a logged-in player, and none is there or free."""


@dataclass(eq=False)
class Session:
    """Somebody logged in. `users` are the visits that act as this person at this moment."""

    access_token: str
    refresh_token: str
    expires_at: float
    users: int = 0

    @property
    def shared(self) -> bool:
        """Whether another visit acts as the same person, so that edits may collide."""
        return self.users > 1


def session_from(recipe: LogIn, answer: Any, now: float) -> Session:
    """The session that an answer to a log-in or a refresh grants. Raises ValueError if none."""
    if recipe.token is None:
        raise ValueError("its log-in answers cookies; load runs need a token")
    lifetime = _at(answer, recipe.lifetime_s) if recipe.lifetime_s else 3600.0
    refresh = _at(answer, recipe.refresh_token) if recipe.refresh_token else ""
    try:
        expires_at = now + float(lifetime)
    except (TypeError, ValueError, OverflowError):
        raise ValueError(f"the answer's {recipe.lifetime_s} is no number: {lifetime!r}") from None
    return Session(str(_at(answer, recipe.token)), str(refresh), expires_at)


def _at(document: Any, pointer: str) -> Any:
    value = document
    for part in pointer.split("/")[1:]:
        if not isinstance(value, Mapping) or part not in value:
            raise ValueError(f"the answer has no {pointer}")
        value = value[part]
    return value


class Sessions:
    """The people logged in. The least recently used comes first, so that all take part."""

    def __init__(self) -> None:
        self._all: deque[Session] = deque(maxlen=SESSIONS_MAX)

    def __len__(self) -> int:
        return len(self._all)

    def add(self, session: Session) -> None:
        """Somebody logged in; beyond the bound the longest unused are forgotten."""
        self._all.append(session)

    @contextmanager
    def borrow(self) -> Iterator[Session]:
        """Act as a person whose access token lasts. Raises NobodyFreeError."""
        session = self._next(alone=False)
        session.users += 1
        try:
            yield session
        finally:
            session.users -= 1

    @contextmanager
    def take_alone(self) -> Iterator[Session]:
        """Act as a person that nobody else acts as, in or out. Raises NobodyFreeError.

        The session is given back when the block ends well; after a fault its tokens are unknown,
        and it is dropped.
        """
        session = self._next(alone=True)
        self._all.remove(session)
        yield session
        self._all.append(session)

    def _next(self, *, alone: bool) -> Session:
        lasts_until = time.monotonic() + EXPIRES_SOON_S
        for _ in range(len(self._all)):
            session = self._all[0]
            self._all.rotate(-1)
            if session.users == 0 and (alone or session.expires_at > lasts_until):
                return session
        if not alone:
            for session in self._all:
                if session.expires_at > lasts_until:
                    return session
        raise NobodyFreeError("nobody is logged in, or nobody is free")


class Accounts:
    """Hands out a different account at each log-in, until all had their turn.

    Generators that share a run take every `of`-th account, so that no two use the same one.
    """

    def __init__(self, identity: Identity, share: int = 0, of: int = 1) -> None:
        self._identity, self._next, self._step = identity, share + 1, of

    def credentials(self) -> dict[str, str]:
        """The fields of the next account's log-in."""
        recipe = self._identity.log_in
        if recipe is None:
            raise ValueError("this identity has no log_in in the target file")
        name = self._identity.account(self._next)
        self._next += self._step
        return recipe.fields(name, self._identity.password)
