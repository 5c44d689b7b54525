"""The measuring itself: warm up, find a slice's length, then blocks in turn until time is up.

All endpoints take turns, a block each, so that a bad minute of the machine troubles all of them a
little. Each block meets one start of either build, drawn by lot, on a new connection: what a start
or a worker has by chance then shows as noise between blocks, and evens out. The first requests of a
long slice find caches that the other side filled, and are not counted.

CPU time is read once a block, after a moment of rest: the kernel books what a process has used when
it goes to sleep, so a reading straight after an answer would miss the last request or two.
"""

from __future__ import annotations

import gc
import random
import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from itertools import count
from time import perf_counter, process_time, sleep

from scenarios.duet.asking import Ask, Connection, NoAnswerError
from scenarios.duet.blocks import ORDERS, SIDES, Block, Series, Side, Slice
from scenarios.duet.cores import on_one_core
from scenarios.duet.endpoints import Endpoint
from scenarios.duet.sides import Build, Start
from scenarios.duet.spending import machine_s

# Noise comes and goes within milliseconds: the shorter the slices, the more alike is what both
# sides meet. Of 3.5 to 80 ms, 6 gave the narrowest intervals of those that hold a few requests.
SLICE_S = 0.006
SLICE_REQUESTS_MAX = 50
SLOW_S = 0.025  # answers so slow that more than one a slice would leave too few blocks
REST_S = 0.001
WARM_UP_S = 1.0
WARM_UP_REQUESTS_MIN = 20
WARM_UP_PART = 25  # a new connection after so many, as in the measured part


class NotComparableError(Exception):
    """An endpoint's answers are no comparison; the message says on which side and why."""


@dataclass
class Counts:
    """Requests of one endpoint or all: kept, sent but not counted, and failed."""

    kept: int = 0
    settling: int = 0
    warm_up: int = 0
    failed: int = 0


