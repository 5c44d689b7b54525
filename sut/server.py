"""Worker processes behind one public socket, and an internal one for metrics."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import sys
import tempfile
import threading
from multiprocessing import connection, parent_process
from pathlib import Path
from signal import SIGTERM

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

from sut.logs import configure
from sut.protocol import Protocol
from sut.settings import Settings

GRACE_S = 10
# Longer than clients and proxies keep an idle connection (httpx: 5 s, nginx upstream: 60 s): who
# sends must be the first to close, or a request may meet a connection that is just going.
KEEP_ALIVE_S = 65
BACKLOG = 2048
INTERNAL_HOST = "127.0.0.1"
WORKERS_MAX = 64
PORT_MAX = 65_535


def serve(settings: Settings, arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; a worker that dies is replaced.

    Answers 0 after an orderly end, 1 when the workers could not start, 2 when an address is taken.
    """
    options = _options(settings, arguments)
    if fault := settings.fault_of_workers(options.workers):
        sys.stderr.write(f"{fault}.\n")
        return 2
    try:
        public = _listen(options.host, options.port)
        internal = _listen(INTERNAL_HOST, options.internal_port)
    except OSError as error:
        sys.stderr.write(f"Cannot listen: {error}. Choose another --host or port.\n")
        return 2
    metrics_dir, ours = _metrics_dir(settings)
    os.environ["SOCCERAI_WORKERS"] = str(options.workers)
    os.environ["SOCCERAI_INTERNAL_PORT"] = str(internal.getsockname()[1])
    os.environ["SOCCERAI_METRICS_DIR"] = str(metrics_dir)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)
    configure(settings)
    config = uvicorn.Config(
        "sut.server:worker_app", factory=True, workers=options.workers, loop="uvloop",
        http=Protocol, ws="none", lifespan="on", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S, timeout_worker_healthcheck=30,
        timeout_keep_alive=KEEP_ALIVE_S,
    )  # fmt: skip
    supervisor = _Supervisor(config, [public, internal], metrics_dir)
    try:
        supervisor.run()
    finally:
        if ours:
            shutil.rmtree(metrics_dir, ignore_errors=True)
    return 1 if supervisor.could_not_start else 0


class _Supervisor(Multiprocess):
    """uvicorn's, which also takes the live gauges of a dead worker out of the metrics."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], metrics_dir: Path
    ) -> None:
        super().__init__(config, sockets)
        self._metrics_dir = metrics_dir

    @property
    def could_not_start(self) -> bool:
        """Whether a worker gave up before it served, as every other would."""
        return any(process.exitcode == STARTUP_FAILURE for process in self.processes)

    def keep_subprocess_alive(self) -> None:
        before = {process.pid for process in self.processes}
        super().keep_subprocess_alive()
        for pid in before - {process.pid for process in self.processes}:
            if pid is not None:
                mark_process_dead(pid, path=str(self._metrics_dir))  # type: ignore[no-untyped-call]


def worker_app() -> object:
    """What a worker runs. Imported late, since metrics read their directory when imported."""
    from sut import app

    _end_with_parent()
    return app.worker_app()


def _end_with_parent() -> None:
    """Stop gracefully when the supervisor is gone, however it went; by force if that hangs."""
    parent = parent_process()
    if parent is None:
        return

    def watch() -> None:
        connection.wait([parent.sentinel])
        os.kill(os.getpid(), SIGTERM)
        threading.Event().wait(GRACE_S + 2)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _options(settings: Settings, arguments: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sut serve")
    parser.add_argument(
        "--workers", type=_worker_count, default=settings.workers, metavar="N",
    )  # fmt: skip
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=_port, default=8000)
    parser.add_argument("--internal-port", type=_port, default=settings.internal_port)
    return parser.parse_args(arguments)


def _worker_count(text: str) -> int:
    return _number(text, 1, WORKERS_MAX)


def _port(text: str) -> int:
    return _number(text, 0, PORT_MAX)


def _number(text: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdecimal() and least <= int(text) <= most):
        raise argparse.ArgumentTypeError(f"a number from {least} to {most}, not {text!r}")
    return int(text)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise OSError(f"{host}:{port}: {error.strerror or error}") from error
    listener.listen(BACKLOG)
    listener.set_inheritable(True)
    return listener


def _metrics_dir(settings: Settings) -> tuple[Path, bool]:
    """The directory that the workers share, emptied; and whether it is ours to remove."""
    if not settings.metrics_dir:
        return Path(tempfile.mkdtemp(prefix="soccerai-metrics-")), True
    directory = Path(settings.metrics_dir)
    directory.mkdir(parents=True, exist_ok=True)
    for leftover in directory.glob("*.db"):
        leftover.unlink()
    return directory, False
