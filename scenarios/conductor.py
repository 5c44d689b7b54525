"""Conducts one run: gathers the generators, agrees with them on the start, and takes in what they
measure while the service is watched.

There is one way of working for one generator and for many, on this machine and on others: they are
Locust workers of the Locust master in this process (`station`), and speak in the words of `wire`.
"""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import FrameType

from scenarios.clocks import Exchange, Offset, offset_of
from scenarios.crew import Crew
from scenarios.moments import Moment, Watcher, moment_of
from scenarios.observer import Observer
from scenarios.plan import Plan
from scenarios.posts import Post
from scenarios.runs import Run
from scenarios.station import Letter, Station, StationError, in_a_thread
from scenarios.webui import WebUi
from scenarios.wire import CLOCK, FAULT, HELLO, PLAN, READY, REPORT, START, VERSION, Report, Result

PREPARE_WITHIN_S = 60.0
LEAD_S = 0.3  # between the word to start and the first arrival
END_EXTRA_S = 15.0  # beyond the last answer that a generator waits for
STOPPED_WITHIN_S = 8.0
LOOK_EVERY_S = 1.0
CLOCK_EXCHANGES = 8
CLOCK_WITHIN_S = 2.0
SILENT_FOR_S = 10.0  # a worker elsewhere that Locust misses for so long is lost
INTERRUPTED = "interrupted"
STOPPED_BY_LOCUST = "stopped in the web UI"


class LoadError(Exception):
    """The load could not begin; the message says why and what to try."""


@dataclass
class _Generator:
    """One generator and what it said last."""

    id: str
    pid: int
    host: str
    ready: bool = False
    offset: Offset | None = None
    exchanges: list[Exchange] = field(default_factory=list)
    report: Report | None = None
    result: Result = field(default_factory=lambda: Result(finished=False))
    missed_since: float | None = None
    gone: bool = False

    @property
    def done(self) -> bool:
        """Nothing more is to be expected of it."""
        return self.gone or (self.report is not None and self.report.last)


