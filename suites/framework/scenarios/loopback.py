"""A small HTTP server on loopback with known behaviour, for tests of the load generator.

/ok answers at once, /broken with 500, /page with HTML, /moved with a redirect, /cut hangs up, /half
hangs up in the middle of its answer, /endless does at the end of one that names no length, /last
after a whole answer that had not said so. A log-in sent as a form gets a token. A server told to
stall keeps all requests waiting for `stall_s` once, after `stall_after` answers.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from scenarios.targets import FORM

METRICS = """# TYPE cache_reads_total counter
cache_reads_total{{outcome="hit",area="matches"}} {hits}
cache_reads_total{{outcome="miss",area="matches"}} 10
# TYPE db_pool_connections gauge
db_pool_connections{{state="in_use"}} 3
db_pool_connections{{state="idle"}} 2
# TYPE db_pool_connections_max gauge
db_pool_connections_max 20
"""


@dataclass
class Loopback:
    """What the server was told and what it has seen."""

    url: str = ""
    stall_after: int = -1
    stall_s: float = 0.0
    answered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    opens_again_at: float = 0.0
    hung_up: threading.Event = field(default_factory=threading.Event)

    def wait_in_stall(self) -> None:
        """Count a request; wait while the server is stalled."""
        with self.lock:
            self.answered += 1
            if self.answered == self.stall_after:
                self.opens_again_at = time.monotonic() + self.stall_s
            left = self.opens_again_at - time.monotonic()
        if left > 0:
            threading.Event().wait(left)


@contextmanager
def serving(
    *, stall_after: int = -1, stall_s: float = 0.0, tls: ssl.SSLContext | None = None
) -> Iterator[Loopback]:
    """A running server, with TLS where a context is given; stopped on leaving."""
    seen = Loopback(stall_after=stall_after, stall_s=stall_s)
    handler = type("Handler", (_Handler,), {"seen": seen})
    server = _Server(("127.0.0.1", 0), handler)
    server.seen = seen
    if tls is not None:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    seen.url = f"http{'s' if tls else ''}://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield seen
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    seen: Loopback

    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.seen.hung_up.set()

    def handle_error(self, *_: object) -> None:
        """A client that hangs up is what some tests are about."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    seen: Loopback

    def do_GET(self) -> None:
        path = self.path.partition("?")[0]
        if path == "/metrics":
            self._answer(200, METRICS.format(hits=self.seen.answered), "text/plain")
            return
        if path == "/ready":
            self._answer(200, "{}")
            return
        self.seen.wait_in_stall()
        match path:
            case "/broken":
                self._answer(500, '{"title": "broken on purpose"}')
            case "/page":
                self._answer(200, "<html></html>", "text/html")
            case "/moved":
                self._answer(302, "", location="/ok")
            case "/cut":
                self.close_connection = True
            case "/half":
                self._answer(200, '{"items": [', length=100)
                self.close_connection = True
            case "/last":
                self._answer(200, '{"items": []}')
                self.close_connection = True
            case "/endless":
                self._answer(200, '{"items": []}', length=-1)
                self.close_connection = True
            case _:
                self._answer(200, '{"items": []}')

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        fields = parse_qs(self.rfile.read(length).decode())
        if self.headers["Content-Type"] != FORM or fields.keys() != {"username", "password"}:
            self._answer(422, "{}")
            return
        self._answer(200, '{"access_token": "t"}')

    def _answer(
        self,
        status: int,
        body: str,
        kind: str = "application/json",
        location: str = "",
        length: int | None = None,
    ) -> None:
        content = body.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if length != -1:
            self.send_header("Content-Length", str(len(content) if length is None else length))
        if location:
            self.send_header("Location", location)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: object) -> None:
        """Say nothing."""
