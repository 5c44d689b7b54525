"""What an owner sees of a thing before an attempt and after it, without what moves by itself."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from time import sleep
from typing import Any

from suites.contract.anywhere.asking import Ask, Asker
from suites.contract.anywhere.people import Someone

NOT_LOOKED_UP = "its effect was not looked up"  # of a write: nothing shows what it is about
MOMENT_S = 1.1  # moments are often told to the second, and then stand still for as long


@dataclass(frozen=True)
class Seen:
    """What an owner sees of a thing, and whether their log-in lets them in; None is not known.

    `thing` is what is answered by place, `moving` are places that change though nobody does
    anything: a count of views, the moment of the answer.
    """

    thing: Mapping[str, str] | None
    enters: bool | None
    moving: frozenset[str] = frozenset()

    @property
    def anything(self) -> bool:
        """Whether it shows something at all."""
        return self.thing is not None or self.enters is not None

    def became(self, later: Seen) -> bool:
        """Whether something is another afterwards; what one of both does not show is not."""
        return self.moved(later) or (
            None not in (self.enters, later.enters) and self.enters != later.enters
        )

    def moved(self, later: Seen) -> bool:
        """Whether the thing is another in a place that does not move by itself."""
        return bool(_differing(self.thing, later.thing) - self.moving - later.moving)


class Looks:
    """Looks a thing up for its owner."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker

    def before(self, ask: Ask, owner: Someone) -> Seen:
        """What there is, looked at twice to know what moves."""
        first, second = self._thing(ask, owner), self._thing(ask, owner)
        return Seen(second, self._asker.people.still_enters(owner), _differing(first, second))

    def after(self, ask: Ask, owner: Someone, before: Seen) -> Seen:
        """What there is now; what has changed must not go on changing a moment later."""
        seen = Seen(self._thing(ask, owner), self._asker.people.still_enters(owner), before.moving)
        if not before.moved(seen):
            return seen
        sleep(MOMENT_S)
        again = self._thing(ask, owner)
        return replace(seen, thing=again, moving=seen.moving | _differing(seen.thing, again))

    def _thing(self, ask: Ask, owner: Someone) -> Mapping[str, str] | None:
        path = ask.operation.path
        reads = [one for one in self._asker.operations if one.method == "get" and "{" in one.path]
        for read in sorted(reads, key=lambda one: -len(one.path)):
            if path == read.path or path.startswith(read.path + "/"):
                answer = self._asker.send(owner, Ask(read, path=ask.path))
                shown = answer.text if answer.body is None else answer.body
                return {"status": str(answer.status), **dict(_places(shown))}
        return None


def _places(body: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """Every value of an answer by its place."""
    if isinstance(body, Mapping) and body:
        for name, value in body.items():
            yield from _places(value, f"{place}/{name}")
    elif isinstance(body, list) and body:
        for at, value in enumerate(body):
            yield from _places(value, f"{place}/{at}")
    else:
        yield place, repr(body)


def _differing(one: Mapping[str, str] | None, other: Mapping[str, str] | None) -> frozenset[str]:
    """The places that are not the same in both; none where one of both is not known."""
    if one is None or other is None:
        return frozenset()
    return frozenset(
        place for place in one.keys() | other.keys() if one.get(place) != other.get(place)
    )
