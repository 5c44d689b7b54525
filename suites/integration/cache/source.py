"""A stand-in for the database behind a cache: a value that changes, and a load that can be held."""

from __future__ import annotations

import asyncio


class Source:
    """Counts how often it was read; `hold` makes a load stop after it has seen its value."""

    def __init__(self, value: bytes = b"first") -> None:
        self.value = value
        self.loads = 0
        self.has_seen = asyncio.Event()
        self.may_return = asyncio.Event()
        self.may_return.set()

    def hold(self) -> None:
        """From here on a load that has read the value waits until `release`."""
        self.has_seen.clear()
        self.may_return.clear()

    def release(self) -> None:
        """Let held loads return what they had read."""
        self.may_return.set()

    async def load(self) -> bytes:
        """Read the value now, return it when allowed."""
        self.loads += 1
        seen = self.value
        self.has_seen.set()
        await self.may_return.wait()
        return seen
