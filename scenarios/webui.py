"""Locust's web UI beside a run of ours: it shows and can stop, but starts and changes nothing.

It shows Locust's own statistics, which count from when a request was due and hold the warm-up, and
whose percentiles Locust rounds to two digits. What the evidence says is not rounded.
"""

from __future__ import annotations

import socket
import sys
from types import TracebackType
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
from flask import Response, jsonify, request

from scenarios.posts import LOOPBACK
from scenarios.station import Station

CHANGES = frozenset({"/swarm", "/user", "/stats/reset"})
STARTED_WITHIN_S = 5.0


class WebUiError(Exception):
    """The web UI cannot listen where it was told to."""


class WebUi:
    """The web UI, on loopback, while the block lasts."""

    def __init__(self, station: Station, port: int) -> None:
        """Choose an address; port 0 takes any that is free. Raises WebUiError."""
        self._station, self._port = station, _free(port)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://{LOOPBACK}:{self._port}"

    def __enter__(self) -> WebUi:
        # Locust's pages read Locust's options from the command line, which is not Locust's here
        self._arguments, sys.argv = sys.argv, sys.argv[:1]
        environment = self._station.environment
        environment.locustfile = "Touchline"
        self._ui = environment.create_web_ui(LOOPBACK, self._port, delayed_start=True)
        assert self._ui.app is not None
        self._ui.app.before_request(self._refusal)
        self._ui.start()  # type: ignore[no-untyped-call]
        self._station.keep_history()
        self._await_listening()
        return self

    def _await_listening(self) -> None:
        with gevent.Timeout(STARTED_WITHIN_S):
            while self._ui.server is None or not self._ui.server.started:
                gevent.sleep(0.01)

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        sys.argv = self._arguments
        self._station.settle()
        self._ui.stop()  # type: ignore[no-untyped-call]

    def _refusal(self) -> Response | None:
        """What is answered instead; None where Locust may answer."""
        origin = request.headers.get("Origin")
        if origin is not None and urlsplit(origin).netloc != request.host:
            return _no("only its own pages may use it", 403)
        if request.host.partition(":")[0] not in {LOOPBACK, "localhost"}:
            return _no("it is there for this machine alone", 403)
        if request.path in CHANGES:
            return _no("a run's load is fixed before it begins; start another run for another", 409)
        return None


def _no(message: str, status: int) -> Response:
    answer = jsonify({"success": False, "message": message})
    answer.status_code = status
    return answer


def _free(port: int) -> int:
    """The port itself, or any free one for 0. Raises WebUiError where it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError as error:
            reason = error.strerror or error
            said = f"--ui-port: {LOOPBACK}:{port} cannot be listened on: {reason}"
            raise WebUiError(said) from None
        return int(probe.getsockname()[1])
