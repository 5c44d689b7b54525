"""Trials of the duet against services whose difference is known, and how often it was right.

Real trials start two services anew and measure over HTTP. Simulated ones replay blocks that were
really recorded on two services alike: each draws a stretch of neighbouring blocks, tosses the coin
of each block anew, and makes the new side's requests take longer by the known share, so that the
machine's noise is real, with its bursts, and only the difference is made up.
"""

from __future__ import annotations

import random
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter

from scenarios import intervals
from scenarios.duet.__main__ import ALLOWANCE_PERCENT
from scenarios.duet.blocks import METRICS, Block, Metric, Series, Side, Slice
from scenarios.duet.endpoints import Endpoint
from scenarios.duet.measuring import Duet, Tally
from scenarios.duet.outcome import Outcome, Rules, judge
from scenarios.duet.ratios import Word
from scenarios.duet.sides import Build, Start
from scenarios.duet.spending import Spending
from suites.bench.duet_service import work

ROOT = Path(__file__).parents[2]
SERVICE_S = 0.0015
INJECTED = 0.05
RULES = Rules(METRICS, allowance=ALLOWANCE_PERCENT / 100)
ENDPOINT = Endpoint("GET /", "/")


@dataclass(frozen=True)
class Rate:
    """How often something was seen, with the exact 99 % interval of the share."""

    seen: int
    trials: int

    def __str__(self) -> str:
        bounds = intervals.ratio(self.seen, self.trials)
        return f"{self.seen} of {self.trials} (99 % interval {bounds.low:.1%} to {bounds.high:.1%})"


@dataclass(frozen=True)
class Trials:
    """The outcomes of trials in which the same was true."""

    outcomes: Sequence[Outcome]

    def saw(self, *words: Word, metric: Metric | None = None) -> Rate:
        """Trials in which some comparison, or that of `metric`, had one of these verdicts."""
        hits = sum(
            any(
                item.word in words and metric in (None, item.metric) for item in outcome.comparisons
            )
            for outcome in self.outcomes
        )
        return Rate(hits, len(self.outcomes))


def rounds_for(seconds: float) -> int:
    """The rounds of hashing that take about so long on this machine."""
    work(200)
    times = []
    for _ in range(9):
        began = perf_counter()
        work(200)
        times.append(perf_counter() - began)
    return max(20, round(200 * seconds / sorted(times)[4]))


@contextmanager
def service(side: Side, rounds: int) -> Iterator[Build]:
    """A running service of known work; ended on leaving."""
    argv = [sys.executable, "-m", "suites.bench.duet_service", str(rounds)]
    process = subprocess.Popen(
        argv, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        assert process.stdout is not None
        url = process.stdout.readline().strip()
        yield Build(side, (Start(url, Spending(process.pid)),))
    finally:
        process.communicate()


def record(rounds: int, share_more: float, seconds: float, seed: int) -> Tally:
    """Measure two services that were just started, the new one with so much more to do."""
    with ExitStack() as stack:
        base = stack.enter_context(service("base", rounds))
        new = stack.enter_context(service("new", round(rounds * (1 + share_more))))
        chance = random.Random(seed)  # noqa: S311 - no secret
        duet = Duet({"base": base, "new": new}, seconds, chance)
        (tally,) = duet.measure([ENDPOINT])
    assert not tally.fault, tally.fault
    return tally


def outcomes_of(recorded: Sequence[Tally]) -> Trials:
    """What the duet says of each of these."""
    return Trials([judge([tally], RULES) for tally in recorded])


def simulated(recorded: Sequence[Tally], share_more: float, trials: int, seed: int = 1) -> Trials:
    """Trials that replay what was recorded of services alike."""
    chance = random.Random(seed)  # noqa: S311 - no secret
    outcomes = []
    for _ in range(trials):
        tally = chance.choice(recorded)
        blocks = tally.series.blocks
        start = chance.randrange(len(blocks))
        turned = [*blocks[start:], *blocks[:start]]
        tossed = [_again(block, share_more, chance) for block in turned]
        outcomes.append(judge([replace(tally, series=Series(tossed))], RULES))
    return Trials(outcomes)


def _again(block: Block, share_more: float, chance: random.Random) -> Block:
    """The block as it might have come out after another toss, with a new side that is slower."""
    swapped = chance.random() < 0.5
    other: dict[Side, Side] = {"base": "new", "new": "base"}

    def seat(side: Side) -> Side:
        return other[side] if swapped else side

    def longer(side: Side, value: float) -> float:
        return value * (1 + share_more) if side == "new" else value

    slices = tuple(
        Slice(side, tuple(longer(side, value) for value in part.latencies_s))
        for part in block.slices
        for side in (seat(part.side),)
    )
    return Block(slices, {seat(s): longer(seat(s), value) for s, value in block.cpu_s.items()})
