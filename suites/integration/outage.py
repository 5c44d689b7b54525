"""A Redis server that goes away and comes back."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

from redis import Redis

from fixtures.services.guard import GuardedProcess
from fixtures.services.redis import READY_WITHIN_S, EmbeddedRedis, wait_for_answer


class OwnRedis:
    """Keeps its address over restarts, and what it held when it last was asked to remember."""

    def __init__(self, server: EmbeddedRedis) -> None:
        self._server = server
        self._process: GuardedProcess = server.process

    @property
    def url(self) -> str:
        """Where it answers, when it does."""
        return self._server.info.url

    def kill(self) -> None:
        """End it at once; connections break and new ones are refused."""
        self._process.kill()

    def remember(self) -> None:
        """Have what it holds now written down, to be there again after a restart."""
        with Redis.from_url(self.url) as client:
            client.save()

    def start(self) -> None:
        """Start it again, with what it was asked to remember and nothing else."""
        self._process = self._process.guard.spawn(self._process.command)
        wait_for_answer(self.url, READY_WITHIN_S, ended=self._process.ended)

    def names(self, pattern: str) -> list[bytes]:
        """The keys that it holds at this moment."""
        with Redis.from_url(self.url) as client:
            return list(client.scan_iter(pattern))

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It answers nobody inside the block, and remembers everything afterwards."""
        self._process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self._process.send_signal(signal.SIGCONT)

    def end(self) -> None:
        """Stop it for good."""
        self._process.kill()
        self._server.stop()
