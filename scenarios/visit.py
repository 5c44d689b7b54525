"""A visit as a journey sees it, carried out by Locust's FastHttpUser client.

Belongs to the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from geventhttpclient.useragent import RetriesExceeded
from locust.contrib.fasthttp import FastHttpSession, ResponseContextManager

from scenarios.addresses import path_of
from scenarios.alarm import Alarm
from scenarios.bodies import Bodies
from scenarios.journeys.interface import Answer, Visit
from scenarios.plan import Arrival, Plan
from scenarios.sessions import Accounts, Session, Sessions
from scenarios.targets import FORM, LogIn
from scenarios.turnstile import Turnstile

NOTE = "touchline_note"
EXCERPT = 200  # characters of a body that an example of a failure shows


class VisitCutError(Exception):
    """A visit ended early: an answer was not what its journey expected. It has been counted."""


@dataclass(slots=True)
class Note:
    """What the request event shall know of a request; travels in Locust's request context.

    Moments are on the monotonic clock. Only `measured` requests count, those before the start and
    in the warm-up do not. `taken_s` is the time from sending to the answer, where Locust's own
    response time counts from when the request was due. `example` describes one that failed.
    """

    scenario: str
    measured: bool
    due_at: float
    taken_s: float = 0.0
    example: str = ""


class VisitDesk:
    """What all visits of a generator share: the client, its connections, the people logged in."""

    def __init__(
        self, client: FastHttpSession, plan: Plan, accounts: Accounts | None, alarm: Alarm
    ) -> None:
        self.client, self.sessions, self.accounts = client, Sessions(), accounts
        self.bodies = Bodies()
        self.alarm = alarm
        self.think_s = plan.profile.think_s
        self.timeout_s = plan.profile.timeout_s
        self.closed = bool(plan.closed_users)
        self.connections = Turnstile(plan.profile.connections)
        recipe = plan.player.log_in if plan.player is not None else None
        self.log_in = recipe
        self.header = recipe.header if recipe else "Authorization"
        self.scheme = recipe.scheme if recipe else "Bearer"


class LocustVisit(Visit):
    """One visit. `due_at` is when its next request is due, on the monotonic clock.

    `pending` names the request under way, so that one without an answer at the end can be told.
    """

    __slots__ = (
        "_chance",
        "_desk",
        "_measured",
        "_scenario",
        "_seed",
        "accounts",
        "due_at",
        "pending",
        "sessions",
    )

    def __init__(self, desk: VisitDesk, arrival: Arrival, due_at: float) -> None:
        self._seed = arrival.seed
        self._chance: random.Random | None = None
        self.sessions = desk.sessions
        self._desk, self.due_at, self.pending = desk, due_at, ""
        self._scenario, self._measured = arrival.journey_name, arrival.at_s >= 0
        if desk.accounts is not None:
            self.accounts = desk.accounts

    @property
    def chance(self) -> random.Random:
        """The visit's own, made when it is first asked for: seeding it is no small matter."""
        if self._chance is None:
            self._chance = random.Random(self._seed)  # noqa: S311 - chance, not a secret
        return self._chance

    @property
    def log_in(self) -> LogIn:
        """The recipe of the target's players. Raises LookupError where there is none."""
        if self._desk.log_in is None:
            raise LookupError("the target file has no log_in for players")
        return self._desk.log_in

    def think(self) -> None:
        """Pause; the next request is due when the pause should have ended."""
        if self._desk.think_s > 0:
            self.due_at += self.chance.expovariate(1 / self._desk.think_s)
            self._desk.alarm.sleep_until(self.due_at)

    def ask(
        self,
        method: str,
        path: str,
        *,
        route: str | None = None,
        expect: Collection[int] = (200,),
        json: Mapping[str, object] | None = None,
        form: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        session: Session | None = None,
        reads_json: bool = True,
    ) -> Answer:
        """Send, measure and judge one request; see the interface. Raises AddressError.

        The client takes whole addresses as well, such as a `Location` may hold, and would load
        whichever host they name.
        """
        path_of(path)
        sent = dict(headers or ())
        if session is not None:
            sent[self._desk.header] = f"{self._desk.scheme} {session.access_token}"
        if form is not None:
            sent["Content-Type"] = FORM
        note = Note(self._scenario, self._measured, self.due_at)
        self.pending = f"{method} {route or path}"
        with self._desk.connections:
            sent_at = time.monotonic()
            if self._desk.closed:
                note.due_at = sent_at
            exchange = self._desk.client.request(
                method,
                path,
                name=self.pending,
                catch_response=True,
                headers=sent,
                json=json,
                data=None if form is None else urlencode(form),
                context={NOTE: note},
            )
            with exchange as response:
                self._count_from_due(note, sent_at, response.request_meta)
                problem, answer = self._judge(response, expect, reads_json)
                if answer is None:
                    note.example = _example(method, path, response)
                    response.failure(problem)
                else:
                    response.success()
        self.due_at, self.pending = time.monotonic(), ""
        if answer is None:
            raise VisitCutError(f"{method} {path}: {problem}. {note.example}".rstrip(". "))
        return answer

    @staticmethod
    def _count_from_due(note: Note, sent_at: float, meta: dict[str, Any]) -> None:
        """Let Locust's event, and so its own statistics, carry the time since it was due."""
        note.taken_s = meta["response_time"] / 1000
        meta["response_time"] += (sent_at - note.due_at) * 1000

    def _judge(
        self, response: ResponseContextManager, expect: Collection[int], reads_json: bool
    ) -> tuple[str, Answer | None]:
        """What is wrong with an answer, in a few words that vary little; else the answer."""
        status = response.status_code
        if status == 0:
            return _no_answer(response.request_meta["exception"], self._desk.timeout_s), None
        if not _is_whole(response):
            return f"status {status}, answer cut off in the middle", None
        if status not in expect:
            return f"status {status}, expected {_list(expect)}", None
        head: Any = response.headers
        if not reads_json:
            return "", Answer(status, head, None)
        try:
            return "", self._desk.bodies.answer(status, head, response.content)
        except ValueError:
            kind = _header(response, "content-type") or "no content type"
            return f"status {status} with {kind}, expected JSON", None


def _no_answer(error: BaseException | None, timeout_s: float) -> str:
    if isinstance(error, RetriesExceeded):
        error = vars(error).get("original", error)  # what the last try met
    if isinstance(error, TimeoutError):
        return f"no answer within {timeout_s:g} s"
    return f"no answer: {type(error).__name__}"


def _is_whole(response: ResponseContextManager) -> bool:
    """Whether all of an answer came. The client hands over a part as if it were the whole."""
    received = response._response
    return received is None or bool(received.message_complete)


def _header(response: ResponseContextManager, name: str) -> str:
    return "" if response.headers is None else str(response.headers.get(name, ""))


def _list(expect: Collection[int]) -> str:
    return "2xx" if isinstance(expect, range) else " or ".join(map(str, sorted(expect)))


def _example(method: str, path: str, response: ResponseContextManager) -> str:
    said = (response.text or "").strip() if response.status_code else ""
    request_id = _header(response, "X-Request-ID")
    words = (f"{method} {path}", f"request {request_id}" if request_id else "", said[:EXCERPT])
    return ", ".join(filter(None, words))
