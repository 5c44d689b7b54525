"""The open-model generator, on Locust's environment, runner, client and events.

One Locust user walks through the schedule and starts a visit at each of its moments, whatever the
answers to earlier ones are doing. A latency counts from the moment at which its request was due:
a visit's first request is due when the visit is, a later one as soon as the answer before it is in
and the thinking done. So a service that stalls is charged for everybody who had to wait, not for
the few whose requests were under way (coordinated omission: Tene, "How NOT to Measure Latency").
The latency from the moment of sending is kept beside it, as `uncorrected`.

Importing this module lets gevent patch the standard library: it is run as a process of its own,
``python -m scenarios.arrivals``, by the conductor, and spoken to in the words of `wire`.
"""

from __future__ import annotations

# Locust patches the standard library for gevent, so it must come before everything else.
from locust import FastHttpUser, task  # isort: skip
import os
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import Event  # type: ignore[import-untyped]
from gevent.pool import Group, Pool  # type: ignore[import-untyped]
from locust.contrib.fasthttp import FastHttpSession
from locust.env import Environment
from locust.exception import StopUser

from scenarios.histograms import Endpoint, Tally, microseconds, quantile
from scenarios.journeys.interface import Journey
from scenarios.plan import Arrival, JourneysError, Plan, schedule
from scenarios.sessions import Accounts, NobodyFreeError, Sessions
from scenarios.targets import BAD_INPUT
from scenarios.visit import NOTE, LocustVisit, Note, VisitCutError, VisitDesk, prepare_connections
from scenarios.wire import Fault, Message, Progress, Ready, Result, encode

ON_TIME_S = 0.1
DRAIN_EXTRA_S = 2.0
ORPHAN_LOOK_S = 0.5
ENTER_AT_ONCE = 4  # log-ins of the preparation at a time
BURST = 64  # visits begun in a row before answers get their turn


