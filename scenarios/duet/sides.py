"""A build that stands at one address or several: who enters it, and what its processes spend."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

from scenarios.duet.asking import Connection, NoAnswerError
from scenarios.duet.blocks import Side
from scenarios.duet.spending import Spending
from scenarios.sessions import EXPIRES_SOON_S, Session, session_from
from scenarios.targets import FORM, Identity, LogIn

LOG_IN_WITHIN_S = 30.0


@dataclass(frozen=True)
class Start:
    """One start of a build: where it answers, and its processes' CPU time where it can be read."""

    url: str
    spending: Spending | None = None

    def connect(self) -> Connection:
        """A new connection. Raises NoAnswerError."""
        return Connection(self.url)


@dataclass
class Build:
    """One side: one build, started once or several times over the same data.

    `identities` are those of the target file; nobody is needed for plain paths.
    """

    side: Side
    starts: tuple[Start, ...]
    identities: Mapping[str, Identity] = field(default_factory=dict)
    _sessions: dict[str, Session] = field(default_factory=dict)

    @property
    def url(self) -> str:
        """Where its first start answers."""
        return self.starts[0].url

    def headers(self, who: str) -> Mapping[str, str]:
        """What a request of this identity carries; it logs in when it must.

        Raises NoAnswerError when the service does not let it in.
        """
        recipe = self.identities[who].log_in if who in self.identities else None
        if recipe is None:
            return {}
        session = self._sessions.get(who)
        if session is None or session.expires_at < time.monotonic() + 2 * EXPIRES_SOON_S:
            session = self._sessions[who] = _log_in(self.url, self.identities[who], recipe)
        return {recipe.header: f"{recipe.scheme} {session.access_token}"}


def _log_in(url: str, identity: Identity, recipe: LogIn) -> Session:
    """The same account on both sides: the first. Raises NoAnswerError."""
    fields = recipe.fields(identity.account(1), identity.password)
    body, media = json.dumps(fields), "application/json"
    if recipe.form:
        body, media = urlencode(fields), FORM
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.netloc, timeout=LOG_IN_WITHIN_S)
    try:
        connection.request(recipe.method, recipe.path, body, {"Content-Type": media})
        answer = connection.getresponse()
        text = answer.read()
        if answer.status != recipe.status:
            raise ValueError(f"answers {answer.status}, expected {recipe.status}")
        session = session_from(recipe, json.loads(text), time.monotonic())
        words = f"{recipe.header} {recipe.scheme} {session.access_token}"
        if not (words.isascii() and words.isprintable()):
            raise ValueError("its token, or the header for it, holds what no header can")
        return session
    except (OSError, http.client.HTTPException, ValueError, RecursionError) as error:
        raise NoAnswerError(f"{url}{recipe.path}: {error}") from None
    finally:
        connection.close()
