"""Greenlets that carry out one visit after another.

A new greenlet for each visit costs a stack of Python's, which is mapped and given back every time.
Belongs to the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

from collections.abc import Callable

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]


class Hands:
    """As many greenlets as there were ever calls under way at once."""

    def __init__(self) -> None:
        self._busy: set[_Hand] = set()
        self._free: list[_Hand] = []
        self._all_done = Event()

    def __len__(self) -> int:
        """Calls under way."""
        return len(self._busy)

    def start(self, call: Callable[..., None], *arguments: object) -> None:
        """Begin a call as soon as the loop gets to it."""
        hand = self._free.pop() if self._free else _Hand(self)
        self._busy.add(hand)
        hand.take_on(call, arguments)

    def wait(self, timeout_s: float) -> None:
        """Until nothing is under way, but not for longer."""
        self._all_done.clear()
        if self._busy:
            self._all_done.wait(timeout_s)

    def let_go(self, timeout_s: float) -> None:
        """Cut off what is under way, and end all of them."""
        gevent.killall([*self._busy, *self._free], timeout=timeout_s)
        self._free.clear()

    def done(self, hand: _Hand, may_go_on: bool) -> None:
        """A hand has ended its call."""
        self._busy.discard(hand)
        if may_go_on:
            self._free.append(hand)
        if not self._busy:
            self._all_done.set()


class _Hand(gevent.Greenlet):  # type: ignore[misc]
    def __init__(self, hands: Hands) -> None:
        super().__init__()
        self._hands = hands
        self._hub = gevent.get_hub()
        self._job: tuple[Callable[..., None], tuple[object, ...]] | None = None
        self._parked = False

    def take_on(self, call: Callable[..., None], arguments: tuple[object, ...]) -> None:
        self._job = call, arguments
        if self._parked:
            self._hub.loop.run_callback(self.switch)
        else:
            self.start()

    def _run(self) -> None:
        while True:
            job, self._job = self._job, None
            if job is None:  # woken by what its last call had left behind
                self._hub.switch()
                continue
            call, arguments = job
            whole = False
            try:
                call(*arguments)
                whole = True
            finally:
                self._parked = whole
                self._hands.done(self, whole)
            self._hub.switch()
