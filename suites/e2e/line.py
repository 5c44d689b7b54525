"""The network between a browser and the service, as a line that can be cut."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

from fixtures.services.ports import LOOPBACK

CHUNK_BYTES = 65_536
CONNECT_WITHIN_S = 10.0


class Line:
    """Carries bytes between an address of its own and the service's, until it is cut."""

    def __init__(self, service_url: str) -> None:
        address = urlsplit(service_url)
        assert address.hostname is not None
        assert address.port is not None
        self._far = (address.hostname, address.port)
        self._listener = socket.create_server((LOOPBACK, 0))
        self._lock = threading.Lock()
        self._ends: list[socket.socket] = []
        self._whole = True
        self.url = f"http://{LOOPBACK}:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, name="line", daemon=True).start()

    def cut(self) -> None:
        """End every connection and refuse new ones from now on."""
        with self._lock:
            self._whole = False
            for end in (self._listener, *self._ends):
                _close(end)
            self._ends.clear()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:  # it was cut
                return
            self._join(near)

    def _join(self, near: socket.socket) -> None:
        try:
            far = socket.create_connection(self._far, CONNECT_WITHIN_S)
        except OSError:
            _close(near)
            return
        far.settimeout(None)
        with self._lock:
            if not self._whole:
                _close(near)
                _close(far)
                return
            self._ends += (near, far)
        for pair in ((near, far), (far, near)):
            threading.Thread(target=_carry, args=pair, name="line", daemon=True).start()


def _carry(source: socket.socket, sink: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(CHUNK_BYTES):
            sink.sendall(chunk)
    _close(sink)


def _close(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)  # wakes whoever reads from it or waits at it
    end.close()


@contextmanager
def line_to(service_url: str) -> Iterator[Line]:
    """A whole line; cut on leaving."""
    line = Line(service_url)
    try:
        yield line
    finally:
        line.cut()
