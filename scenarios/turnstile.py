"""A bound on connections in use that lets visits through in the order in which they came."""

from __future__ import annotations

from collections import deque

from gevent.event import AsyncResult  # type: ignore[import-untyped]


class Turnstile:
    """Like a semaphore, but fair: gevent's lets whoever comes next overtake those who wait.

    Overtaking would give a visit that has begun the connection that an earlier one is waiting for,
    and make an overloaded service look quick to some and dead to others.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[AsyncResult] = deque()

    def __exit__(self, *_: object) -> None:
        self._leave()

    def __enter__(self) -> None:
        """Hold a place during the block, after everybody who asked before had one."""
        if self._free:
            self._free -= 1
            return
        turn = AsyncResult()
        self._waiting.append(turn)
        try:
            turn.get()
        except (
            BaseException
        ):  # killed while waiting: give the turn on, or give up the place in line
            if turn.ready():
                self._leave()
            else:
                self._waiting.remove(turn)
            raise

    def _leave(self) -> None:
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._free += 1
