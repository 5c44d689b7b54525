"""Sources of advisories that answer on loopback in every way but the right one."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from packaging.utils import canonicalize_name

from suites.security.supply.audit import Source
from suites.security.supply.records import CANARY_RECORDS

Query = Mapping[str, Any]
# What a source sends for one query: bytes of the whole reply, header lines and all.
Reply = Callable[[Query], bytes]


def http(body: object, status: str = "200 OK", length: int | None = None) -> bytes:
    """A reply as it goes over the wire; `length` claims another length than the body's."""
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\nContent-Length: {len(raw) if length is None else length}\r\n\r\n"
    return head.encode() + raw


def known(query: Query, *more: Mapping[str, Any]) -> dict[str, Any]:
    """What an honest source answers that knows the canaries and `more`, by listed versions."""
    name, version = query["package"]["name"], query["version"]
    found = [
        record
        for record in (*CANARY_RECORDS, *more)
        for affected in record["affected"]
        if canonicalize_name(affected["package"]["name"]) == name
        and version in affected["versions"]
    ]
    return {"vulns": found} if found else {}


def honest(query: Query) -> bytes:
    """Knows the canaries, and nothing else."""
    return http(known(query))


def is_canary(query: Query) -> bool:
    """Whether it is a canary that is asked about."""
    return bool(known(query))


@contextmanager
def answering(reply: Reply) -> Iterator[Source]:
    """A source that sends what `reply` makes of each query, and hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self.close_connection = True
            self.wfile.write(reply(query))

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield Source("a liar", url=f"http://127.0.0.1:{server.server_port}/v1/query")
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def dripping(first: bytes, drop: bytes) -> Iterator[Source]:
    """A source that sends `first`, and then `drop` again and again until it is hung up on."""
    listener = socket.create_server(("127.0.0.1", 0))
    over = threading.Event()

    def drip() -> None:
        while not over.is_set():
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection:
                try:
                    connection.recv(65536)
                    connection.sendall(first)
                    while not over.wait(0.01):
                        connection.sendall(drop)
                except OSError:
                    continue

    thread = threading.Thread(target=drip)
    thread.start()
    try:
        yield Source("a drip", url=f"http://127.0.0.1:{listener.getsockname()[1]}/v1/query")
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def closed() -> Source:
    """An address of loopback where nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    return Source("nobody", url=f"http://127.0.0.1:{port}/v1/query")
