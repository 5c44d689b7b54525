"""A Redis client whose hot commands share one connection.

Every request asks Redis at least once, and redis-py spends more time on taking a connection from
its pool, packing, waiting and giving it back than Redis does on the answer. Here the commands of
all requests are written to one socket as they come and answered in order, so those of one turn of
the event loop travel together. Everything else goes through redis-py as ever.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import Any, cast

import hiredis
from redis.asyncio import Redis
from redis.asyncio.connection import SSLConnection
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import NoScriptError, RedisError, ResponseError
from redis.exceptions import TimeoutError as RedisTimeoutError

HOT = frozenset({"EVALSHA", "MGET", "GET", "SET", "MSET"})
LATE_S = 0.05
_Words = tuple[str | bytes | int | float, ...]


class SharedRedis(Redis):
    """redis-py's client, which sends `HOT` commands over one shared connection.

    Their answers are as Redis gave them: bytes, numbers, lists, None.
    """

    connections = 0
    """How often the shared connection was made: each time it may lead to another Redis."""
    _channel: _Channel | None = None
    _connecting: asyncio.Future[_Channel] | None = None

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        """Run one command. Raises RedisError, also when no answer comes in time."""
        pool = self.connection_pool
        if args[0] not in HOT or issubclass(pool.connection_class, SSLConnection):
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]
        channel = self._channel
        if channel is None or channel.closed:
            channel = await self._connect()
        return await channel.ask(args)

    def send(self, *words: str | bytes | int) -> asyncio.Future[Any] | None:
        """Send a `HOT` command at once, if the shared connection stands; the future holds its
        answer.

        What else is sent before the event loop's next turn travels in the same packet.
        """
        channel = self._channel
        return None if channel is None or channel.closed else channel.ask(words)

    async def aclose(self, close_connection_pool: bool | None = None) -> None:
        """Close every connection; whoever waits for one is told."""
        if self._connecting is not None:
            self._connecting.cancel()
            await asyncio.wait((self._connecting,))
        if self._channel is not None:
            self._channel.close()
        await super().aclose(close_connection_pool)

    async def _connect(self) -> _Channel:
        """The connection that is being made: one attempt for all who need it.

        An address that does not answer costs each of them one time-out, however many they are; and
        who stops waiting leaves the attempt to the others.
        """
        attempt = self._connecting
        if attempt is None:
            attempt = asyncio.ensure_future(_open(self.connection_pool.connection_kwargs))
            attempt.add_done_callback(self._connected)
            self._connecting = attempt
        await asyncio.wait((attempt,))
        if attempt.cancelled():
            raise RedisConnectionError("connection closed")
        return attempt.result()

    def _connected(self, attempt: asyncio.Future[_Channel]) -> None:
        self._connecting = None
        # asking for the exception also notes that somebody has heard of it
        if not attempt.cancelled() and attempt.exception() is None:
            self._channel = attempt.result()
            self.connections += 1


class _Channel(asyncio.Protocol):
    """One connection: commands out, answers in, both in the same order."""

    def __init__(self, timeout_s: float) -> None:
        self.closed = False
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._reader = hiredis.Reader()
        self._waiting: deque[tuple[float, asyncio.Future[Any]]] = deque()
        self._unsent: list[bytes] = []
        self._watch: asyncio.TimerHandle | None = None
        self._late = False
        self._transport: asyncio.Transport | None = None

    def ask(self, words: _Words) -> asyncio.Future[Any]:
        """Send a command; the future holds its answer."""
        answer: asyncio.Future[Any] = self._loop.create_future()
        if self.closed:
            answer.set_exception(RedisConnectionError("connection lost"))
            return answer
        now = self._loop.time()
        self._waiting.append((now + self._timeout_s, answer))
        if not self._unsent:
            self._loop.call_soon(self._send)
        self._unsent.append(hiredis.pack_command(words))  # type: ignore[arg-type]
        if self._watch is None:
            self._watch = self._loop.call_at(now + self._timeout_s, self._look_at_oldest)
        return answer

    def close(self) -> None:
        """Hang up; whoever waits is told."""
        self._fail(RedisConnectionError("connection closed"))

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._late = False
        try:
            self._reader.feed(data)
            while (reply := self._reader.gets()) is not False:
                _, answer = self._waiting.popleft()
                if answer.done():
                    continue
                if isinstance(reply, hiredis.ReplyError):
                    answer.set_exception(_error(str(reply)))
                else:
                    answer.set_result(reply)
        except (hiredis.ProtocolError, IndexError):
            self._fail(RedisConnectionError("answers out of step"))

    def connection_lost(self, exc: Exception | None) -> None:
        self._fail(RedisConnectionError("connection lost"))

    def _send(self) -> None:
        if not self.closed and self._transport is not None:
            self._transport.write(b"".join(self._unsent))
        self._unsent.clear()

    def _look_at_oldest(self) -> None:
        """One timer for all: it looks at the command that has waited longest."""
        self._watch = None
        if self.closed or not self._waiting:
            return
        due = self._waiting[0][0]
        now = self._loop.time()
        if now < due:
            self._watch = self._loop.call_at(due, self._look_at_oldest)
        elif self._late:
            self._fail(RedisTimeoutError("no answer in time"))
        else:
            # it may be this process that was held up, with the answer lying in the socket
            self._late = True
            self._watch = self._loop.call_at(now + LATE_S, self._look_at_oldest)

    def _fail(self, error: RedisError) -> None:
        self.closed = True
        if self._watch is not None:
            self._watch.cancel()
        while self._waiting:
            _, answer = self._waiting.popleft()
            if not answer.done():
                answer.set_exception(error)
        if self._transport is not None:
            self._transport.abort()


async def _open(where: dict[str, Any]) -> _Channel:
    """Connect as redis-py would with the same URL. Raises RedisError."""
    timeout_s = where.get("socket_timeout") or 5.0
    loop = asyncio.get_running_loop()
    try:
        async with asyncio.timeout(where.get("socket_connect_timeout") or timeout_s):
            if "path" in where:
                _, channel = await loop.create_unix_connection(
                    lambda: _Channel(timeout_s), where["path"]
                )
            else:
                _, channel = await loop.create_connection(
                    lambda: _Channel(timeout_s),
                    where.get("host", "localhost"),
                    where.get("port", 6379),
                )
    except TimeoutError:
        raise RedisTimeoutError("no connection in time") from None
    except OSError as error:
        raise RedisConnectionError(f"no connection: {type(error).__name__}") from error
    try:
        for words in _greeting(where):
            await channel.ask(words)
    except BaseException:
        channel.close()
        raise
    return channel


def _greeting(where: dict[str, Any]) -> list[_Words]:
    words: list[_Words] = []
    if where.get("password"):
        user = (where["username"],) if where.get("username") else ()
        words.append(("AUTH", *user, where["password"]))
    if where.get("db"):
        words.append(("SELECT", where["db"]))
    return words


def _error(text: str) -> RedisError:
    return NoScriptError(text) if text.startswith("NOSCRIPT") else ResponseError(text)
