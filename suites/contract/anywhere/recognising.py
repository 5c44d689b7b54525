"""Whether the service knows who asks: a refusal of somebody whom it does not know says nothing."""

from __future__ import annotations

from collections.abc import Iterator

from suites.contract.anywhere.asking import SAFE, Answered, Ask, Asker
from suites.contract.anywhere.people import Someone
from suites.contract.anywhere.showing import is_polite

UNSURE = (408, 425, 429)  # what is refused for the moment, whoever asks


class Doors:
    """For everybody, a request that they may make and a visitor may not."""

    def __init__(self, asker: Asker) -> None:
        self._asker = asker
        self._shut: dict[tuple[str, str], bool] = {}  # by operation and address, to a visitor
        self._open: dict[str, Ask] = {}  # by name: what was let through the last time

    def recognised(self, who: Someone) -> bool:
        """Whether somebody's credentials are seen to work now; a visitor shows none.

        A read that a visitor is refused succeeds for them. Of one who reads nothing of that kind, a
        write that did counts: to repeat it would change something.
        """
        if who.is_visitor:
            return True
        known = self._open.get(who.name)
        if known is not None and self._asker.send(who, known).is_success:
            return True
        for seen in self._reads(who):
            if self._is_shut(seen) and self._asker.send(who, seen.ask).is_success:
                self._open[who.name] = seen.ask
                return True
        return self._wrote(who)

    def _reads(self, who: Someone) -> Iterator[Answered]:
        """What somebody was answered, one of each operation, what is about no thing first."""
        found = {
            str(one.ask.operation): one
            for one in self._asker.answers
            if one.who.name == who.name and one.is_success and one.ask.operation.method in SAFE
        }
        yield from sorted(found.values(), key=lambda one: bool(one.ask.about))

    def _is_shut(self, seen: Answered) -> bool:
        place = str(seen.ask.operation), seen.ask.url
        if place not in self._shut:
            answer = self._asker.send(self._asker.people.visitor, seen.ask)
            self._shut[place] = _is_refusal(answer, seen)
        return self._shut[place]

    def _wrote(self, who: Someone) -> bool:
        writes = [one for one in self._asker.answers if one.ask.operation.method not in SAFE]
        refused = {str(one.ask.operation) for one in writes
                   if one.who.is_visitor and one.status in (401, 403)}  # fmt: skip
        done = {str(one.ask.operation) for one in writes
                if one.who.is_visitor and one.is_success}  # fmt: skip
        return any(
            one.who.name == who.name and one.is_success and str(one.ask.operation) in refused - done
            for one in writes
        )


def _is_refusal(answer: Answered, held: Answered) -> bool:
    if answer.is_success:
        return is_polite(answer, held)
    return 300 <= answer.status < 500 and answer.status not in UNSURE
