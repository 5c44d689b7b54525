"""The client's connections: kept while they are of use, looked at cheaply, counted when opened.

Belongs to the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

import ipaddress
import select
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from gevent.monkey import get_original  # type: ignore[import-untyped]

_poll = get_original("select", "poll")  # gevent's own waits
IDLE_MAX_S = 3.0  # servers commonly close a connection after 5 s without a request


class Connections:
    """Takes the place of what the client's pool does, which costs a tenth of a request.

    The pool asks gevent whether a connection is still open, which gives every other greenlet a turn
    before the request is sent, although its time is already being taken; and it cannot ask about
    file descriptors above 1,023. How many connections are in use at once is not bounded here, but
    where visits wait for their turn (`turnstile`).

    So that a service may close what nobody uses, and is not blamed for doing so at the moment of
    the next request, connections that were idle for `IDLE_MAX_S` are not used again.
    """

    def __init__(self, pool: Any, opened: Callable[[], None]) -> None:
        self._pool, self._opened = pool, opened
        self._idle: list[tuple[float, Any]] = []
        self._addresses = addresses_of(pool._connection_host, pool._connection_port)
        pool.get_socket, pool.return_socket = self.take, self.give_back
        pool.release_socket, pool.close = _close, self.close
        if self._addresses:
            pool._resolve = lambda: self._addresses

    def take(self) -> Any:
        """The connection that was used last and is open, or a new one. Raises OSError."""
        fresh_since = time.monotonic() - IDLE_MAX_S
        while self._idle:
            idle_since, sock = self._idle.pop()
            if idle_since > fresh_since and _is_open(sock):
                return sock
            _close(sock)
        sock = self._pool._create_socket()
        self._opened()
        return sock

    def give_back(self, sock: Any) -> None:
        """It has carried a whole answer, and may be used again."""
        self._idle.append((time.monotonic(), sock))

    def close(self) -> None:
        """Close those that nobody uses."""
        while self._idle:
            _close(self._idle.pop()[1])


def _is_open(sock: Any) -> bool:
    """Whether nothing came while nobody had asked: neither the connection's end nor leftovers."""
    descriptor = sock.fileno()
    if descriptor < 0:
        return False
    poll = _poll()
    poll.register(descriptor, select.POLLIN)
    return not poll.poll(0)


def _close(sock: Any) -> None:
    with suppress(OSError):
        sock.close()


def addresses_of(host: str, port: int) -> list[Any]:
    """What a look-up would say of a host that is an address already, without asking a thread."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return []
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    return [(family, socket.SOCK_STREAM, socket.IPPROTO_TCP, "", (host, port))]
