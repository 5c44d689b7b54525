"""Hostile text in every input, and a look for what it brings about: effects, not statuses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import httpx

from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.injecting import Place, injections, places
from suites.security.anywhere.scene import REFUSALS, Hole, NoControlError, NoMeansError, Scene
from suites.security.payloads import MARK, TEMPLATE_DONE

TEMPLATES = tuple(
    f"{MARK}{opened}7*7{closed}{MARK}"
    for opened, closed in (("{{", "}}"), ("${", "}"), ("#{", "}"), ("<%= ", " %>"), ("{", "}"))
)
# The marks, and before them what would lead out of an attribute, a comment or a text.
MARKUP = (
    ("", f"<script>{MARK}</script>"), ('">', f"<svg onload=alert('{MARK}')>"),
    ("-->", f"<img src=x onerror=alert('{MARK}')>"),
    ("</title></textarea>", f"<b onclick=alert('{MARK}')>"),
)  # fmt: skip
# What a browser reads as words, whatever stands in it.
INERT = re.compile(r"<!--.*?(?:-->|$)|<(title|textarea)\b.*?(?:</\1|$)", re.DOTALL | re.IGNORECASE)
PATHS = (
    "../../../../../../../../etc/passwd", "/etc/passwd", "....//....//....//....//etc/passwd",
    "file:///etc/passwd",
)  # fmt: skip
Seen = tuple[str, str, httpx.Response]  # operation, place, answer
PASSWD = re.compile(r"root:[^:\n]*:0:0:")
BREAKS = (f"{MARK}\r\nX-Injected: {MARK}", f"{MARK}\nX-Injected: {MARK}")
FORGED = f'{{"event": "{MARK}-forged", "level": "info"}}'
FORGERIES = (f"{MARK}\n{FORGED}", f"{MARK}\r\n{FORGED}", f"{MARK}\x85{FORGED}")
DROPPED = "the connection is closed without an answer to hostile text"
LOGGED = ("User-Agent", "Referer", "X-Request-ID")


def sql(scene: Scene) -> Iterator[Hole]:
    """Conditions that hold and that do not, in every text of every request that succeeds."""
    _with_texts(scene)
    for fault in injections(scene.asker, scene.controls):
        yield Hole(fault.operation, fault.subject, fault.detail)


def _with_texts(scene: Scene) -> list[Control]:
    """The requests that hold a text. Raises NoControlError, or NoMeansError where none does."""
    if not scene.controls:
        raise NoControlError("no request of the document succeeds for anybody")
    found = [one for one in scene.controls.values() if any(places(one.ask))]
    if not found:
        raise NoMeansError("no request that succeeds holds a text")
    return found


def _filled(scene: Scene, text: str) -> Iterator[Seen]:
    """The text in every place of every request: operation, place, answer."""
    for control in _with_texts(scene):
        for place in places(control.ask):
            try:
                yield _one(scene, control, place, text)
            except REFUSALS:
                said = f"{place.where} {place.name}"
                scene.dropped.append(Hole(name_of(control.ask.operation), said, DROPPED))


def _one(scene: Scene, control: Control, place: Place, text: str) -> Seen:
    scene.asker.send(control.owner, place.filled(control.ask, text))
    return name_of(control.ask.operation), f"{place.where} {place.name}", scene.answers.seen[-1]


def _after(scene: Scene, holes: list[Hole]) -> Iterator[Hole]:
    """The holes, once each; a read must still succeed, and one of each who is let in."""
    yield from {(one.operation, one.subject): one for one in holes}.values()
    reads = [scene.read, *reversed(scene.private)]
    for control in {one.owner.name: one for one in reads}.values():
        if not scene.send(control, control.owner).is_success:
            said = f"{name_of(control.ask.operation)} succeeds no more afterwards"
            raise NoControlError(f"{said} for {control.owner.name}")


def template(scene: Scene) -> Iterator[Hole]:
    """Arithmetic in the words of templates, which must come back as words or not at all."""
    found = [
        Hole(operation, place, f"{text} comes back as {TEMPLATE_DONE}")
        for text in TEMPLATES
        for operation, place, answer in _filled(scene, text)
        if TEMPLATE_DONE in answer.text
    ]
    yield from _after(scene, found)


def markup(scene: Scene) -> Iterator[Hole]:
    """Markup must not come back as it was sent in an answer that a browser would carry out."""
    found = [
        Hole(operation, place, f"{before}{marks} stands in an HTML answer")
        for before, marks in MARKUP
        for operation, place, answer in _filled(scene, before + marks)
        if "html" in answer.headers.get("content-type", "") and marks in INERT.sub("", answer.text)
    ]
    yield from _after(scene, found)


def header(scene: Scene) -> Iterator[Hole]:
    """A line's end in a text must not become a header's end in the answer."""
    found = [
        Hole(operation, place, "a header that was sent as text comes back as a header")
        for text in BREAKS
        for operation, place, answer in _filled(scene, text)
        if "x-injected" in answer.headers
    ]
    yield from _after(scene, found)


def path(scene: Scene) -> Iterator[Hole]:
    """Files outside what is offered; /etc/passwd is on every machine that these suites know."""
    encoded = "%2e%2e%2f" * 8 + "etc%2fpasswd"
    for prefix in ("/", "/static/", "/files/", "/download?file="):
        answer = scene.client.get(prefix + encoded)
        if PASSWD.search(answer.text):
            yield Hole(f"GET {prefix}", "", "answers a file of the machine")
    found = [
        Hole(operation, place, f"{text} answers a file of the machine")
        for text in PATHS
        for operation, place, answer in _filled(scene, text)
        if PASSWD.search(answer.text)
    ]
    yield from _after(scene, found)


def log(scene: Scene) -> Iterator[Hole]:
    """A line's end in a text must not begin a line of the log; the log must tell of the request."""
    file = scene.target.security.log
    if file is None:
        raise NoMeansError("a log cannot be seen from outside, and the target file names none")
    began = len(_read(file))
    for text in FORGERIES:
        with suppress(NoMeansError):  # headers hold texts all the same
            for _ in _filled(scene, text):
                pass
        _in_headers(scene, text)
    lines = re.split(r"\r\n|[\n\r\x85\u2028]", _read(file)[began:])
    if not any(lines):
        raise NoControlError(f"nothing was written to {file} of all these requests")
    if any(line.startswith(FORGED) for line in lines):
        yield Hole("log", file.name, "a line of the log was written by whoever sent a request")


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise NoMeansError(f"{file}: cannot be read: {error.strerror}") from None


def _in_headers(scene: Scene, text: str) -> None:
    """In headers, ends of lines never leave the client; their escapes do."""
    control = scene.read
    escaped = text.replace("\r", "%0d").replace("\n", "%0a").replace("\x85", "%c2%85")
    for name in LOGGED:
        scene.send(control, control.owner, **{name: escaped})
