"""How far another machine's clock is from this one, and how well that is known.

A message goes there and comes back with the other clock's reading. The reading was taken somewhere
between sending and receiving; taken for the middle, it is wrong by half the way there and back at
the most. Of several such exchanges the quickest says most (Cristian, Probabilistic clock
synchronization, 1989; NTP's clock filter, RFC 5905, section 10, goes by the same).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass


@dataclass(frozen=True)
class Exchange:
    """One message there and back: this clock, the other one, this one again, in seconds."""

    sent: float
    there: float
    back: float


@dataclass(frozen=True)
class Offset:
    """What to add to this clock to have the other's reading, to within `uncertainty_s`."""

    seconds: float
    uncertainty_s: float

    def plus_drift_to(self, later: Offset) -> Offset:
        """This offset, with what the clocks moved apart until `later` counted as uncertainty."""
        drift = abs(later.seconds - self.seconds)
        return Offset(self.seconds, max(self.uncertainty_s, later.uncertainty_s) + drift)


def offset_of(exchanges: Collection[Exchange]) -> Offset:
    """The offset that the quickest exchange shows. Raises ValueError where there was none."""
    if not exchanges:
        raise ValueError("no exchange, so nothing is known of the other clock")
    best = min(exchanges, key=lambda exchange: exchange.back - exchange.sent)
    middle = (best.sent + best.back) / 2
    return Offset(best.there - middle, (best.back - best.sent) / 2)
