"""Starts the generators, watches the service while they play, and gathers what they measured."""

from __future__ import annotations

import contextlib
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import FrameType

from scenarios.observer import Observer
from scenarios.plan import Plan
from scenarios.runs import Run
from scenarios.wire import Fault, Message, Progress, Ready, Result, decode

ROOT = Path(__file__).resolve().parent.parent
PREPARE_WITHIN_S = 60.0
LEAD_S = 0.3  # between the word to start and the first arrival
END_EXTRA_S = 15.0  # beyond the last answer that a generator waits for
INTERRUPTED_WITHIN_S = 8.0
LEAVE_WITHIN_S = 5.0  # for a generator that has handed over what it measured
LOOK_EVERY_S = 1.0


class LoadError(Exception):
    """The load could not begin; the message says why and what to try."""


@dataclass
class _Generator:
    """One generator's process and what it said last."""

    number: int
    process: subprocess.Popen[str]
    ready: bool = False
    progress: Progress | None = None
    result: Result | None = None
    gone: bool = False


@dataclass(frozen=True)
class Moment:
    """How the run stands, for whoever shows it. Sums over the generators, the worst lag."""

    second: float
    duration_s: float
    started: int
    answered: int
    failed: int
    lag_ms: float
    p95_ms: float
    cpu_share: float


@dataclass
class Conductor:
    """Conducts one run: `conduct` returns it, whole or as far as it went."""

    plan: Plan
    generators: int
    observer: Observer
    show: Callable[[Moment], None] = lambda moment: None
    _all: list[_Generator] = field(default_factory=list)
    _inbox: queue.Queue[tuple[_Generator, Message | None]] = field(default_factory=queue.Queue)
    _interrupted: bool = False

    def conduct(self) -> Run:
        """Play the plan. Raises LoadError when it cannot begin.

        Ctrl-C, or SIGTERM, ends it early: what was measured until then is returned.
        """
        with self._interrupts(), self._processes():
            self._await_ready()
            if self._interrupted:
                raise LoadError("interrupted before the load began; nothing was measured")
            start_at = time.monotonic() + self.plan.profile.warm_up_s + LEAD_S
            started = datetime.now(UTC) + timedelta(seconds=start_at - time.monotonic())
            for generator in self._all:
                self._tell(generator, f"{start_at}\n")
            self._watch(start_at)
        return Run(
            plan=self.plan,
            started=started.isoformat(timespec="microseconds"),
            generators=self.generators,
            results=tuple(item.result for item in self._all if item.result is not None),
            observed=self.observer.seen,
        )

    # --- processes ----------------------------------------------------------------------------

    @contextlib.contextmanager
    def _processes(self) -> Iterator[None]:
        try:
            for number in range(self.generators):
                self._all.append(self._start(number))
            yield
        finally:
            for generator in self._all:
                if generator.result is not None:
                    with contextlib.suppress(subprocess.TimeoutExpired):
                        generator.process.wait(LEAVE_WITHIN_S)
                generator.process.kill()
                generator.process.wait()

    def _start(self, number: int) -> _Generator:
        process = subprocess.Popen(
            [sys.executable, "-m", "scenarios.arrivals"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            bufsize=1,
            cwd=ROOT,
        )
        generator = _Generator(number, process)
        share = self.plan.model_copy(update={"share": number, "of": self.generators})
        self._tell(generator, share.model_dump_json() + "\n")
        threading.Thread(target=self._listen, args=(generator,), daemon=True).start()
        return generator

    def _tell(self, generator: _Generator, line: str) -> None:
        assert generator.process.stdin is not None
        # one that died is noticed where its messages end
        with contextlib.suppress(BrokenPipeError):
            generator.process.stdin.write(line)
            generator.process.stdin.flush()

    def _listen(self, generator: _Generator) -> None:
        assert generator.process.stdout is not None
        for line in generator.process.stdout:
            self._inbox.put((generator, decode(line)))
        self._inbox.put((generator, None))

    @contextlib.contextmanager
    def _interrupts(self) -> Iterator[None]:
        """Turn the first interrupt into an early end, and leave a second one its usual meaning."""
        numbers = (signal.SIGINT, signal.SIGTERM)

        def interrupt(_number: int, _frame: FrameType | None) -> None:
            self._interrupted = True
            for generator in self._all:
                generator.process.send_signal(signal.SIGINT)
            for number, handler in before.items():
                signal.signal(number, handler)

        before = {number: signal.signal(number, interrupt) for number in numbers}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    # --- phases -------------------------------------------------------------------------------

    def _await_ready(self) -> None:
        until = time.monotonic() + PREPARE_WITHIN_S
        while not all(generator.ready for generator in self._all):
            if self._interrupted:
                return
            left = until - time.monotonic()
            if left <= 0:
                raise LoadError(
                    f"the generators were not ready within {PREPARE_WITHIN_S:g} s: they log "
                    f"{self.plan.sessions_first} people in first; try fewer with --sessions"
                )
            self._take(min(left, LOOK_EVERY_S))
            if any(generator.gone for generator in self._all):
                raise LoadError("a generator ended before it began; its last words stand above")

    def _watch(self, start_at: float) -> None:
        """Look at the service each second until every generator has handed over or is gone."""
        profile = self.plan.profile
        ends_at = start_at + profile.shape.duration_s
        patience = ends_at + profile.timeout_s + END_EXTRA_S
        look_at, number, ended = start_at, 0, False
        while any(item.result is None and not item.gone for item in self._all):
            now = time.monotonic()
            if self._interrupted:
                patience = min(patience, now + INTERRUPTED_WITHIN_S)
            if now > patience:
                return
            if now >= look_at and not ended:
                ended = self._look(number, now - start_at, now >= ends_at)
                number += 1
                look_at = min(start_at + number * LOOK_EVERY_S, max(ends_at, now + 0.001))
            self._take(0.5 if ended else min(0.5, max(0.001, look_at - time.monotonic())))
        if not ended and number:
            self.observer.end(time.monotonic() - start_at)

    def _look(self, number: int, at_s: float, last: bool) -> bool:
        if number == 0:
            self.observer.begin(at_s)
        elif last:
            self.observer.end(at_s)
        else:
            self.observer.look(at_s)
        self._show(at_s)
        return last

    def _take(self, within_s: float) -> None:
        """Take in one message, if one comes in time. Raises LoadError for a fault."""
        try:
            generator, message = self._inbox.get(timeout=within_s)
        except queue.Empty:
            return
        match message:
            case Ready():
                generator.ready = True
            case Fault(text):
                raise LoadError(text)
            case Progress():
                generator.progress = message
            case Result():
                generator.result = message
            case None:
                generator.gone = True

    def _show(self, at_s: float) -> None:
        said = [item.progress for item in self._all if item.progress is not None]
        if said:
            self.show(
                Moment(
                    second=at_s,
                    duration_s=self.plan.profile.shape.duration_s,
                    started=sum(item.started for item in said),
                    answered=sum(item.answered for item in said),
                    failed=sum(item.failed for item in said),
                    lag_ms=max(item.lag_ms for item in said),
                    p95_ms=max(item.p95_ms for item in said),
                    cpu_share=max(item.cpu_share for item in said),
                )
            )