@dataclass
class Conductor:
    """Conducts one run: `conduct` returns it, whole or as far as it went.

    `show` is told how the run stands each second; `watchers` are too, and may end it.
    """

    plan: Plan
    generators: int
    observer: Observer
    show: Callable[[Moment], None] = lambda moment: None
    post: Post = field(default_factory=Post)
    watchers: Sequence[Watcher] = ()
    say: Callable[[str], None] = lambda text: None
    _all: dict[str, _Generator] = field(default_factory=dict)
    _ended_early: str = ""
    _over: bool = False
    _shown: int = -1

    def conduct(self) -> Run:
        """Play the plan. Raises LoadError when it cannot begin.

        Ctrl-C, or SIGTERM, ends it early: what was measured until then is returned.
        """
        with self._interrupts(), self._at_the_station():
            self._gather()
            for generator in self._all.values():
                generator.offset = self._compare_clocks(generator)
            self._hand_out()
            self._await_ready()
            if self._ended_early:
                raise LoadError("interrupted before the load began; nothing was measured")
            start_at = time.monotonic() + self.plan.profile.warm_up_s + LEAD_S
            started = datetime.now(UTC) + timedelta(seconds=start_at - time.monotonic())
            for generator in self._all.values():
                assert generator.offset is not None
                at = start_at + generator.offset.seconds
                self._station.send(START, {"at": at}, generator.id)
            self._watch(start_at)
            self._over = True
            clocks_s = self._clock_uncertainty_s()
        return Run(
            plan=self.plan,
            started=started.isoformat(timespec="microseconds"),
            generators=self.generators,
            results=tuple(generator.result for generator in self._all.values()),
            observed=self.observer.seen,
            clock_uncertainty_s=clocks_s,
            ended_early=self._ended_early,
        )

    # --- the station and the crew ----------------------------------------------------------------

    @contextlib.contextmanager
    def _at_the_station(self) -> Iterator[None]:
        try:
            self._station = Station(self.plan.url, self.post.bind_host, self.post.bind_port)
        except StationError as error:
            raise LoadError(str(error)) from None
        self._station.on_stopping(self._on_stopping)
        here = self.post.bind_host
        self._crew = Crew(self.generators if self.post.local else 0, here, self._station.port)
        try:
            with self._web_ui():
                yield
        finally:
            self._over = True
            self._station.close()
            self._crew.dismiss()

    @contextlib.contextmanager
    def _web_ui(self) -> Iterator[None]:
        if self.post.ui_port is None:
            yield
            return
        with WebUi(self._station, self.post.ui_port) as ui:
            self.say(f"Locust's web UI: {ui.url} (its Stop ends the run in order)")
            yield

    def _on_stopping(self) -> None:
        if not self._over:
            self._ended_early = self._ended_early or STOPPED_BY_LOCUST

    def _stop(self, reason: str) -> None:
        """End the load early; what was measured until now is handed over."""
        if not self._ended_early:
            self._ended_early = reason
            self._station.stop()

    @contextlib.contextmanager
    def _interrupts(self) -> Iterator[None]:
        """Turn the first interrupt into an early end, and leave a second one its usual meaning."""
        numbers = (signal.SIGINT, signal.SIGTERM)
        self._interrupted = False

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            self._interrupted = True
            for number, handler in before.items():
                signal.signal(number, handler)

        before = {number: signal.signal(number, interrupt) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    # --- before the start ------------------------------------------------------------------------

    def _gather(self) -> None:
        """Wait for every generator to say that it is there."""
        if not self.post.local:
            where = f"{self.post.bind_host}:{self._station.port}"
            self.say(f"waiting for {self.generators} workers at {where}")
        if not self._until(lambda: len(self._all) >= self.generators, self.post.wait_s):
            came, within = f"{len(self._all)} of {self.generators}", f"{self.post.wait_s:g} s"
            raise LoadError(
                f"{came} workers came within {within}.\nStart the others with: python -m scenarios "
                f"run --worker HOST:{self._station.port}, or ask for fewer with --expect-workers."
            )

    def _hand_out(self) -> None:
        for share, generator in enumerate(self._all.values()):
            part = self.plan.model_copy(update={"share": share, "of": self.generators})
            self._station.send(PLAN, {"plan": part.model_dump_json()}, generator.id)
        self._station.spawn_users(self.generators)

    def _await_ready(self) -> None:
        generators = self._all.values()
        if not self._until(lambda: all(item.ready for item in generators), PREPARE_WITHIN_S):
            raise LoadError(
                f"the generators were not ready within {PREPARE_WITHIN_S:g} s: they log "
                f"{self.plan.sessions_first} people in first; try fewer with --sessions"
            )

    def _until(self, condition: Callable[[], bool], within_s: float) -> bool:
        """Take in messages until something holds; whether it did in time. Raises LoadError."""
        until = time.monotonic() + within_s
        while not condition():
            left = until - time.monotonic()
            if left <= 0:
                return False
            self._take(min(left, 0.5))
            self._look_for_the_lost()
            if self._interrupted:
                raise LoadError("interrupted before the load began; nothing was measured")
            if self._crew.lost or any(item.gone for item in self._all.values()):
                raise LoadError("a generator ended before it began; its last words stand above")
        return True

    def _compare_clocks(self, generator: _Generator) -> Offset | None:
        """How far a generator's clock is from this one, now; None where it does not answer."""
        generator.exchanges.clear()
        until = time.monotonic() + CLOCK_WITHIN_S
        for asked in range(1, 1 + CLOCK_EXCHANGES):
            self._station.send(CLOCK, {"sent": time.monotonic()}, generator.id)
            while len(generator.exchanges) < asked and time.monotonic() < until:
                self._take(CLOCK_WITHIN_S / 4)
        return offset_of(generator.exchanges) if generator.exchanges else None

    def _clock_uncertainty_s(self) -> float:
        """How well the clocks are known to have agreed, from before the start until now."""
        worst = 0.0
        for generator in self._all.values():
            assert generator.offset is not None
            now = None if generator.gone else self._compare_clocks(generator)
            offset = generator.offset if now is None else generator.offset.plus_drift_to(now)
            worst = max(worst, offset.uncertainty_s)
        return worst

    # --- while it runs ---------------------------------------------------------------------------

    def _watch(self, start_at: float) -> None:
        """Look at the service each second until every generator has handed over or is gone."""
        profile = self.plan.profile
        ends_at = start_at + profile.shape.duration_s
        patience = ends_at + profile.timeout_s + END_EXTRA_S
        look_at, number, ended = start_at, 0, False
        while not all(item.done for item in self._all.values()):
            now = time.monotonic()
            if self._interrupted:
                self._stop(INTERRUPTED)
            if self._ended_early:
                patience = min(patience, now + STOPPED_WITHIN_S)
            if now > patience:
                break
            if now >= look_at and not ended:
                ended = self._look(number, now - start_at, now >= ends_at)
                number += 1
                look_at = min(start_at + number * LOOK_EVERY_S, max(ends_at, now + 0.001))
            self._take(0.5 if ended else min(0.5, max(0.001, look_at - time.monotonic())))
            self._look_for_the_lost()
            self._show(time.monotonic() - start_at)
        if not ended and number:
            in_a_thread(self.observer.end, time.monotonic() - start_at)

    def _look(self, number: int, at_s: float, last: bool) -> bool:
        if number == 0:
            in_a_thread(self.observer.begin, at_s)
        elif last:
            in_a_thread(self.observer.end, at_s)
        else:
            in_a_thread(self.observer.look, at_s)
        return last

    def _take(self, within_s: float) -> None:
        """Take in one message, if one comes in time. Raises LoadError for a fault."""
        letter = self._station.letter(within_s)
        if letter is None:
            return
        if letter.kind == HELLO:
            self._welcome(letter)
            return
        generator = self._all.get(letter.sender)
        if generator is None:
            return  # one that came too late, or too many
        if letter.kind == CLOCK:
            exchange = Exchange(letter.data["sent"], letter.data["there"], letter.came_at)
            generator.exchanges.append(exchange)
        elif letter.kind == READY:
            generator.ready = True
        elif letter.kind == FAULT:
            raise LoadError(str(letter.data))
        elif letter.kind == REPORT:
            generator.report = Report.from_plain(letter.data)
            generator.result.take(generator.report)

    def _welcome(self, letter: Letter) -> None:
        said = letter.data
        if said["version"] != VERSION:
            raise LoadError(
                f"the worker on {said['host']} speaks version {said['version']} of the messages, "
                f"this one {VERSION}: run the same release on every machine"
            )
        if len(self._all) < self.generators:
            self._all[letter.sender] = _Generator(letter.sender, said["pid"], said["host"])

    def _look_for_the_lost(self) -> None:
        """Notice generators that died: those started here at once, others by their silence."""
        now = time.monotonic()
        for generator in self._all.values():
            if self.post.local:
                generator.gone = self._crew.ended(generator.pid)
                continue
            if not self._station.missing(generator.id):
                generator.missed_since = None
            elif generator.missed_since is None:
                generator.missed_since = now
            since = generator.missed_since
            generator.gone = since is not None and now - since > SILENT_FOR_S

    def _show(self, at_s: float) -> None:
        """Once a second, when all who still play have reported it."""
        playing = [item for item in self._all.values() if item.report and not item.done]
        reports = [item.report for item in playing if item.report is not None]
        if not reports or len(reports) < sum(not item.done for item in self._all.values()):
            return
        reported = int(min(report.second for report in reports))
        if reported <= self._shown:
            return
        self._shown = reported
        results = [item.result for item in self._all.values()]
        moment = moment_of(self.plan, at_s, reports, results)
        self.show(moment)
        for watcher in self.watchers:
            if reason := watcher(moment):
                self._stop(reason)
