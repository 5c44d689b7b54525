"""Which rate to try next: up until a limit breaks, then halfway between what held and what broke.

Rates are visits a second. Halfway is the geometric mean, since rates that double are equal steps.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from scenarios.holds import Outcome

FACTOR = 2.0
MOST_TRIALS = 20
LEAST_PER_S = 0.5
TRIALS_OF_A_RATE = 2  # where the first cannot tell


@dataclass(frozen=True)
class Trial:
    """A rate that was tried, for how long, and whether the limits held."""

    rate_per_s: float
    duration_s: float
    outcome: Outcome


@dataclass(frozen=True)
class Bracket:
    """The highest rate that held and the lowest above it that broke; None where there is none."""

    held_per_s: float | None
    broke_per_s: float | None


@dataclass(frozen=True)
class Search:
    """Begins at `first_per_s`, trials of `trial_s`, ends when the bracket is `within` wide."""

    first_per_s: float
    trial_s: float
    within: float = 0.1

    def next(self, trials: Sequence[Trial]) -> tuple[float, float] | None:
        """The next rate and how long to try it; None when enough is known or no more can be."""
        if not trials:
            return self.first_per_s, self.trial_s
        if len(trials) >= MOST_TRIALS:
            return None
        last = trials[-1]
        again = sum(trial.rate_per_s == last.rate_per_s for trial in trials)
        if last.outcome == "unclear" and again < TRIALS_OF_A_RATE:
            return last.rate_per_s, 2 * self.trial_s
        rate = self._next_rate(bracket_of(trials), last.rate_per_s)
        if rate is None or any(math.isclose(trial.rate_per_s, rate) for trial in trials):
            return None  # halfway lies a rate of which two trials could not tell
        return rate, self.trial_s

    def _next_rate(self, bracket: Bracket, last_per_s: float) -> float | None:
        held, broke = bracket.held_per_s, bracket.broke_per_s
        if broke is None:
            return last_per_s * FACTOR  # also where it could not tell: more requests tell more
        if held is None:
            return broke / FACTOR if broke / FACTOR >= LEAST_PER_S else None
        return math.sqrt(held * broke) if broke / held > 1 + self.within else None


def bracket_of(trials: Sequence[Trial]) -> Bracket:
    """What the trials say. A rate that once broke did not hold, and nothing above it counts."""
    broke = min((one.rate_per_s for one in trials if one.outcome == "broke"), default=None)
    held = max(
        (
            one.rate_per_s
            for one in trials
            if one.outcome == "held" and (broke is None or one.rate_per_s < broke)
        ),
        default=None,
    )
    return Bracket(held, broke)
