"""A service of known work, as a process of its own: `python -m suites.bench.duet_service ROUNDS`.

Each answer costs ROUNDS rounds of hashing, so 5 % more rounds are 5 % more work, whatever else the
machine does meanwhile. It prints its address and serves until its standard input is closed.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys

BLOCK = bytes(4096)
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"


def work(rounds: int) -> None:
    """Hash as often as told; a round takes a few microseconds."""
    digest = hashlib.sha256()
    for _ in range(rounds):
        digest.update(BLOCK)


class _Answers(asyncio.Protocol):
    """One connection, kept alive: an answer for each request head."""

    def __init__(self, rounds: int) -> None:
        self._rounds, self._read = rounds, b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._read += data
        while b"\r\n\r\n" in self._read:
            self._read = self._read.partition(b"\r\n\r\n")[2]
            work(self._rounds)
            self._transport.write(ANSWER)


async def serve(rounds: int) -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Answers(rounds), "127.0.0.1", 0)
    host, port = server.sockets[0].getsockname()
    print(f"http://{host}:{port}", flush=True)
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