@dataclass
class Tally:
    """What was measured of one endpoint. `fault` says why it is no comparison, if it is none."""

    endpoint: Endpoint
    series: Series = field(default_factory=Series)
    counts: Counts = field(default_factory=Counts)
    fault: str = ""
    status: int = 0
    slice_requests: int = 0
    spent_s: float = 0.0

    def forget_half_a_block(self) -> None:
        """After a block that was cut short: its requests were sent, and nobody reads them."""
        whole = sum(len(part.latencies_s) for block in self.series.blocks for part in block.slices)
        self.counts.settling += self.counts.kept - whole
        self.counts.kept = whole

    @property
    def settling(self) -> int:
        """Requests at the head of a slice that are not counted; none where a slice is so short."""
        return min(2, self.slice_requests // 5)


@dataclass
class Duet:
    """The two builds, and for how long they are asked: `seconds` for each endpoint.

    `chance` tosses the coins of the blocks' orders, and nothing else. `tallies` are there while
    they are measured: what an interruption leaves is worth its time too.
    """

    builds: Mapping[Side, Build]
    seconds: float
    chance: random.Random
    other_cpu_share: float = 0.0
    core: int | None = None
    tallies: tuple[Tally, ...] = ()
    _turns: random.Random = field(init=False)

    def __post_init__(self) -> None:
        self._turns = random.Random(self.chance.random())  # noqa: S311 - no secret

    def measure(
        self, endpoints: Sequence[Endpoint], show: Callable[[str], None] = lambda line: None
    ) -> tuple[Tally, ...]:
        """Measure all endpoints; one that fails is kept with its fault, the others go on."""
        self.tallies = tallies = tuple(Tally(endpoint) for endpoint in endpoints)
        with self._other_load(), _no_collection(), on_one_core(self._pids()) as self.core:
            for tally in tallies:
                show(f"warm-up {tally.endpoint.name}")
                self._guarded(tally, self._warm_up)
            while running := [tally for tally in tallies if self._goes_on(tally)]:
                gc.collect()
                for tally in self._turns.sample(running, len(running)):
                    self._guarded(tally, self._block)
                left = max(self.seconds - tally.spent_s for tally in running)
                show(f"{len(running)} of {len(tallies)} endpoints, {max(0.0, left):.0f} s each")
        return tallies

    def _goes_on(self, tally: Tally) -> bool:
        """Whether there is time for another block as long as those before."""
        blocks = len(tally.series.blocks)
        next_s = tally.spent_s / blocks if blocks else 0.0
        return not tally.fault and tally.spent_s + next_s <= self.seconds

    def _guarded(self, tally: Tally, step: Callable[[Tally], None]) -> None:
        began = perf_counter()
        try:
            step(tally)
        except (NoAnswerError, NotComparableError) as error:
            tally.counts.failed += 1
            tally.fault = str(error)
        except KeyboardInterrupt:
            tally.forget_half_a_block()
            raise
        tally.spent_s += perf_counter() - began

    def _warm_up(self, tally: Tally) -> None:
        """Ask both sides in turns until they are warm; their pace gives a slice's length."""
        times: list[float] = []
        until = perf_counter() + WARM_UP_S
        for number in count():
            starts = {side: b.starts[number % len(b.starts)] for side, b in self.builds.items()}
            with self._lines(tally, starts) as lines:
                for _ in range(WARM_UP_PART):
                    times += [lines[side].ask(tally) for side in SIDES]
                    if perf_counter() >= until:
                        break
            everyone = number + 1 >= max(len(build.starts) for build in self.builds.values())
            if perf_counter() >= until and everyone and len(times) >= WARM_UP_REQUESTS_MIN:
                break
        tally.counts.warm_up += len(times)
        pace_s = statistics.median(times[len(times) // 2 :])
        fewest = 1 if pace_s > SLOW_S else 2
        tally.slice_requests = max(fewest, min(SLICE_REQUESTS_MAX, round(SLICE_S / pace_s)))

    def _block(self, tally: Tally) -> None:
        starts = {side: self._turns.choice(build.starts) for side, build in self.builds.items()}
        for side, start in starts.items():
            _refresh(side, start)
        before = {side: _spent_s(start) for side, start in starts.items()}
        with self._lines(tally, starts) as lines:
            order = self.chance.choice(ORDERS)
            slices = tuple(self._slice(tally, lines[side], side) for side in order)
        sleep(REST_S)
        asked = 1 + 2 * (tally.settling + tally.slice_requests)
        cpu_s = {}
        for side, start in starts.items():
            was, now = before[side], _spent_s(start)
            if was is not None and now is not None:
                cpu_s[side] = (now - was) / asked
        tally.series.blocks.append(Block(slices, cpu_s))

    def _slice(self, tally: Tally, line: _Line, side: Side) -> Slice:
        for _ in range(tally.settling):
            line.ask(tally)
        latencies = tuple(line.ask(tally) for _ in range(tally.slice_requests))
        tally.counts.settling += tally.settling
        tally.counts.kept += tally.slice_requests
        return Slice(side, latencies)

    @contextmanager
    def _lines(self, tally: Tally, starts: Mapping[Side, Start]) -> Iterator[Mapping[Side, _Line]]:
        """A connection to each side, each with one request behind it; closed on leaving."""
        with ExitStack() as stack:
            lines = {}
            for side in self._turns.sample(SIDES, 2):
                headers = self.builds[side].headers(tally.endpoint.who)
                connection = starts[side].connect()
                stack.callback(connection.close)
                request = Ask(tally.endpoint.path, headers).as_bytes(connection.host)
                lines[side] = _Line(connection, request, side)
                lines[side].ask(tally)
                tally.counts.settling += 1
            yield lines

    @contextmanager
    def _other_load(self) -> Iterator[None]:
        """Note what share of the machine neither the builds nor this process used."""
        for side, build in self.builds.items():
            for start in build.starts:
                _refresh(side, start)
        (busy, passed), ours = machine_s(), self._ours_s()
        try:
            yield
        finally:
            (busy_now, passed_now), ours_now = machine_s(), self._ours_s()
            if passed_now > passed:
                used = (busy_now - busy) - (ours_now - ours)
                self.other_cpu_share = min(1.0, max(0.0, used / (passed_now - passed)))

    def _pids(self) -> tuple[int, ...]:
        starts = (start for build in self.builds.values() for start in build.starts)
        return tuple(start.spending.pid for start in starts if start.spending)

    def _ours_s(self) -> float:
        starts = [start for build in self.builds.values() for start in build.starts]
        return process_time() + sum(_spent_s(start) or 0.0 for start in starts)


@dataclass
class _Line:
    """A connection with the one request that goes over it."""

    connection: Connection
    request: bytes
    side: Side

    def ask(self, tally: Tally) -> float:
        """Seconds to the whole answer. Raises NoAnswerError, NotComparableError."""
        reply = self.connection.ask(self.request)
        if reply.status != tally.status:
            if tally.status or not 200 <= reply.status < 300:
                wanted = tally.status or "2xx"
                raise NotComparableError(
                    f"the {self.side} side answers {reply.status}, expected {wanted}"
                )
            tally.status = reply.status
        return reply.seconds


def _refresh(side: Side, start: Start) -> None:
    if start.spending is None:
        return
    try:
        start.spending.refresh()
    except ProcessLookupError as error:
        raise NotComparableError(f"the {side} side: {error}") from None


def _spent_s(start: Start) -> float | None:
    return start.spending.total_s() if start.spending else None


@contextmanager
def _no_collection() -> Iterator[None]:
    """Python's collector pauses whoever is measured at that moment, so it waits.

    What stands already is taken out of its sight: between blocks it is to look at little.
    """
    was_on = gc.isenabled()
    gc.disable()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
        if was_on:
            gc.enable()
