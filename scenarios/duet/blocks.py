"""Slices and blocks of requests, and the numbers that a metric makes of them: pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from scenarios.duet.ratios import nearest_rank

Side = Literal["base", "new"]
Metric = Literal["p50", "p95", "cpu"]
SIDES: tuple[Side, Side] = ("base", "new")
METRICS: tuple[Metric, ...] = ("p50", "p95", "cpu")
ORDERS: tuple[tuple[Side, ...], tuple[Side, ...]] = (
    ("base", "new", "new", "base"),
    ("new", "base", "base", "new"),
)
# Of fewer requests a side the highest twentieth is not even one.
TAIL_REQUESTS = 20


@dataclass(frozen=True)
class Slice:
    """A run of sequential requests to one side.

    `latencies_s` are of the requests that were kept; `cpu_s` is what the side's processes spent
    meanwhile, None where it could not be read.
    """

    side: Side
    latencies_s: tuple[float, ...]
    cpu_s: float | None = None


@dataclass(frozen=True)
class Block:
    """The slices of one toss of the coin, two a side."""

    slices: tuple[Slice, ...]

    def latencies_s(self, side: Side) -> NDArray[np.float64]:
        """What one side's requests took, both slices together."""
        found = [value for part in self.slices if part.side == side for value in part.latencies_s]
        return np.asarray(found, dtype=float)

    def cpu_s(self, side: Side) -> float | None:
        """What one side spent for a request; None where a slice does not know."""
        mine = [part for part in self.slices if part.side == side]
        spent = [part.cpu_s for part in mine if part.cpu_s is not None]
        requests = sum(len(part.latencies_s) for part in mine)
        if len(spent) < len(mine) or not requests:
            return None
        return sum(spent) / requests


@dataclass
class Series:
    """All blocks of one endpoint, as they come in."""

    blocks: list[Block] = field(default_factory=list)

    def latencies_s(self, side: Side) -> NDArray[np.float64]:
        """What all kept requests of one side took."""
        parts = [block.latencies_s(side) for block in self.blocks]
        return np.concatenate(parts) if parts else np.zeros(0)

    def logs(self, metric: Metric) -> list[float]:
        """One logarithm of new over base a block; a group of blocks for the tail.

        Empty where the metric could not be read. A group's blocks were tossed for one by one, so
        turning all of them at once is as likely as not: its sign is a fair coin's too.
        """
        if metric == "cpu":
            return self._cpu_logs()
        share = 0.5 if metric == "p50" else 0.95
        groups = [[block] for block in self.blocks] if metric == "p50" else list(self._groups())
        return [_log_ratio(group, lambda values: nearest_rank(values, share)) for group in groups]

    def _cpu_logs(self) -> list[float]:
        found = []
        for block in self.blocks:
            base, new = block.cpu_s("base"), block.cpu_s("new")
            if base is None or new is None or base <= 0 or new <= 0:
                return []
            found.append(math.log(new / base))
        return found

    def _groups(self) -> Iterator[list[Block]]:
        """Neighbouring blocks, as many together as make `TAIL_REQUESTS` a side; a rest is left."""
        group: list[Block] = []
        for block in self.blocks:
            group.append(block)
            if all(_requests(group, side) >= TAIL_REQUESTS for side in SIDES):
                yield group
                group = []


def _requests(group: Sequence[Block], side: Side) -> int:
    return sum(len(block.latencies_s(side)) for block in group)


def _log_ratio(group: Sequence[Block], reading: Callable[[NDArray[np.float64]], float]) -> float:
    base, new = (
        reading(np.concatenate([block.latencies_s(side) for block in group])) for side in SIDES
    )
    return math.log(new / base)
