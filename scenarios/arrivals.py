"""The load itself, played and measured by one generator, on Locust's client and events.

In the open model one Locust user walks through the schedule and starts a visit at each of its
moments, whatever the answers to earlier ones are doing. A latency counts from the moment at which
its request was due: a visit's first request is due when the visit is, a later one as soon as the
answer before it is in and the thinking done. So a service that stalls is charged for everybody who
had to wait, not for the few whose requests were under way (coordinated omission: Tene, "How NOT to
Measure Latency"). The latency from the moment of sending is kept beside it, as `uncorrected`.

In the closed model a number of users make one visit after another, and wait for each answer. Then
nothing is due at any moment, and only the latency from the moment of sending exists.

Belongs to the generator's process, see `worker`.
"""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

import gevent  # type: ignore[import-untyped]
from gevent.event import AsyncResult, Event  # type: ignore[import-untyped]
from gevent.pool import Pool  # type: ignore[import-untyped]
from locust.contrib.fasthttp import FastHttpSession

from scenarios import client as client_for_all
from scenarios.alarm import Alarm
from scenarios.counts import Counts
from scenarios.hands import Hands
from scenarios.histograms import Endpoint, Failures, bucket_of, microseconds
from scenarios.journeys.interface import Journey
from scenarios.plan import Arrival, Plan, cards, schedule
from scenarios.sessions import Accounts, NobodyFreeError
from scenarios.visit import NOTE, LocustVisit, Note, VisitCutError, VisitDesk
from scenarios.wire import FAULT, READY, REPORT, Health, Report

ON_TIME_S = 0.1
DRAIN_EXTRA_S = 2.0
STOP_DRAIN_S = 0.5
END_WITHIN_S = 5.0  # what is left to do when the run is stopped
ENTER_AT_ONCE = 4  # log-ins of the preparation at a time
BURST = 64  # visits begun in a row before answers get their turn
LOOP_WAKE_S = 0.02
NOBODY_FREE_PAUSE_S = 0.05  # a closed model's user who can be nobody tries again after it


class _LogInFaultError(Exception):
    """The journey that logs people in is at fault; the message says how."""


