"""Slices and blocks of requests, and the numbers that a metric makes of them: pure."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
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
GROUPS_MAX = 400  # all pairs of them are looked at


@dataclass(frozen=True)
class Slice:
    """A run of sequential requests to one side; `latencies_s` are of those that were kept."""

    side: Side
    latencies_s: tuple[float, ...]


@dataclass(frozen=True)
class Block:
    """The slices of one toss of the coin, two a side.

    `cpu_s` is what each side's processes spent for a request, from the block's first connection to
    the last answer; empty where it could not be read.
    """

    slices: tuple[Slice, ...]
    cpu_s: Mapping[Side, float] = field(default_factory=dict)

    def latencies_s(self, side: Side) -> NDArray[np.float64]:
        """What one side's requests took, both slices together."""
        found = [value for part in self.slices if part.side == side for value in part.latencies_s]
        return np.asarray(found, dtype=float)


@dataclass
class Series:
    """All blocks of one endpoint, as they come in."""

    blocks: list[Block] = field(default_factory=list)

    def latencies_s(self, side: Side) -> NDArray[np.float64]:
        """What all kept requests of one side took."""
        parts = [block.latencies_s(side) for block in self.blocks]
        return np.concatenate(parts) if parts else np.zeros(0)

    def logs(self, metric: Metric) -> list[float]:
        """One logarithm of new over base for each group of neighbouring blocks.

        A group is one block, or as many as the tail's requests or `GROUPS_MAX` demand; a rest that
        makes no group is left. Each block was tossed for by itself, so a whole group turned round
        is as likely as the group that came: its sign is a fair coin's too. Empty where the metric
        could not be read.
        """
        if metric == "cpu":
            found = [_cpu_log(group) for group in self._groups(1)]
            return [value for value in found if value is not None] if None not in found else []
        if metric == "p50":
            return [_latency_log(group, 0.5) for group in self._groups(1)]
        return [_latency_log(group, 0.95) for group in self._groups(TAIL_REQUESTS)]

    def _groups(self, requests: int) -> Iterator[list[Block]]:
        """Neighbouring blocks, as many together as hold so many requests a side."""
        fewest = -(-len(self.blocks) // GROUPS_MAX)
        group: list[Block] = []
        for block in self.blocks:
            group.append(block)
            if len(group) >= fewest and all(_requests(group, side) >= requests for side in SIDES):
                yield group
                group = []


def _requests(group: Sequence[Block], side: Side) -> int:
    return sum(
        len(part.latencies_s) for block in group for part in block.slices if part.side == side
    )


def _latency_log(group: Sequence[Block], share: float) -> float:
    base, new = (
        nearest_rank(np.concatenate([block.latencies_s(side) for block in group]), share)
        for side in SIDES
    )
    return math.log(new / base)


def _cpu_log(group: Sequence[Block]) -> float | None:
    spent: dict[Side, float] = {}
    for side in SIDES:
        if any(side not in block.cpu_s for block in group):
            return None
        spent[side] = sum(block.cpu_s[side] for block in group)
    return math.log(spent["new"] / spent["base"]) if min(spent.values()) > 0 else None
