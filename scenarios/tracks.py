"""What was read of one thing again and again while the load lasted."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol


class Reading(NamedTuple):
    """One value, as it stands at this moment; `label` tells apart what has the same metric."""

    metric: str
    unit: str
    value: float
    label: str = ""


@dataclass
class Track:
    """A metric over time: points are (seconds since the start of the load, value)."""

    unit: str
    points: list[tuple[float, float]] = field(default_factory=list)


class Tracks(dict[tuple[str, str], Track]):
    """Tracks by metric and label, in the order in which they were first seen."""

    def add(self, at_s: float, reading: Reading) -> None:
        """Note a reading."""
        track = self.setdefault((reading.metric, reading.label), Track(reading.unit))
        track.points.append((at_s, reading.value))

    def values(self, metric: str, label: str = "") -> list[float]:  # type: ignore[override]
        """The values of one track, in order; none where it was never read."""
        track = self.get((metric, label))
        return [] if track is None else [value for _, value in track.points]


class StoreError(Exception):
    """A store could not be read; the message says which and why."""


class Store(Protocol):
    """Something beside the service that can be asked how it fares: a database, a cache."""

    @property
    def name(self) -> str:
        """What it is, as the first word of its metrics."""

    def begin(self) -> None:
        """Begin to count. Raises StoreError where it cannot be read."""

    def look(self, passed_s: float) -> Iterator[Reading]:
        """How it stands, and what it did in `passed_s` since the last look. Raises StoreError."""

    def close(self) -> None:
        """Let go of connections."""


class Rates:
    """Turns counters that only grow into what was counted a second."""

    def __init__(self) -> None:
        self._before: dict[str, float] = {}

    def since(self, counters: Mapping[str, float]) -> dict[str, float]:
        """How much each counter has grown since the last call; one that fell began anew."""
        grown = {
            name: value - before
            for name, value in counters.items()
            if (before := self._before.get(name)) is not None and value >= before
        }
        self._before = dict(counters)
        return grown
