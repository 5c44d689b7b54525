"""Worker processes behind one public socket, and an internal one for metrics."""

from __future__ import annotations

import argparse
import os
import shutil
import socket
import tempfile
import threading
from multiprocessing import connection, parent_process
from pathlib import Path
from signal import SIGTERM

import uvicorn
from prometheus_client.multiprocess import mark_process_dead
from uvicorn.supervisors import Multiprocess

from sut.logs import configure
from sut.settings import Settings

GRACE_S = 10
BACKLOG = 2048


def serve(settings: Settings, arguments: list[str]) -> int:
    """Serve until SIGTERM or SIGINT; a worker that dies is replaced."""
    options = _options(settings, arguments)
    public = _listen(options.host, options.port)
    internal = _listen("127.0.0.1", options.internal_port)
    metrics_dir, ours = _metrics_dir(settings)
    os.environ["SOCCERAI_WORKERS"] = str(options.workers)
    os.environ["SOCCERAI_INTERNAL_PORT"] = str(internal.getsockname()[1])
    os.environ["SOCCERAI_METRICS_DIR"] = str(metrics_dir)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(metrics_dir)
    configure(settings)
    config = uvicorn.Config(
        "sut.server:worker_app", factory=True, workers=options.workers, loop="uvloop",
        http="httptools", ws="none", lifespan="on", log_config=None, access_log=False,
        proxy_headers=False, server_header=False, backlog=BACKLOG,
        timeout_graceful_shutdown=GRACE_S, timeout_worker_healthcheck=30,
    )  # fmt: skip
    try:
        _Supervisor(config, [public, internal], metrics_dir).run()
    finally:
        if ours:
            shutil.rmtree(metrics_dir, ignore_errors=True)
    return 0


class _Supervisor(Multiprocess):
    """uvicorn's, which also takes the live gauges of a dead worker out of the metrics."""

    def __init__(
        self, config: uvicorn.Config, sockets: list[socket.socket], metrics_dir: Path
    ) -> None:
        super().__init__(config, sockets)
        self._metrics_dir = metrics_dir

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
    parser.add_argument("--workers", type=int, default=settings.workers)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=8000)
    parser.add_argument("--internal-port", type=int, default=settings.internal_port)
    return parser.parse_args(arguments)


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    listener.bind((host, port))
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