class Generator:
    """Plays one plan and measures it. `say` takes what the conductor shall hear."""

    def __init__(self, plan: Plan, say: Callable[[str, Any], None]) -> None:
        self._plan, self._say = plan, say
        self._health = Health()
        self._counts: dict[Endpoint, Counts] = {}
        self._failures = Failures()
        self._lag, self._loop_lag = Counter[int](), Counter[int]()
        self._answered = 0
        self._start_at = AsyncResult()
        self.stopping, self.begun, self.ended = Event(), False, Event()
        self._journeys: dict[str, Journey] = {journey.name: journey for journey in plan.mix()}
        self._log_in = plan.log_in()
        if self._log_in is not None:
            self._journeys[self._log_in.name] = self._log_in
        self._visits, self._alarm = Hands(), Alarm()
        self._began = float("inf")
        self._cpu_began = 0.0

    # --- what happens to it -------------------------------------------------------------------

    def on_request(
        self,
        name: str,
        response_time: float,
        response_length: int,
        exception: BaseException | None,
        context: dict[str, Any],
        **_: object,
    ) -> None:
        """Listens to Locust's request event: one answered or failed request."""
        note: Note = context[NOTE]
        if note.measured:
            endpoint = Endpoint(note.scenario, name)
            intended_s = note.due_at - self._began
            self._health.received_bytes += response_length
            self._count(endpoint, intended_s, response_time / 1000, note.taken_s, exception is None)
            if exception is not None:
                self._failures.add(endpoint, str(exception), note.example)

    def start(self, at: float) -> None:
        """The measured part begins `at` this moment of the monotonic clock."""
        self._start_at.set(at)

    def start_recording(self, start_at: float) -> list[gevent.Greenlet]:
        """Requests due from this moment on count, and what was counted is handed over each second.

        Returns what does so, to be killed in the end.
        """
        self._began = start_at
        return [gevent.spawn(watch) for watch in (self._report_each_second, self._watch_loop)]

    def stop(self) -> None:
        """End early, in order: what was measured until now is handed over."""
        self.stopping.set()
        if not self._start_at.ready():
            self._start_at.set(None)

    def run(self, client: FastHttpSession) -> None:
        """Prepare, wait for the start, play, and hand over what was measured."""
        self.begun = True
        try:
            if self._prepared(client) and (start_at := self._start_at.get()) is not None:
                self._play(start_at)
                self._report(last=True)
        finally:
            self._alarm.close()
            self.ended.set()

    # --- preparation --------------------------------------------------------------------------

    def _prepared(self, client: FastHttpSession) -> bool:
        try:
            self._prepare(client)
        except (VisitCutError, LookupError, ValueError) as error:
            self._say(FAULT, f"nobody could log in before the load: {error}")
            return False
        except _LogInFaultError as error:
            self._say(FAULT, f"{error}: the journey is at fault, not the service. Mend it.")
            return False
        self._say(READY, None)
        return True

    def _prepare(self, client: FastHttpSession) -> None:
        """Log people in, so that the first visits find some. Raises VisitCutError, ValueError."""
        plan = self._plan
        client_for_all.prepare(client, plan.url, self._on_connection)
        accounts = None if plan.player is None else Accounts(plan.player, plan.share, plan.of)
        self._desk = VisitDesk(client, plan, accounts, self._alarm)
        if self._log_in is None:
            return
        first = -(-plan.sessions_first // plan.of)
        arrival = Arrival(-1.0, 0, self._log_in.name, plan.seed)
        Pool(ENTER_AT_ONCE).map(lambda _: self._enter(arrival), range(first))

    def _enter(self, arrival: Arrival) -> None:
        """Log one person in. Raises VisitCutError, ValueError, LookupError, _LogInFaultError."""
        visit = LocustVisit(self._desk, arrival, time.monotonic())
        try:
            self._journeys[arrival.journey_name].play(visit)
        except (VisitCutError, LookupError, ValueError):
            raise
        except (Exception, SystemExit) as error:  # which would end or hold up the generator
            said = f"journey {arrival.journey_name}: {type(error).__name__}: {error}"
            raise _LogInFaultError(said) from None

    def _on_connection(self) -> None:
        self._health.connections += 1
        self._health.opened += time.monotonic() >= self._began

    # --- the load -----------------------------------------------------------------------------

    def _play(self, start_at: float) -> None:
        """Begin every visit at its moment; returns when all have ended or were cut off."""
        watchers = self.start_recording(start_at)
        if self._plan.closed_users:
            self._play_closed(start_at)
        else:
            self._walk_schedule(start_at)
        self._wait_until(start_at + self._plan.profile.shape.duration_s)
        self._end_of_measuring()
        gevent.killall(watchers)
        self._drain()

    def _walk_schedule(self, start_at: float) -> None:
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

    def _wait_until(self, moment: float) -> bool:
        """Sleep until a moment or until the run is stopped; whether it had to."""
        waited = False
        while not self.stopping.is_set() and (left := moment - time.monotonic()) > 0:
            if left > 0.05:
                self.stopping.wait(left - 0.02)
            else:
                self._alarm.sleep_until(moment)
            waited = True
        return waited

    def _begin(self, arrival: Arrival, due_at: float) -> None:
        lag = time.monotonic() - due_at
        measured = arrival.at_s >= 0
        health = self._health
        if measured:
            health.scheduled += 1
            health.on_time += lag <= ON_TIME_S
            self._lag[bucket_of(microseconds(lag))] += 1
        if len(self._visits) >= self._plan.profile.visits_at_once_max:
            health.lost += measured
            return
        self._count_begun(arrival)
        self._visits.start(self._visit, arrival, due_at)

    def _count_begun(self, arrival: Arrival) -> None:
        if arrival.at_s >= 0:
            name, visits = arrival.journey_name, self._health.visits
            self._health.begun += 1
            visits[name] = visits.get(name, 0) + 1

    def _visit(self, arrival: Arrival, due_at: float) -> None:
        visit = LocustVisit(self._desk, arrival, due_at)
        try:
            self._journeys[arrival.journey_name].play(visit)
        except VisitCutError:
            return  # the failure has been counted
        except gevent.GreenletExit:
            self._count_unanswered(visit, arrival)
            raise
        except NobodyFreeError:
            self._health.lost += arrival.at_s >= 0
            gevent.sleep(NOBODY_FREE_PAUSE_S)
        except (Exception, SystemExit) as error:  # whatever a journey does, the others go on
            said = f"journey {arrival.journey_name}: {type(error).__name__}: {error}"
            errors = self._health.errors
            errors[said] = errors.get(said, 0) + 1

    # --- the closed model ---------------------------------------------------------------------

    def _play_closed(self, start_at: float) -> None:
        plan = self._plan
        self._wait_until(start_at - plan.profile.warm_up_s)
        for number in range(plan.share, plan.closed_users or 0, plan.of):
            self._visits.start(self._be_a_user, number, start_at)

    def _be_a_user(self, number: int, start_at: float) -> None:
        """One visit after another, with thinking between them, until the end."""
        plan = self._plan
        chance = random.Random(f"{plan.seed} {number}")  # noqa: S311 - chance, not a secret
        ends_at = start_at + plan.profile.shape.duration_s
        for name in cards(plan.mix(), chance):
            now = time.monotonic()
            if now >= ends_at or self.stopping.is_set():
                return
            arrival = Arrival(now - start_at, number, name, chance.getrandbits(48))
            self._count_begun(arrival)
            self._visit(arrival, now)
            think_s = plan.profile.think_s
            gevent.sleep(chance.expovariate(1 / think_s) if think_s > 0 else 0)

    # --- the end ------------------------------------------------------------------------------

    def _count_unanswered(self, visit: LocustVisit, arrival: Arrival) -> None:
        """A request that had no answer when the run ended has failed, however long it waited."""
        if visit.pending and arrival.at_s >= 0 and not self.stopping.is_set():
            endpoint = Endpoint(arrival.journey_name, visit.pending)
            waited_s = time.monotonic() - visit.due_at
            self._count(endpoint, visit.due_at - self._began, waited_s, waited_s, False)
            self._failures.add(endpoint, "no answer before the run ended", visit.pending)

    def _end_of_measuring(self) -> None:
        self._look_at_self()
        self._health.interrupted = self.stopping.is_set()

    def _look_at_self(self) -> None:
        health = self._health
        health.measured_s = max(0.0, time.monotonic() - self._began)
        if health.measured_s:
            health.cpu_share = (time.process_time() - self._cpu_began) / health.measured_s

    def _drain(self) -> None:
        """Wait for the visits under way, as long as a request may take; then cut them off."""
        stopped = self.stopping.is_set()
        patience_s = STOP_DRAIN_S if stopped else self._plan.profile.timeout_s + DRAIN_EXTRA_S
        self._visits.wait(patience_s)
        self._health.unfinished = len(self._visits)
        self._visits.let_go(timeout_s=1.0)

    # --- what is counted, and handed over each second -----------------------------------------

    def _count(
        self, at: Endpoint, intended_s: float, corrected_s: float, uncorrected_s: float, ok: bool
    ) -> None:
        counts = self._counts.get(at)
        if counts is None:
            counts = self._counts[at] = Counts()
        counts.add(intended_s, corrected_s, uncorrected_s, ok)
        self._answered += 1

    def _watch_loop(self) -> None:
        """How late this process wakes when it asked to: everything it does was that late, too."""
        self._wait_until(self._began)
        while True:
            due = time.monotonic() + LOOP_WAKE_S
            self._alarm.sleep_until(due)
            self._loop_lag[bucket_of(microseconds(time.monotonic() - due))] += 1

    def _report_each_second(self) -> None:
        self._wait_until(self._began)
        self._cpu_began = cpu_before = time.process_time()
        clock_before = self._began
        for number in range(1, 1 + int(self._plan.profile.shape.duration_s)):
            gevent.sleep(max(0.0, self._began + number - time.monotonic()))
            cpu, clock = time.process_time(), time.monotonic()
            self._look_at_self()
            self._report(cpu_share=(cpu - cpu_before) / (clock - clock_before))
            cpu_before, clock_before = cpu, clock

    def _report(self, *, cpu_share: float = 0.0, last: bool = False) -> None:
        """Hand over what was counted since the last report."""
        report = Report(
            second=time.monotonic() - self._began,
            answered=self._answered,
            waiting=len(self._visits),
            cpu_share=cpu_share,
            last=last,
            health=self._health,
            counts=self._counts,
            failures=self._failures,
            lag=self._lag,
            loop_lag=self._loop_lag,
        )
        self._counts, self._failures = {}, Failures()
        self._lag, self._loop_lag = Counter(), Counter()
        self._say(REPORT, report.to_plain())
