"""Password hashes: bcrypt over a SHA-256 digest, in a few threads of their own."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from sut.problems import UNAVAILABLE, Problem

_Kept = TypeVar("_Kept")
_Done = TypeVar("_Done")
THREADS = 2
WAITING_MAX = 64
NICEST = 19
NICE = 5  # a third of what the others get, where there is not enough for all


def is_still(kept: bytes | None, known: bytes) -> bool:
    """Whether an account's hash is the one that a password was checked against a moment ago."""
    return kept is not None and hmac.compare_digest(kept, known)


class Passwords:
    """Hashes and checks passwords without holding up the event loop.

    bcrypt reads no further than byte 72 and stops at a NUL, so it is given the Base64 of a digest.
    Raises Problem (unavailable) when more than 64 people are waiting already.
    """

    def __init__(self, rounds: int) -> None:
        self._rounds = rounds
        self._threads = ThreadPoolExecutor(
            THREADS, thread_name_prefix="bcrypt", initializer=_step_back
        )
        self._waiting = 0
        # no password leads to this hash; checking against it costs what any check costs
        self._nobody = bcrypt.gensalt(rounds) + b"." * 31

    async def hash(self, password: str) -> bytes:
        """The hash to keep of a password."""
        return await self._run(_hash, password, self._rounds)

    async def matches(self, password: str, kept: bytes | None) -> bool:
        """Whether `password` is the one behind `kept`; as slow when there is none."""
        found = await self._run(_check, password, kept or self._nobody)
        return found and kept is not None

    async def _run(self, work: Callable[[str, _Kept], _Done], password: str, kept: _Kept) -> _Done:
        if self._waiting >= WAITING_MAX:
            raise Problem(UNAVAILABLE, headers={"retry-after": "1"})
        self._waiting += 1
        try:
            loop = asyncio.get_running_loop()
            return await loop.run_in_executor(self._threads, work, password, kept)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Stop the threads."""
        self._threads.shutdown(wait=False, cancel_futures=True)


def _step_back() -> None:
    """Let the calling thread have the processor after those who answer requests.

    A hash takes a core for a quarter of a second, and whoever logs in waits for that in any case.
    At equal rank all who ask for a millisecond's work meanwhile wait behind it, once the cores are
    busy. Only Linux gives threads a priority of their own.
    """
    if sys.platform == "linux":
        thread = threading.get_native_id()
        now = os.getpriority(os.PRIO_PROCESS, thread)
        os.setpriority(os.PRIO_PROCESS, thread, min(now + NICE, NICEST))


def hash_now(password: str, rounds: int) -> bytes:
    """The hash of a password, made in the calling thread (for seed data)."""
    return _hash(password, rounds)


def _digest(password: str) -> bytes:
    return base64.b64encode(hashlib.sha256(password.encode()).digest())


def _hash(password: str, rounds: int) -> bytes:
    return bcrypt.hashpw(_digest(password), bcrypt.gensalt(rounds))


def _check(password: str, kept: bytes) -> bool:
    return bcrypt.checkpw(_digest(password), kept)
