"""Limits on requests: exact over many connections, and not dodged by naming another address."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from time import monotonic

import httpx

from suites.contract.anywhere.crossing import Control, name_of
from suites.contract.anywhere.people import Someone
from suites.security.anywhere.scene import AT_ONCE, Hole, NoControlError, NoMeansError, Scene

# What a client may send to look like someone else.
DISGUISES: Mapping[str, str] = {
    "X-Forwarded-For": "203.0.113.7", "X-Real-IP": "203.0.113.8", "X-Client-IP": "203.0.113.9",
    "True-Client-IP": "203.0.113.10", "CF-Connecting-IP": "203.0.113.11",
    "X-Originating-IP": "203.0.113.12", "X-Remote-Addr": "203.0.113.13",
    "Fastly-Client-IP": "203.0.113.14", "X-Cluster-Client-IP": "203.0.113.15",
    "Forwarded": "for=203.0.113.16",
}  # fmt: skip
REFUSED = 429
REFILLS = 5
BEYOND = 24  # requests beyond a limit, over fresh connections: every worker is met


class Announced:
    """What an answer says of the limit that it counts against. Raises NoMeansError."""

    def __init__(self, answer: httpx.Response) -> None:
        policy = answer.headers.get("ratelimit-policy", "")
        older = answer.headers.get("x-ratelimit-limit") or answer.headers.get("ratelimit-limit", "")
        amount = re.search(r"q=(\d+)", policy) or re.search(r"(\d+)", older)
        if amount is None:
            raise NoMeansError("no answer announces a limit, so what is too many cannot be told")
        window = re.search(r"w=(\d+)", policy)
        self.amount = int(amount[1])
        self.window_s = int(window[1]) if window else None


def not_shared(scene: Scene) -> Iterator[Hole]:
    """Of a burst over many connections no more is let through than is announced for a window."""
    control = scene.door if scene.private else scene.read
    who = _unused(scene, control)
    limit = Announced(scene.send(control, who))
    _affordable(scene, limit.amount)
    began = monotonic()
    seen = Counter(
        answer.status_code
        for answer in scene.everywhere(lambda: scene.send(control, who), limit.amount + BEYOND)
    )
    took_s = monotonic() - began
    if limit.window_s is not None and took_s > limit.window_s:
        raise NoControlError(f"the burst took {took_s:.0f} s, longer than the window")
    let_in = sum(number for status, number in seen.items() if 200 <= status < 400)
    if let_in > limit.amount:
        said = f"{let_in} requests are let through at once, {limit.amount} are announced"
        yield Hole(name_of(control.ask.operation), "", said)
    elif not seen[REFUSED]:
        raise NoControlError(f"nothing was refused: {dict(seen)}")


def _unused(scene: Scene, control: Control) -> Someone:
    """Somebody whose window is empty, where there is such a one."""
    if control.owner.is_visitor or not scene.private:
        return control.owner
    try:
        return scene.enter(scene.spare()).who
    except NoMeansError:
        return control.owner


def _affordable(scene: Scene, amount: int) -> None:
    most = scene.target.security.requests_max
    if amount + BEYOND > most:
        raise NoMeansError(
            f"{amount} requests are announced as the limit, and no more than {most} may be sent "
            "(security.requests_max)"
        )


def dodged(scene: Scene) -> Iterator[Hole]:
    """A visitor's limit that was met holds whatever address is named; without one it does, too."""
    control = scene.public[0] if scene.public else scene.read
    who = scene.people.visitor if scene.public else control.owner
    sent = _until_refused(scene, control, who)
    dodges = [
        header
        for header, value in DISGUISES.items()
        # Twice, so that no worker with room left is taken for a way around.
        if all(_passes(scene, control, who, header, value) for _ in range(2))
    ]
    if dodges:
        said = f"after {sent} requests, further ones are answered with {', '.join(dodges)}"
        yield Hole(name_of(control.ask.operation), "", said)


def _passes(scene: Scene, control: Control, who: Someone, header: str, value: str) -> bool:
    """Whether a request gets by with the header, between two without it that do not.

    A window that moves frees places as time goes by; what is free is filled again first.
    """
    for _ in range(REFILLS):
        before, told, after = (
            scene.send(control, who, **more).status_code == REFUSED
            for more in ({}, {header: value}, {})
        )
        if before and after:
            return not told
        _until_refused(scene, control, who)
    raise NoControlError("the limit ended by itself while it was attacked")


def _until_refused(scene: Scene, control: Control, who: Someone) -> int:
    """Ask until it is too much; how many requests that took. Raises NoControlError."""
    most = scene.target.security.requests_max
    if not most:
        raise NoMeansError("no requests may be spent on it (security.requests_max)")
    for sent in range(0, most, AT_ONCE * 2):
        answers = scene.everywhere(lambda: scene.send(control, who), AT_ONCE * 2)
        if all(answer.status_code == REFUSED for answer in answers):
            return sent + len(answers)
    raise NoControlError(f"{most} requests met no limit (security.requests_max may say more)")
