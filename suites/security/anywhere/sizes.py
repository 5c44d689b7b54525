"""Requests that cost their sender little and the service much. Around each, others are served."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

import httpx

from scenarios.targets import FORM
from suites.contract.anywhere.asking import NOT_KNOWN, SAFE
from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.people import Someone
from suites.security.anywhere.scene import REFUSALS, Hole, NoControlError, NoMeansError, Scene

BODY_BYTES = 16 * 1024 * 1024
DEEP = 20_000
CONNECTIONS = 64  # more than there are threads for requests in most frameworks
PATIENCE_S = 5.0


@dataclass(frozen=True)
class Entry:
    """A request with a body that the service takes."""

    name: str
    method: str
    path: str
    body: Mapping[str, Any]
    form: bool
    who: Someone

    @property
    def headers(self) -> dict[str, str]:
        """The headers with which it is sent."""
        return self.headers_of(self.who)

    def headers_of(self, who: Someone) -> dict[str, str]:
        """The headers with which somebody sends it."""
        media = FORM if self.form else "application/json"
        return {**who.headers, **who.cookie_header, "Content-Type": media}

    def content(self, **changed: Any) -> bytes:
        """The body as bytes, with other values in it."""
        body = {**self.body, **changed}
        return (urlencode(body) if self.form else json.dumps(body)).encode()


def entry(scene: Scene) -> Entry:
    """The log-in of an account that was asked for little; else any write that succeeds."""
    try:
        someone = scene.spare()
    except NoMeansError:
        return _other_entry(scene)
    log_in = scene.log_in_of(someone)
    scene.enter(someone)
    body = {name: text.format(**scene.words(someone)) for name, text in log_in.body.items()}
    where = f"{log_in.method} {log_in.path}"
    return Entry(where, log_in.method, log_in.path, body, log_in.form, scene.people.visitor)


def _other_entry(scene: Scene) -> Entry:
    for name, control in scene.controls.items():
        to = as_entry(name, control)
        if to is not None and not control.ask.path:
            return to
    raise NoMeansError("nobody logs in, and no write of the document succeeds for anybody")


def as_entry(name: str, control: Control) -> Entry | None:
    """The request of a write with a body, to be sent again; None where it has none."""
    ask = control.ask
    if ask.operation.method in SAFE or not isinstance(ask.body, Mapping) or not ask.body:
        return None
    return Entry(name, ask.operation.method.upper(), ask.url, ask.body, ask.media == FORM,
                 control.owner)  # fmt: skip


def sent(scene: Scene, to: Entry, content: Any, **headers: str) -> httpx.Response | None:
    """Send a body; None where the service hung up on it, which it may.

    Where a 401 tells that the session has ended, it is begun anew, and bytes are sent once more.
    """
    who = scene.people.now(to.who)
    try:
        answer = _sent(scene, to, content, {**to.headers_of(who), **headers})
        ended = answer.status_code == NOT_KNOWN and isinstance(content, bytes)
        if ended and scene.people.begin_anew(who):
            who = scene.people.now(who)
            answer = _sent(scene, to, content, {**to.headers_of(who), **headers})
    except REFUSALS:
        return None
    return answer


def _sent(scene: Scene, to: Entry, content: Any, headers: dict[str, str]) -> httpx.Response:
    return scene.client.request(to.method, to.path, content=content, headers=headers)


def must_take(scene: Scene, to: Entry) -> None:
    """The control: an ordinary body is taken. Raises NoControlError."""
    answer = sent(scene, to, to.content())
    if answer is None or answer.status_code >= 400:
        said = answer.status_code if answer is not None else "nothing"
        raise NoControlError(f"{to.name} answers {said} to an ordinary body")


def body_size(scene: Scene) -> Iterator[Hole]:
    """A good body with blanks behind it, of a size that nobody needs, told beforehand or not."""
    to = entry(scene)
    must_take(scene, to)
    padding = b"&x=" + b"x" * BODY_BYTES if to.form else b" " * BODY_BYTES
    whole = sent(scene, to, to.content() + padding)
    step = 1 << 16

    def stream() -> Iterator[bytes]:
        yield to.content()
        yield from (padding[at : at + step] for at in range(0, len(padding), step))

    streamed = sent(scene, to, stream())
    for said, answer in (("with its length told", whole), ("in chunks", streamed)):
        if answer is not None and answer.status_code < 400:
            size = BODY_BYTES >> 20
            yield Hole(to.name, said, f"a body of {size} MiB is taken, {said}")
    must_take(scene, to)


def deep_json(scene: Scene) -> Iterator[Hole]:
    """Lists in lists are refused, and not by breaking down."""
    to = entry(scene)
    if to.form:
        raise NoMeansError(f"{to.name} takes a form, not JSON")
    must_take(scene, to)
    first = json.dumps(next(iter(to.body)))
    for body in (
        b"[" * DEEP, b"[" * DEEP + b"]" * DEEP, b'{"a":' * DEEP + b"1" + b"}" * DEEP,
        f"{{{first}: ".encode() + b"[" * DEEP + b"]" * DEEP + b"}",
    ):  # fmt: skip
        answer = sent(scene, to, body)
        if answer is not None and answer.status_code >= 500:
            yield Hole(to.name, "", f"{answer.status_code} to JSON that is {DEEP} levels deep")
            break
    must_take(scene, to)


def many_headers(scene: Scene) -> Iterator[Hole]:
    """Headers that are many or long are answered or refused; the ordinary request is answered."""
    control = scene.read
    name = name_of(control.ask.operation)
    _must_answer(scene)
    for said, headers in (
        ("500 headers", {f"X-Header-{number}": "v" * 20 for number in range(500)}),
        ("a header of 30 kB", {"X-Long": "v" * 30_000}),
        ("1,500 languages", {"Accept-Language": ",".join(f"de-{n};q=0.5" for n in range(1_500))}),
        ("2,000 ranges", {"Range": "bytes=" + ",".join(f"{n}-{n}" for n in range(2_000))}),
    ):
        try:
            status = scene.send(control, control.owner, **headers).status_code
        except REFUSALS:
            continue
        if status >= 500:
            yield Hole(name, said, f"{said} are answered {status}")
    _must_answer(scene)


def _must_answer(scene: Scene) -> None:
    control = scene.read
    answer = scene.send(control, control.owner)
    if not answer.is_success:
        said = f"{name_of(control.ask.operation)} answers {answer.status_code}"
        raise NoControlError(f"{said} to an ordinary request")


def slow_requests(scene: Scene) -> Iterator[Hole]:
    """While many requests never end, others are served; before and after they are, too."""
    if scene.target.base_url.startswith("https"):
        raise NoMeansError("requests without an end are sent without TLS alone")
    try:
        to = entry(scene)
        begun = _unfinished(scene.target.base_url, to)
    except NoMeansError:
        begun = {"in a header": b"GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: a"}
    _must_answer(scene)
    control = scene.read
    for where, bytes_sent in begun.items():
        with _hanging(scene.target.base_url, bytes_sent):
            try:
                answer = scene.client.get(
                    control.ask.url, params={**control.ask.query, **control.owner.query},
                    headers={**control.owner.headers, **control.owner.cookie_header},
                    timeout=PATIENCE_S,
                )  # fmt: skip
                served = answer.is_success
            except (httpx.TimeoutException, *REFUSALS):
                served = False
        if not served:
            said = f"{CONNECTIONS} requests that stop {where} hold up every other"
            yield Hole(name_of(control.ask.operation), "", said)
            break  # each further one would take as long
    _must_answer(scene)


def _unfinished(base_url: str, to: Entry) -> dict[str, bytes]:
    host = urlsplit(base_url).netloc
    head = f"{to.method} {to.path} HTTP/1.1\r\nHost: {host}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in to.headers.items())
    raw = head.encode()
    return {
        "in a header": raw + b"X-Slow: a",
        "in a body": raw + b"Content-Length: 9000\r\n\r\n" + to.content()[:5],
        "between two chunks": raw + b"Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n",
    }


@contextmanager
def _hanging(base_url: str, begun: bytes) -> Iterator[None]:
    parts = urlsplit(base_url)
    address = (parts.hostname or "", parts.port or 80)
    with ExitStack() as stack:
        for _ in range(CONNECTIONS):
            made = socket.create_connection(address, PATIENCE_S)
            stack.enter_context(made)
            made.sendall(begun)
        yield
