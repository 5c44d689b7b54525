"""Waking at a moment: gevent's loop counts in whole milliseconds, rounded up, which is too coarse.

Where a request is due by a schedule, a generator that wakes up to a millisecond late adds what it
was late to every latency it measures. libev hands the kernel whole milliseconds (`epoll_wait`); a
timer of the kernel's that the loop watches like any other file (`timerfd_create(2)`) has none of
this. It is Linux's; elsewhere gevent's own sleep has to do.

Belongs to the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

import ctypes
import heapq
import os
import sys
import time
from contextlib import suppress
from itertools import count

import gevent  # type: ignore[import-untyped]
from gevent.hub import Waiter  # type: ignore[import-untyped]

_NON_BLOCKING, _CLOSE_ON_EXEC = os.O_NONBLOCK, getattr(os, "O_CLOEXEC", 0)
_READABLE = 1  # as gevent's loop calls it
_COUNT_BYTES = 8  # how often it rang, which nobody needs
_NS = 1_000_000_000


_Setting = ctypes.c_long * 4
"""The kernel's itimerspec: interval and first expiry, each in seconds and the rest in ns."""


class Alarm:
    """Wakes whoever sleeps by it, each at its moment of the monotonic clock."""

    def __init__(self) -> None:
        self._sleeping: list[tuple[float, int, Waiter]] = []
        self._numbers = count()
        self._ringing = False
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None
        self._timer = self._open()
        if self._timer >= 0:
            assert self._libc is not None
            self._setting = _Setting()
            self._settime = self._libc.timerfd_settime
            self._settime.argtypes = (
                ctypes.c_int, ctypes.c_int, ctypes.POINTER(ctypes.c_long), ctypes.c_void_p,
            )  # fmt: skip
            self._watcher = gevent.get_hub().loop.io(self._timer, _READABLE)
            self._watcher.start(self._ring)

    def sleep_until(self, moment: float) -> None:
        """Let others do what they have to until then; returns at once where it has passed."""
        left = moment - time.monotonic()
        if left <= 0:
            return
        if self._timer < 0:
            gevent.sleep(left)
            return
        entry = (moment, next(self._numbers), Waiter())
        heapq.heappush(self._sleeping, entry)
        if self._sleeping[0] is entry and not self._ringing:
            self._set(moment)
        entry[2].get()  # who is killed while asleep is not there when it rings, which harms nobody

    def close(self) -> None:
        """Give the timer back; whoever sleeps still is not woken."""
        if self._timer >= 0:
            self._watcher.stop()
            self._watcher.close()
            os.close(self._timer)
            self._timer = -1

    def _open(self) -> int:
        create = getattr(self._libc, "timerfd_create", None)
        if create is None:
            return -1
        return int(create(time.CLOCK_MONOTONIC, _NON_BLOCKING | _CLOSE_ON_EXEC))

    def _set(self, moment: float) -> None:
        """By what is left until then: whose clock the moment is on, the kernel need not know."""
        left = max(0.0, moment - time.monotonic())
        seconds = int(left)
        setting = self._setting
        # a setting of nothing but zeros would turn the timer off
        setting[2], setting[3] = seconds, int((left - seconds) * _NS) or 1
        self._settime(self._timer, 0, setting, None)

    def _ring(self) -> None:
        """In the loop: wake who is due, and set the timer for who is next."""
        with suppress(BlockingIOError):  # it was set anew since the loop saw that it was time
            os.read(self._timer, _COUNT_BYTES)
        sleeping = self._sleeping
        self._ringing = True
        while sleeping and sleeping[0][0] <= time.monotonic():
            heapq.heappop(sleeping)[2].switch(None)
        self._ringing = False
        if sleeping and self._timer >= 0:
            self._set(sleeping[0][0])
