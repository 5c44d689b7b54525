"""The Locust master: where generators report, and the web UI if it is wanted.

The conductor's process looks at the service with blocking calls in threads of its own, so gevent
must not patch the standard library here; Locust's master does not need it to. Nothing is played in
this process, whose work would disturb the measuring.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from scenarios.posts import LOOPBACK
from scenarios.wire import TO_CONDUCTOR

_UNPATCHED = "LOCUST_SKIP_MONKEY_PATCH"
os.environ[_UNPATCHED] = "1"
try:
    import gevent  # type: ignore[import-untyped]
    from gevent.event import Event  # type: ignore[import-untyped]
    from gevent.queue import Empty, Queue  # type: ignore[import-untyped]
    from locust import User, task
    from locust.dispatch import UsersDispatcher
    from locust.env import Environment
    from locust.exception import RPCError
    from locust.rpc import Message
    from locust.runners import STATE_MISSING, MasterRunner
    from locust.stats import stats_history
finally:
    del os.environ[_UNPATCHED]  # generators are started from here, and they do need it

SETTLED_WITHIN_S = 5.0


class StationError(Exception):
    """The master cannot listen where it was told to."""


class Visits(User):
    """Stands for the user of the same name that every worker runs; is never run itself."""

    @task
    def play(self) -> None:
        """See `worker.Visits`."""


class OneEach(UsersDispatcher):
    """Gives every worker that is there at the start one user, and never moves it.

    Locust would share out users anew whenever a worker comes or goes; here each worker's user is
    the one that plays its own part of the schedule, and what a lost one had to play stays lost.
    """

    def new_dispatch(
        self,
        target_user_count: int,
        spawn_rate: float,
        user_classes: list[type[User]] | None = None,
    ) -> None:
        """One round: a user for each."""
        self._rounds: Iterator[dict[str, dict[str, int]]] = iter(
            [{node.id: {Visits.__name__: 1} for node in self._worker_nodes}]
        )

    def __next__(self) -> dict[str, dict[str, int]]:
        return next(self._rounds)

    @property
    def dispatch_in_progress(self) -> bool:
        """Always, so that Locust never begins another."""
        return True

    def add_worker(self, worker_node: object) -> None:
        """One that comes late gets nothing."""

    def remove_worker(self, worker_node: object) -> None:
        """What one that goes had is not given to others."""


@dataclass(frozen=True)
class Letter:
    """A message from a generator. `came_at` is on the monotonic clock."""

    sender: str
    kind: str
    data: Any
    came_at: float


class Station:
    """A Locust master on its own port; `inbox` holds what generators say."""

    def __init__(self, url: str, bind_host: str = LOOPBACK, bind_port: int = 0) -> None:
        """Listen; port 0 takes any that is free. Raises StationError."""
        self.environment = Environment(user_classes=[Visits], host=url, dispatcher_class=OneEach)
        self._inbox: Queue[Letter] = Queue()
        try:
            self.runner: MasterRunner = self.environment.create_master_runner(bind_host, bind_port)
        except (RPCError, OSError, SystemExit) as error:  # Locust exits where a port is taken
            taken = isinstance(error, SystemExit)
            why = "another program does already" if taken else error
            raise StationError(f"{bind_host}:{bind_port} cannot be listened on: {why}") from None
        self.port: int = self.runner.server.port
        self._settled = Event()
        self._settled.set()
        events = self.environment.events
        events.test_stopping.add_listener(  # type: ignore[no-untyped-call]
            lambda **_: self._settled.clear()
        )
        events.test_stop.add_listener(lambda **_: self._settled.set())  # type: ignore[no-untyped-call]
        for kind in TO_CONDUCTOR:
            self.runner.register_message(kind, self._receive)

    def on_stopping(self, listener: Callable[[], None]) -> None:
        """Call this when Locust is told to stop, from here or from its web UI."""
        self.environment.events.test_stopping.add_listener(  # type: ignore[no-untyped-call]
            lambda **_: listener()
        )

    def _receive(self, msg: Message, **_: object) -> None:
        self.receive(msg.node_id, msg.type, msg.data)

    def receive(self, sender: str, kind: str, data: Any) -> None:
        """Put a message into the inbox."""
        self._inbox.put(Letter(sender, kind, data, time.monotonic()))

    def letter(self, within_s: float) -> Letter | None:
        """The next message, if one comes in time."""
        try:
            letter: Letter = self._inbox.get(timeout=within_s)
        except Empty:
            return None
        return letter

    def send(self, kind: str, data: Any, to: str) -> None:
        """Say something to one generator."""
        self.runner.send_message(kind, data, to)

    def spawn_users(self, count: int) -> None:
        """Let Locust spawn each worker's user."""
        gevent.spawn(self.runner.start, count, max(1, count))

    def keep_history(self) -> None:
        """Write down what the web UI's charts show."""
        self.runner.greenlet.spawn(stats_history, self.runner)

    def missing(self, sender: str) -> bool:
        """Whether Locust has not heard a worker's heartbeat for some seconds, or it has left."""
        node = self.runner.clients.get(sender)
        return node is None or node.state == STATE_MISSING

    def stop(self) -> None:
        """End the load early, as the web UI's button does; returns at once."""
        gevent.spawn(self.runner.stop)

    def settle(self) -> None:
        """Wait until Locust has stopped, where it was told to, so that who told it is answered."""
        self._settled.wait(SETTLED_WITHIN_S)

    def close(self) -> None:
        """Send the workers home and stop listening."""
        self.runner.quit()
        self.runner.server.close(linger=0)  # type: ignore[no-untyped-call]


def in_a_thread(call: Callable[..., Any], *arguments: Any) -> Any:
    """The result of a call that blocks, while messages are still received."""
    return gevent.get_hub().threadpool.apply(call, arguments)
