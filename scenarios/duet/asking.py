"""One connection to one side, kept alive, and the time that each request takes on it."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Mapping
from dataclasses import dataclass, field
from string import punctuation
from time import perf_counter
from urllib.parse import quote, urlsplit

import httptools

ANSWER_WITHIN_S = 10.0
CHUNK = 65_536


class NoAnswerError(OSError):
    """A request had no whole answer; the message says to which address and why."""


@dataclass(frozen=True)
class Reply:
    """An answer: its status, body, and the seconds from the first byte sent to the last read."""

    status: int
    seconds: float
    body: bytes


@dataclass(frozen=True)
class Ask:
    """A GET of `path`, with what a side's own session adds to its headers."""

    path: str
    headers: Mapping[str, str] = field(default_factory=dict)

    def as_bytes(self, host: str) -> bytes:
        """The request as it goes over the wire."""
        # a document may name paths as people write them
        path = quote(self.path, safe=punctuation, errors="replace")
        lines = [f"GET {path} HTTP/1.1", f"Host: {host}", "Accept: */*"]
        lines += [f"{name}: {value}" for name, value in self.headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


class Connection:
    """A connection that sends one request after the other. Raises NoAnswerError."""

    def __init__(self, url: str, within_s: float = ANSWER_WITHIN_S) -> None:
        parts = urlsplit(url)
        self.host, self._url = parts.netloc, url
        port = parts.port or (443 if parts.scheme == "https" else 80)
        try:
            self._socket = socket.create_connection((parts.hostname or "", port), within_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            if parts.scheme == "https":
                context = ssl.create_default_context()
                self._socket = context.wrap_socket(self._socket, server_hostname=parts.hostname)
        except OSError as error:
            raise NoAnswerError(f"{url} cannot be reached: {_said(error)}") from None

    def ask(self, request: bytes) -> Reply:
        """Send a request, wait for its whole answer."""
        incoming = _Incoming()
        parser = httptools.HttpResponseParser(incoming)
        began = perf_counter()
        try:
            self._socket.sendall(request)
            while not incoming.whole:
                data = self._socket.recv(CHUNK)
                if not data:
                    raise NoAnswerError(f"{self._url}: the connection was closed in an answer")
                parser.feed_data(data)
        except (OSError, httptools.HttpParserError, httptools.HttpParserUpgrade) as error:
            raise NoAnswerError(f"{self._url}: {_said(error)}") from None
        seconds = perf_counter() - began
        return Reply(parser.get_status_code(), seconds, b"".join(incoming.parts))

    def close(self) -> None:
        """Hang up."""
        self._socket.close()


class _Incoming:
    """Takes the parser's calls for one answer."""

    def __init__(self) -> None:
        self.whole = False
        self.parts: list[bytes] = []

    def on_body(self, part: bytes) -> None:
        self.parts.append(part)

    def on_message_complete(self) -> None:
        self.whole = True


def _said(error: Exception) -> str:
    return "no answer in time" if isinstance(error, TimeoutError) else str(error)


def fetch(url: str, path: str, headers: Mapping[str, str] | None = None) -> Reply:
    """One GET on a connection of its own. Raises NoAnswerError."""
    connection = Connection(url)
    try:
        return connection.ask(Ask(path, headers or {}).as_bytes(connection.host))
    finally:
        connection.close()
