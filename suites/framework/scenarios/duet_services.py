"""Two small services on loopback for tests of the duet, each answering as a function says."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

Answer = tuple[int, bytes]
Respond = Callable[[str, Mapping[str, str]], Answer]


def fine(path: str, headers: Mapping[str, str]) -> Answer:
    return 200, b"{}"


@contextmanager
def answering(respond: Respond = fine) -> Iterator[str]:
    """The address of a running service; stopped on leaving. POST is answered as GET, with 201."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._answer(*respond(self.path, dict(self.headers)))

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            status, body = respond(self.path, dict(self.headers))
            self._answer(201 if status == 200 else status, body)

        def _answer(self, status: int, body: bytes) -> None:
            if status == 0:  # hang up
                self.close_connection = True
                return
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    class Server(ThreadingHTTPServer):
        daemon_threads = True

        def handle_error(self, *_: object) -> None:
            """A client that hangs up is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def after(count: int, then: Answer) -> Respond:
    """Answers well so many times, and then otherwise."""
    lock = threading.Lock()
    left = count

    def respond(path: str, headers: Mapping[str, str]) -> Answer:
        nonlocal left
        with lock:
            left -= 1
            return (200, b"{}") if left >= 0 else then

    return respond


def a_closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])
