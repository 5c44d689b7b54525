"""Locust by itself, as its manual shows it: users who ask again as soon as they have an answer.

`python -m suites.bench.load.locust_alone URL USERS SECONDS [recorded]` prints requests, seconds and
the CPU seconds of this process while they lasted. With `recorded` every request is recorded as a
generator of ours records it, and handed over each second.
"""

from __future__ import annotations

# Locust patches the standard library for gevent, so it must come before everything else.
from locust import FastHttpUser, task  # isort: skip
import json
import sys
import time

import gevent  # type: ignore[import-untyped]
import msgpack  # type: ignore[import-untyped]
from locust.env import Environment

from scenarios import shapes
from scenarios.arrivals import Generator
from scenarios.plan import Plan
from scenarios.visit import NOTE, Note

SETTLED_AFTER_S = 1.0


class Asking(FastHttpUser):
    """One user."""

    @task
    def ask(self) -> None:
        self.client.get("/ok")


class Recorded(FastHttpUser):
    """One user, whose requests carry what our recorder wants to know."""

    @task
    def ask(self) -> None:
        note = Note("ok", True, time.monotonic(), taken_s=0.001)
        self.client.get("/ok", context={NOTE: note})


def main(url: str, users: int, seconds: float, recorded: bool) -> None:
    environment = Environment(user_classes=[Recorded if recorded else Asking], host=url)
    if recorded:
        record(environment, url)
    runner = environment.create_local_runner()
    runner.start(users, spawn_rate=users)
    gevent.sleep(SETTLED_AFTER_S)
    before, cpu, clock = environment.stats.total.num_requests, time.process_time(), time.monotonic()
    gevent.sleep(seconds)
    found = {
        "requests": environment.stats.total.num_requests - before,
        "cpu_s": time.process_time() - cpu,
        "seconds": time.monotonic() - clock,
        "failures": environment.stats.total.num_failures,
    }
    runner.quit()
    print(json.dumps(found))


def record(environment: Environment, url: str) -> None:
    """Let a generator's recorder listen, and hand over each second."""
    plan = Plan(url=url, profile=shapes.profile("steady"), paths=("/ok",))
    generator = Generator(plan, lambda kind, data: msgpack.dumps(data))
    generator.start_recording(time.monotonic())
    environment.events.request.add_listener(generator.on_request)  # type: ignore[no-untyped-call]


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), float(sys.argv[3]), "recorded" in sys.argv[4:])
