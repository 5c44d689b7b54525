"""A service that does nothing, quickly, as a process of its own.

`python -m suites.bench.load.plain_service [DELAY_S [FREEZE_AFTER_S FREEZE_S]]` answers each request
after a delay, and once, so long after the first request, not at all for a while. It prints its
address and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import sys
import time
from typing import cast

import uvloop

BODY = b'{"items": []}'
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s" % (
    len(BODY),
    BODY,
)


class _Answers(asyncio.Protocol):
    """One connection, kept alive: an answer for each request head."""

    def __init__(self, service: Service) -> None:
        self._service, self._rest = service, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        heads = (self._rest + data).split(b"\r\n\r\n")
        self._rest = heads.pop()
        for _ in heads:
            self._service.answer(self._transport)


class Service:
    """How it answers."""

    def __init__(self, delay_s: float = 0.0, freeze_after_s: float = 0.0, freeze_s: float = 0.0):
        self._delay_s, self._freeze = delay_s, (freeze_after_s, freeze_s)
        self._loop = asyncio.get_running_loop()
        self._asked = False

    def answer(self, transport: asyncio.Transport) -> None:
        if not self._asked and self._freeze[1]:
            after_s, freeze_s = self._freeze
            self._loop.call_later(after_s, time.sleep, freeze_s)
        self._asked = True
        if self._delay_s:
            self._loop.call_later(self._delay_s, transport.write, ANSWER)
        else:
            transport.write(ANSWER)

    async def serve(self) -> None:
        server = await self._loop.create_server(lambda: _Answers(self), "127.0.0.1", 0)
        host, port = server.sockets[0].getsockname()
        print(f"http://{host}:{port}", flush=True)
        async with server:
            await self._loop.run_in_executor(None, sys.stdin.read)


async def main(words: list[str]) -> None:
    await Service(*map(float, words)).serve()


if __name__ == "__main__":
    uvloop.run(main(sys.argv[1:]))