class Generator:
    """Plays one plan and measures it. `say` takes what the conductor shall hear."""

    def __init__(self, plan: Plan, say: Callable[[Message], None]) -> None:
        self._plan, self._say = plan, say
        self.result = Result()
        self.stopping, self.ended = Event(), Event()
        self._journeys: dict[str, Journey] = {journey.name: journey for journey in plan.mix()}
        self._log_in = plan.log_in()
        if self._log_in is not None:
            self._journeys[self._log_in.name] = self._log_in
        self._visits = Group()
        self._sessions = Sessions()
        self._began = 0.0
        self._cpu_began = 0.0
        self._worst_lag = 0.0

    # --- Locust's events ----------------------------------------------------------------------

    def on_request(
        self,
        request_type: str,
        name: str,
        response_time: float,
        exception: BaseException | None,
        context: dict[str, Any],
        **_: object,
    ) -> None:
        """Listens to Locust's request event: one answered or failed request."""
        note: Note = context[NOTE]
        if not note.measured:
            return
        endpoint = Endpoint(note.scenario, name)
        tally = self.result.tallies.get(endpoint)
        if tally is None:
            tally = self.result.tallies[endpoint] = Tally()
        taken_s = response_time / 1000
        waited_s = note.sent_at - note.due_at
        tally.add(note.due_at - self._began, waited_s + taken_s, taken_s, exception is None)
        if exception is not None:
            self.result.failures.add(endpoint, str(exception), note.example)

    def run(self, client: FastHttpSession) -> None:
        """Prepare, wait for the conductor's start, play, and hand over what was measured."""
        try:
            if self._prepared(client) and (line := sys.stdin.readline()):
                self._play(float(line))
                self._say(self.result)
        finally:
            self.ended.set()

    def _prepared(self, client: FastHttpSession) -> bool:
        try:
            self._prepare(client)
        except (VisitCutError, LookupError, ValueError) as error:
            self._say(Fault(f"nobody could log in before the load: {error}"))
            return False
        self._say(Ready())
        return True

    # --- preparation --------------------------------------------------------------------------

    def _prepare(self, client: FastHttpSession) -> None:
        """Log people in, so that the first visits find some. Raises VisitCutError, ValueError."""
        plan = self._plan
        prepare_connections(client, plan.url, self._on_connection)
        accounts = None if plan.player is None else Accounts(plan.player, plan.share, plan.of)
        self._desk = VisitDesk(client, plan, self._sessions, accounts)
        if self._log_in is None:
            return
        first = -(-plan.sessions_first // plan.of)
        arrival = Arrival(-1.0, 0, self._log_in.name, plan.seed)
        play, desk = self._log_in.play, self._desk
        Pool(ENTER_AT_ONCE).map(
            lambda _: play(LocustVisit(desk, arrival, time.monotonic())), range(first)
        )

    def _on_connection(self) -> None:
        self.result.health.connections += 1

    # --- the load -----------------------------------------------------------------------------

    def _play(self, start_at: float) -> None:
        """Begin every visit at its moment; returns when all have ended or were cut off.

        `start_at` is when the measured part begins, on the monotonic clock.
        """
        self._began = start_at
        reporter = gevent.spawn(self._report)
        begun_in_a_row = 0
        for arrival in schedule(self._plan):
            due_at = start_at + arrival.at_s
            if self._wait_until(due_at):
                begun_in_a_row = 0
            if self.stopping.is_set():
                break
            self._begin(arrival, due_at)
            begun_in_a_row += 1
            if begun_in_a_row % BURST == 0:
                gevent.sleep(0)
        self._wait_until(start_at + self._plan.profile.shape.duration_s)
        self._end_of_measuring()
        self._drain()
        reporter.kill()

    def _wait_until(self, moment: float) -> bool:
        """Sleep until a moment or until the run is stopped; whether it had to."""
        waited = False
        while not self.stopping.is_set() and (left := moment - time.monotonic()) > 0:
            if left > 0.05:
                self.stopping.wait(left - 0.02)
            else:
                gevent.sleep(left)
            waited = True
        return waited

    def _begin(self, arrival: Arrival, due_at: float) -> None:
        lag = time.monotonic() - due_at
        measured = arrival.at_s >= 0
        health = self.result.health
        if measured:
            if not health.scheduled:
                self._cpu_began = time.process_time()
            health.scheduled += 1
            health.on_time += lag <= ON_TIME_S
            self.result.lag.record_value(microseconds(lag))
            self._worst_lag = max(self._worst_lag, lag)
        if len(self._visits) >= self._plan.profile.visits_at_once_max:
            health.lost += measured
            return
        if measured:
            health.begun += 1
            health.visits[arrival.journey_name] = health.visits.get(arrival.journey_name, 0) + 1
        self._visits.spawn(self._visit, arrival, due_at)

    def _visit(self, arrival: Arrival, due_at: float) -> None:
        visit = LocustVisit(self._desk, arrival, due_at)
        try:
            self._journeys[arrival.journey_name].play(visit)
        except VisitCutError:
            return  # the failure has been counted
        except gevent.GreenletExit:
            self._count_unanswered(visit, arrival)
        except NobodyFreeError:
            self.result.health.lost += arrival.at_s >= 0
        except Exception as error:
            said = f"journey {arrival.journey_name}: {type(error).__name__}: {error}"
            errors = self.result.health.errors
            errors[said] = errors.get(said, 0) + 1

    def _count_unanswered(self, visit: LocustVisit, arrival: Arrival) -> None:
        """A request that had no answer when the run ended has failed, however long it waited."""
        if visit.pending and arrival.at_s >= 0 and not self.stopping.is_set():
            endpoint = Endpoint(arrival.journey_name, visit.pending)
            waited_s = time.monotonic() - visit.due_at
            tally = self.result.tallies.setdefault(endpoint, Tally())
            tally.add(visit.due_at - self._began, waited_s, waited_s, False)
            self.result.failures.add(endpoint, "no answer before the run ended", visit.pending)

    def _end_of_measuring(self) -> None:
        health = self.result.health
        health.measured_s = max(0.0, time.monotonic() - self._began)
        health.interrupted = self.stopping.is_set()
        if health.measured_s:
            health.cpu_share = (time.process_time() - self._cpu_began) / health.measured_s

    def _drain(self) -> None:
        """Wait for the visits under way, as long as a request may take; then cut them off."""
        patience = 0.5 if self.stopping.is_set() else self._plan.profile.timeout_s + DRAIN_EXTRA_S
        self._visits.join(timeout=patience)
        self.result.health.unfinished = len(self._visits)
        self._visits.kill(timeout=1.0)

    def _report(self) -> None:
        """Tell the conductor each second how far the run is."""
        cpu_before, clock_before = time.process_time(), time.monotonic()
        while True:
            gevent.sleep(1.0)
            cpu, clock = time.process_time(), time.monotonic()
            share = (cpu - cpu_before) / (clock - clock_before)
            self._say(self._progress(clock - self._began, share))
            cpu_before, clock_before, self._worst_lag = cpu, clock, 0.0

    def _progress(self, second: float, cpu_share: float) -> Progress:
        tallies = list(self.result.tallies.values())
        before: Counter[int] = Counter()
        for tally in tallies:
            before.update(tally.by_second.get(int(second) - 1, {}))
        return Progress(
            second=second,
            started=self.result.health.begun,
            answered=sum(tally.count for tally in tallies),
            failed=sum(tally.failed for tally in tallies),
            waiting=len(self._visits),
            lag_ms=self._worst_lag * 1000,
            p95_ms=quantile(before, 0.95) / 1000,
            cpu_share=cpu_share,
        )


def main() -> int:
    """Play the plan that the first line of standard input holds; speak on standard output."""
    say = _sayer()
    plan = Plan.model_validate_json(sys.stdin.readline())
    try:
        generator = Generator(plan, say)
    except JourneysError as error:
        say(Fault(str(error)))
        return BAD_INPUT
    environment = Environment(user_classes=[_user_class(generator, plan)], host=plan.url)
    environment.events.request.add_listener(generator.on_request)  # type: ignore[no-untyped-call]
    for number in (signal.SIGINT, signal.SIGTERM):
        gevent.signal_handler(number, generator.stopping.set)
    runner = environment.create_local_runner()
    runner.greenlet.spawn(_follow_parent, os.getppid())
    runner.start(user_count=1, spawn_rate=1)
    generator.ended.wait()
    runner.quit()
    return 0


def _sayer() -> Callable[[Message], None]:
    pipe = sys.stdout
    sys.stdout = sys.stderr  # what a library prints must not stand between the messages

    def say(message: Message) -> None:
        pipe.write(encode(message) + "\n")
        pipe.flush()

    return say


def _user_class(generator: Generator, plan: Plan) -> type[FastHttpUser]:
    """The one user that Locust runs: it carries the client and walks through the schedule."""

    class OpenModelUser(FastHttpUser):
        concurrency = plan.profile.connections
        network_timeout = plan.profile.timeout_s
        connection_timeout = plan.profile.timeout_s

        @task
        def walk(self) -> None:
            generator.run(self.client)
            raise StopUser

    return OpenModelUser


def _follow_parent(parent: int) -> None:
    """End with the conductor, however it ends: nobody would read what is measured after it."""
    while os.getppid() == parent:
        gevent.sleep(ORPHAN_LOOK_S)
    os._exit(1)


if __name__ == "__main__":
    raise SystemExit(main())
