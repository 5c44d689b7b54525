"""One generator's process: a Locust worker that plays what its master's conductor hands out.

``python -m scenarios.worker HOST PORT`` finds the master, says that it is there, and does as told;
`wire` has the words. Importing this module lets gevent patch the standard library, so it is run as
a process of its own.
"""

from __future__ import annotations

import gc
import signal

# What is imported stays until the process ends. Until `main` sets it aside the collector would go
# through it in vain: a quarter of the start, and pauses between the requests that are measured.
if __name__ == "__main__":
    gc.disable()
    # Ctrl-C on a terminal comes here as well: until `main` listens it ends the process without a
    # word, and who waits for it says what was ended.
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)

# Locust patches the standard library for gevent, so it must come before everything else.
from locust import FastHttpUser, runners, task  # isort: skip
import argparse
import os
import socket
import sys
import time
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit

import gevent  # type: ignore[import-untyped]
from locust.env import Environment
from locust.exception import StopUser
from locust.rpc import Message

from scenarios.arrivals import END_WITHIN_S, Generator
from scenarios.plan import JourneysError, Plan
from scenarios.targets import BAD_INPUT
from scenarios.wire import CLOCK, FAULT, HELLO, PLAN, START, VERSION

ORPHAN_LOOK_S = 0.5
STATISTICS_EVERY_S = 1.0  # of Locust's own, for its web UI
MASTER_SILENT_S = 15
REACH_WITHIN_S = 5.0


class Visits(FastHttpUser):
    """The one user that Locust runs here: it carries the client and plays the whole plan.

    Certificates are verified, which Locust leaves out unless told: load on a service whose name is
    wrong would measure something that no client of it does.
    """

    insecure = False
    worker: Worker

    @task
    def play(self) -> None:
        """Play the plan, once."""
        self.worker.play(self)
        raise StopUser


class Worker:
    """Listens to the conductor's messages and carries them out."""

    def __init__(self, environment: Environment, host: str, port: int) -> None:
        self._generator: Generator | None = None
        self._environment = environment
        self.runner = environment.create_worker_runner(host, port)
        self.runner.register_message(CLOCK, self._on_clock)
        self.runner.register_message(PLAN, self._on_plan)
        self.runner.register_message(START, self._on_start)
        environment.events.test_stopping.add_listener(  # type: ignore[no-untyped-call]
            self._on_stopping
        )
        Visits.worker = self
        self._say(HELLO, {"version": VERSION, "pid": os.getpid(), "host": socket.gethostname()})

    def play(self, user: Visits) -> None:
        """Play the plan that was handed out; Locust may ask for no more than one user here."""
        if self._generator is not None and not self._generator.begun:
            self._generator.run(user.client)

    def stop(self) -> None:
        """End early and in order."""
        if self._generator is None:
            self.runner.greenlet.kill(block=False)
        else:
            self._generator.stop()

    def _say(self, kind: str, data: Any) -> None:
        self.runner.send_message(kind, data)

    # --- what the conductor says ----------------------------------------------------------------

    def _on_clock(self, msg: Message, **_: object) -> None:
        self._say(CLOCK, {**msg.data, "there": time.monotonic()})

    def _on_plan(self, msg: Message, **_: object) -> None:
        plan = Plan.model_validate_json(msg.data["plan"])
        try:
            _reach(plan.url)
            self._listen_with(Generator(plan, self._say))
        except JourneysError as error:
            self._say(FAULT, str(error))
        except OSError as error:
            here = socket.gethostname()
            self._say(FAULT, f"the generator on {here} cannot reach {plan.url}: {error}")
        Visits.concurrency = max(plan.profile.connections, plan.closed_users or 0)
        Visits.network_timeout = Visits.connection_timeout = plan.profile.timeout_s

    def _on_start(self, msg: Message, **_: object) -> None:
        if self._generator is not None:
            self._generator.start(msg.data["at"])

    # --- what Locust says -------------------------------------------------------------------------

    def _listen_with(self, generator: Generator) -> None:
        """From now on each request is told to this generator, and to none before it."""
        requests = self._environment.events.request
        if self._generator is not None:
            requests.remove_listener(self._generator.on_request)  # type: ignore[no-untyped-call]
        requests.add_listener(generator.on_request)  # type: ignore[no-untyped-call]
        self._generator = generator

    def _on_stopping(self, **_: object) -> None:
        """Locust is about to kill its users: let the one here hand over what it has first."""
        if self._generator is not None and self._generator.begun:
            self._generator.stop()
            self._generator.ended.wait(END_WITHIN_S)


def _reach(url: str) -> None:
    """Raises OSError unless something listens there; says nothing to it."""
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    socket.create_connection((parts.hostname or "", port), REACH_WITHIN_S).close()


def main(arguments: list[str]) -> int:
    """Work for one master until it says that it is over; the exit code."""
    gc.freeze()
    gc.enable()
    words = parser().parse_args(arguments)
    runners.WORKER_REPORT_INTERVAL = STATISTICS_EVERY_S
    runners.WORKER_LOG_REPORT_INTERVAL = -1
    runners.MASTER_HEARTBEAT_TIMEOUT = MASTER_SILENT_S
    runners.CONNECT_TIMEOUT = 1
    runners.CONNECT_RETRY_COUNT = max(1, int(words.wait_s))
    environment = Environment(user_classes=[Visits])
    try:
        worker = Worker(environment, words.host, words.port)
    except ConnectionError:
        sys.stderr.write(
            f"no master answers at {words.host}:{words.port} within {words.wait_s:g} s.\n"
            "Start it with: python -m scenarios run --master --bind-host ADDRESS ...; it must "
            "listen on an address that this machine can reach.\n"
        )
        return BAD_INPUT
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, worker.stop)
    if words.parent:
        worker.runner.greenlet.spawn(_follow_parent, words.parent)
    with suppress(gevent.GreenletExit):
        worker.runner.greenlet.join()
    return _farewell(worker.runner, words)


def _farewell(runner: runners.WorkerRunner, words: argparse.Namespace) -> int:
    heard = runner.last_heartbeat_timestamp
    if heard is not None and time.time() - heard > MASTER_SILENT_S:
        sys.stderr.write(
            f"the master at {words.host}:{words.port} has been silent for {MASTER_SILENT_S} s; "
            "nobody would read what is measured from here on.\n"
        )
        return BAD_INPUT
    return 0


def parser() -> argparse.ArgumentParser:
    """The words of the command line."""
    parser = argparse.ArgumentParser(prog="python -m scenarios.worker", description=__doc__)
    parser.add_argument("host", help="where the master is")
    parser.add_argument("port", type=int)
    parser.add_argument("--wait-s", type=float, default=60.0, help="for the master to answer")
    parser.add_argument("--parent", type=int, default=0, help="end when this process does")
    return parser


def _follow_parent(parent: int) -> None:
    """End with the conductor, however it ends: nobody would read what is measured after it."""
    while os.getppid() == parent:
        gevent.sleep(ORPHAN_LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
