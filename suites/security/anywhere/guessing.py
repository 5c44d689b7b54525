"""Guessing who has an account, in words and in time, and guessing their passwords."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from contextlib import suppress
from itertools import count
from time import perf_counter
from typing import Any

import httpx

from scenarios.targets import LogIn
from suites.contract.anywhere.naming import leaves
from suites.contract.anywhere.people import Someone, lets_in
from suites.security.anywhere.limits import DISGUISES
from suites.security.anywhere.scene import Hole, NoControlError, Scene
from suites.security.paired import Ratio, ratio

WRONG = "Not-the-horse-7-battery"
THROTTLED = (423, 429)
# Times count as the same when they differ by less than a quarter, with 99 % confidence.
SAME = 1.25
ROUNDS, ROUNDS_MAX, KNOWN = 24, 96, 8
GUESSES_MAX = 30
_STRANGERS = count(1)
# What an answer holds of its own moment: numbers of requests, times.
VARYING = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}|[0-9a-f]{12,}|\d+", re.IGNORECASE)


def stranger(scene: Scene) -> str:
    """A name like those of the service, which nobody has."""
    someone = scene.entrant
    name = f"nobody{next(_STRANGERS)}x{random.randrange(10**6)}"  # noqa: S311  no secret
    return f"{name}@example.org" if "@" in scene.words(someone)["username"] else name


def guess(scene: Scene, log_in: LogIn, name: str, **headers: str) -> httpx.Response:
    """Try a wrong password."""
    return scene.people.send(log_in, {"username": name, "password": WRONG}, **headers)


def _guessed(scene: Scene, log_in: LogIn, name: str) -> httpx.Response:
    """A wrong password that must be refused as one. Raises NoControlError."""
    answer = guess(scene, log_in, name)
    if answer.status_code in THROTTLED:
        raise NoControlError("log-ins are throttled before anything can be compared")
    if lets_in(log_in, answer):
        raise NoControlError(f"{log_in.path} lets in {name} with a wrong password")
    return answer


def _said(answer: httpx.Response, name: str) -> tuple[Any, ...]:
    """Everything that an answer says but for the name that was asked for and the moment."""
    text = VARYING.sub("0", answer.text.replace(name, "NAME"))
    with suppress(ValueError):
        text = repr(sorted((key, VARYING.sub("0", str(value).replace(name, "NAME")))
                           for key, value in leaves(answer.json())))  # fmt: skip
    return answer.status_code, text, tuple(sorted(answer.headers))


def told_in_words(scene: Scene) -> Iterator[Hole]:
    """A wrong password and a name that nobody has are answered alike; so are two such names."""
    known = scene.spare()
    scene.enter(known)
    log_in = scene.log_in_of(known)
    name = scene.words(known)["username"]
    wrong = _said(_guessed(scene, log_in, name), name)
    first, second = (
        _said(_guessed(scene, log_in, one), one) for one in (stranger(scene), stranger(scene))
    )
    if first != second:
        raise NoControlError("two names that nobody has are answered differently as well")
    if wrong != first:
        said = f"{wrong[:2]} for a known name, {first[:2]} for one that nobody has"
        yield Hole(f"{log_in.method} {log_in.path}", "", said[:400])


def told_in_time(scene: Scene) -> Iterator[Hole]:
    """Log-ins of a known name and of one that nobody has, in turns, beside a second stranger's.

    The two strangers are the control: a way of measuring that tells them apart tells nothing.
    """
    found, control = _compare(scene)
    said = (
        f"{found.value:.2f} times as long for a known name, 99 % interval {found.low:.2f} to "
        f"{found.high:.2f}, {found.pairs} pairs"
    )
    if control.lies_outside(SAME):
        raise NoControlError(f"two strangers differ by {control.value:.2f}")
    if found.lies_outside(SAME):
        log_in = scene.log_in_of(scene.entrant)
        yield Hole(f"{log_in.method} {log_in.path}", "", said)
    elif not found.lies_within(SAME):
        raise NoControlError(f"the machine is too unsteady to tell: {said}")


def _compare(scene: Scene) -> tuple[Ratio, Ratio]:
    log_in = scene.log_in_of(scene.entrant)
    times: dict[str, list[float]] = {"known": [], "stranger": [], "other": []}
    while True:
        _guess_in_turns(scene, log_in, times)
        found = ratio(times["known"], times["stranger"])
        clear = found.lies_within(SAME) or found.lies_outside(SAME)
        if clear or found.pairs >= ROUNDS_MAX:
            return found, ratio(times["other"], times["stranger"])


def _guess_in_turns(scene: Scene, log_in: LogIn, times: dict[str, list[float]]) -> None:
    """Some guesses of each kind. Few at each account, so that no throttle is met."""
    known = [scene.spare() for _ in range(KNOWN)]
    for someone in known:
        scene.enter(someone)
    for turn in range(ROUNDS):
        kinds = list(times)
        random.shuffle(kinds)
        for kind in kinds:
            name = stranger(scene)
            if kind == "known":
                name = scene.words(known[turn % KNOWN])["username"]
            began = perf_counter()
            _guessed(scene, log_in, name)
            times[kind].append(perf_counter() - began)


def unthrottled(scene: Scene) -> Iterator[Hole]:
    """Guesses at one account end; before them its password was right, and others get in still."""
    victim = scene.spare()
    log_in, guesses = _throttle(scene, victim)
    if guesses is None:
        answer = scene.people.send(log_in, scene.words(victim))
        if lets_in(log_in, answer):
            said = f"{GUESSES_MAX} wrong passwords in a row, and the right one is let in after them"
            yield Hole(f"{log_in.method} {log_in.path}", "", said)
    bystander = scene.spare()
    if bystander.name != victim.name:
        scene.enter(bystander)


def _throttle(scene: Scene, victim: Someone) -> tuple[LogIn, int | None]:
    """Guess until it is refused to guess on; after how many that was."""
    log_in = scene.log_in_of(victim)
    scene.enter(victim)
    name = scene.words(victim)["username"]
    _guessed(scene, log_in, name)
    for number in range(1, GUESSES_MAX):
        if guess(scene, log_in, name).status_code in THROTTLED:
            return log_in, number
    return log_in, None


def log_in_dodged(scene: Scene) -> Iterator[Hole]:
    """A throttle that was met is not left behind by naming another address; without, it holds."""
    victim = scene.spare()
    log_in, guesses = _throttle(scene, victim)
    if guesses is None:
        raise NoControlError(f"{GUESSES_MAX} guesses met no throttle that could be dodged")
    name = scene.words(victim)["username"]
    dodged = []
    for header, value in DISGUISES.items():
        passed = 0
        for _ in range(2):  # twice, so that no worker with room left is taken for a way around
            if guess(scene, log_in, name).status_code not in THROTTLED:
                raise NoControlError("the throttle ended by itself while it was attacked")
            status = guess(scene, log_in, name, **{header: value}).status_code
            passed += status not in THROTTLED
        if passed == 2:
            dodged.append(header)
    if dodged:
        said = f"after {guesses} guesses, further ones are taken with {', '.join(dodged)}"
        yield Hole(f"{log_in.method} {log_in.path}", "", said)
