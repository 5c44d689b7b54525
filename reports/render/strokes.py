"""A line of a chart as strokes: few enough points to draw, and none across what nobody saw. Pure.

A line is parted where nothing was recorded for longer than usual: a straight stroke across an
outage would read as values that nobody saw.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, pairwise
from statistics import median

Point = tuple[float, float]
MOST_GAPS = 50
GAP = 1.5  # how many usual steps long a step is that parts a line


@dataclass(frozen=True)
class Strokes:
    """A line as it is drawn: its pieces, and the gaps between them, from moment to moment."""

    pieces: tuple[tuple[Point, ...], ...]
    gaps: tuple[tuple[float, float], ...]

    def thinned(self, most: int) -> Strokes:
        """At most about `most` points in all, and of each piece its lowest and highest."""
        room = most / sum(map(len, self.pieces))
        kept = (thinned(piece, max(room * len(piece), 2)) for piece in self.pieces)
        return replace(self, pieces=tuple(map(tuple, kept)))

    @property
    def points(self) -> Iterator[Point]:
        """Of all pieces, in order."""
        return chain.from_iterable(self.pieces)

    @property
    def moments(self) -> Iterator[float]:
        """Those of the points, and one within each gap, at which there is no value."""
        yield from (at for at, _ in self.points)
        yield from ((begin + end) / 2 for begin, end in self.gaps)


def strokes_of(points: Sequence[Point], most: int, *, whole: bool = False) -> Strokes:
    """Points in order as strokes, at most about `most` of them; `whole` ones are never parted."""
    pieces = [points] if whole else parted(points)
    return Strokes(
        pieces=tuple(map(tuple, pieces)),
        gaps=tuple((before[-1][0], after[0][0]) for before, after in pairwise(pieces)),
    ).thinned(most)


def parted(points: Sequence[Point]) -> list[Sequence[Point]]:
    """Points in pieces, parted where the time between two is longer than between most.

    Of more than `MOST_GAPS` gaps the longest part the points: a line torn into hundreds of pieces
    would fill the page.
    """
    steps = [after[0] - before[0] for before, after in pairwise(points)]
    usual = median([step for step in steps if step > 0] or [0.0])
    wide = [index for index, step in enumerate(steps, start=1) if step > usual * GAP]
    longest = sorted(wide, key=lambda index: -steps[index - 1])[:MOST_GAPS]
    ends = [0, *sorted(longest), len(points)]
    return [points[begin:end] for begin, end in pairwise(ends)]


def thinned(points: Sequence[Point], most: float) -> Iterable[Point]:
    """At most about `most` points, keeping the lowest and the highest of every stretch."""
    if len(points) <= most:
        return points
    size = math.ceil(len(points) / (most / 2))
    kept: list[Point] = []
    for begin in range(0, len(points), size):
        stretch = points[begin : begin + size]
        ends = {min(stretch, key=lambda p: p[1]), max(stretch, key=lambda p: p[1])}
        kept += sorted(ends)
    return kept
