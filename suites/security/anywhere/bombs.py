"""Small texts that are slow to read: in the log-in, and in each write that can be sent again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from statistics import median
from time import perf_counter

import httpx

from suites.contract.anywhere.crossing import Control
from suites.contract.anywhere.naming import plain
from suites.contract.anywhere.people import NotEnteredError
from suites.contract.compatibility.schemas import flat
from suites.security.anywhere.limits import REFUSED
from suites.security.anywhere.scene import Hole, NoControlError, NoMeansError, Scene
from suites.security.anywhere.sizes import Entry, as_entry, entry, must_take, sent

LONG = 8_000
# For expressions that try every way, or for quadratic parsers.
BOMBS: Mapping[str, str] = {
    "blanks": " " * LONG + "@", "dots": "a." * (LONG // 2) + "@example.org",
    "labels": "a@" + "a." * (LONG // 2) + "!", "quotes": '"' + "\\" * LONG + '"@example.org',
    "brackets": "(" * LONG + "a@example.org", "one letter": "a" * LONG + "!",
    "marks that combine": "e" + "\u0301" * (LONG // 2), "digits": "9" * LONG + "x",
}  # fmt: skip
# Shapes whose every letter may double the time: told by short texts, for long ones never end.
GROWING: Mapping[str, tuple[str, str]] = {
    "one letter": ("a", "!"), "digits": ("1", "!"), "pairs": ("a.", "!"), "blanks": (" ", "!"),
}  # fmt: skip
LENGTHS = (20, 25, 30)
# A twentieth of a second for 8,000 letters, if it grows as their square, is three seconds for a
# body of 64 KiB. Where a machine is quick, no more is to be seen of an expression that is slow.
SLOWER, SLOW_S, TURNS = 5.0, 0.05, 4


@dataclass
class _Taker:
    """A request, its texts, and how often it was too much."""

    to: Entry
    names: list[str]
    refused: int = field(default=0)


def bombs(scene: Scene) -> Iterator[Hole]:
    """Texts that are slow to read, each in turns with harmless ones."""
    takers = [one for one in _takers(scene) if one.names]
    if not takers:
        raise NoMeansError("no request that succeeds takes a text in its body")
    for taker in takers:
        for name in taker.names:
            yield from _slow(scene, taker, name)
    throttled = [one.to.name for one in takers if one.refused]
    if throttled:
        raise NoControlError(f"there were more texts than {', '.join(throttled)} may be sent")
    for taker in takers:
        must_take(scene, taker.to)


def _takers(scene: Scene) -> Iterator[_Taker]:
    """The log-in, which must be taken, and every other write that is taken once more."""
    known = set()
    with suppress(NoMeansError):
        first = entry(scene)
        must_take(scene, first)
        known.add((first.method, first.path))
        yield _Taker(first, [key for key, value in first.body.items() if isinstance(value, str)])
    for name, control in scene.controls.items():
        to = as_entry(name, _of_another(scene, control))
        if to is not None and (to.method, to.path) not in known:
            answer = sent(scene, to, to.content())
            if answer is not None and answer.is_success:
                yield _Taker(to, list(_texts(scene, control)))


def _of_another(scene: Scene, control: Control) -> Control:
    """The same by an account that was asked for little, where it is about nobody's own."""
    with suppress(NoMeansError, NoControlError, NotEnteredError):
        is_alike = control.owner.role == scene.entrant.role and not control.ask.path
        many = scene.entrant.identity is not None and scene.entrant.identity.accounts > 1
        if is_alike and many:
            return replace(control, owner=scene.enter(scene.spare()).who)
    return control


def _texts(scene: Scene, control: Control) -> Iterator[str]:
    """The texts of a body that may hold any word."""
    media = control.ask.operation.request_media.values()
    held = {name: one for schema in media
            for name, one in flat(schema, scene.document).properties.items()}  # fmt: skip
    for name, value in control.ask.body.items():
        schema = scene.document.resolve(held.get(name, {}))
        if isinstance(value, str) and not schema.keys() & {"enum", "const"}:
            yield name


def _slow(scene: Scene, taker: _Taker, name: str) -> Iterator[Hole]:
    """The first text that is slow in this place: short ones that grow, and then long ones."""
    for said, text, beside in _bombs(name):
        if slow := _slower(scene, taker, name, text, beside):
            yield Hole(taker.to.name, name, f"{said}, {len(text)} characters: {slow}")
            return


def _bombs(name: str) -> Iterator[tuple[str, str, str]]:
    """What it is, the text, and what must be quick beside it: half of it, or harmless letters.

    Passwords are hashed rather than read, and many wrong ones are what a throttle is for.
    """
    for said, (head, tail) in GROWING.items() if "password" not in plain(name) else ():
        for length in LENGTHS:
            times = length // len(head)
            yield f"{said}, growing", head * times + tail, head * (times // 2) + tail
    for said, text in BOMBS.items():
        yield said, text, "x" * len(text)


def _slower(scene: Scene, taker: _Taker, name: str, text: str, beside: str) -> str:
    """How much slower than what is beside it; empty where it is not by far, or not each time.

    A machine that is busy holds up a harmless text now and then: what one of them takes commonly
    is what a slow one is beside.
    """
    bomb_s, plain_s = [], []
    for _ in range(TURNS):
        bomb_s.append(_took_s(scene, taker, taker.to.content(**{name: text})))
        if bomb_s[-1] < SLOW_S:
            return ""
        plain_s.append(_took_s(scene, taker, taker.to.content(**{name: beside})))
    least_s, common_s = min(bomb_s), median(plain_s)
    if least_s < SLOWER * common_s:
        return ""
    beside_it = f"{common_s:.2f} s commonly for {len(beside)} harmless ones"
    return f"{least_s:.2f} s at the least, {beside_it}"


def _took_s(scene: Scene, taker: _Taker, content: bytes) -> float:
    began = perf_counter()
    with suppress(httpx.TimeoutException):
        answer = sent(scene, taker.to, content)
        taker.refused += answer is not None and answer.status_code == REFUSED
    return perf_counter() - began
