"""How much the service carries: one run of load after another, until the rate is known at which
limits break. What they are is for the caller to say; see `holds`.

Each trial is a whole run at one rate, with its own warm-up and generators. One that breaks a limit
ends as soon as that is certain. Whether a trial held is decided by whole 99 % intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace

from reports.evidence import AnyRecord, Instrument, Measurement
from scenarios import recorder, soundness
from scenarios.holds import Hold, Outcome, outcome_of
from scenarios.intervals import CONFIDENCE
from scenarios.plan import Plan
from scenarios.runs import MIX, Run, series
from scenarios.search import Bracket, Search, Trial, bracket_of

PREFIX = "breakpoint_"
OF_THE_GENERATOR = ("generator_cpu_share", "schedule_lag_p99_ms", "event_loop_lag_p99_ms")


@dataclass(frozen=True)
class Found:
    """All trials, with their runs, and the limits that they were held to."""

    holds: tuple[Hold, ...]
    trials: tuple[Trial, ...]
    runs: tuple[Run, ...]

    @property
    def interrupted(self) -> bool:
        """Whether somebody ended it before enough was known."""
        last = self.runs[-1] if self.runs else None
        return last is not None and bool(last.ended_early) and not by_a_limit(last, self.holds)

    @property
    def bracket(self) -> Bracket:
        """Between which rates the limits break."""
        return bracket_of(self.trials)

    def run_at(self, rate_per_s: float | None, outcome: Outcome) -> Run | None:
        """The last run at a rate that came out so."""
        for trial, run in zip(reversed(self.trials), reversed(self.runs), strict=True):
            if trial.rate_per_s == rate_per_s and trial.outcome == outcome:
                return run
        return None


def find(
    plan: Plan,
    holds: tuple[Hold, ...],
    play: Callable[[Plan], Run | None],
    tell: Callable[[str], None] = lambda text: None,
) -> Found:
    """Try rates, beginning with the plan's, until enough is known or somebody interrupts.

    `play` returns None where the service cannot be loaded any more, which ends it, too.
    """
    shape = plan.profile.shape
    search = Search(shape.peak_per_s, shape.duration_s)
    trials: list[Trial] = []
    runs: list[Run] = []
    while (wanted := search.next(trials)) is not None:
        rate_per_s, duration_s = wanted
        profile = plan.profile.overridden(rate_per_s=rate_per_s, duration_s=duration_s)
        run = play(plan.model_copy(update={"profile": profile, "seed": plan.seed + len(trials)}))
        if run is None:
            break
        runs.append(run)
        if run.ended_early and not by_a_limit(run, holds):
            trials.append(Trial(rate_per_s, duration_s, "unclear"))
            break
        trials.append(Trial(rate_per_s, duration_s, _outcome(run, holds)))
        tell(f"{rate_per_s:.4g} visits/s: {trials[-1].outcome}")
    return Found(holds, tuple(trials), tuple(runs))


def by_a_limit(run: Run, holds: Sequence[Hold]) -> bool:
    """Whether a run ended early because a limit could not be kept."""
    return any(run.ended_early.startswith(str(hold)) for hold in holds)


def _outcome(run: Run, holds: Sequence[Hold]) -> Outcome:
    if by_a_limit(run, holds):
        return "broke"
    of_the_mix = _of_the_mix(recorder.records(run))
    return outcome_of(
        hold.outcome(found.low, found.high) if (found := of_the_mix.get(hold.metric)) else "broke"
        for hold in holds
    )


def _of_the_mix(records: Iterator[AnyRecord]) -> dict[str, Measurement]:
    return {
        item.metric: item
        for item in records
        if isinstance(item, Measurement)
        and item.dimensions.get("scenario") == MIX
        and item.dimensions.get("endpoint", recorder.ALL) == recorder.ALL
    }


# --- as evidence --------------------------------------------------------------------------------


def records(found: Found) -> Iterator[AnyRecord]:
    """The run at the highest rate that held, as any run, and beside it what was found."""
    bracket = found.bracket
    best = found.run_at(bracket.held_per_s, "held")
    if best is not None:
        yield from recorder.records(best)
        yield from _breakpoint(found, best)
    worst = found.run_at(bracket.broke_per_s, "broke")
    if worst is not None:
        yield from (
            replace(item, name=f"{PREFIX}{item.name}")
            for item in soundness.records(worst)
            if item.name in OF_THE_GENERATOR
        )
    yield Instrument(
        name=f"{PREFIX}bracketed",
        value=sum(end is not None for end in (bracket.held_per_s, bracket.broke_per_s)),
        total=2,
        unit="ends",
        detail=said_of(found),
    )
    for number, (trial, run) in enumerate(zip(found.trials, found.runs, strict=True), start=1):
        yield from _trial(number, trial, run, found.holds)
    if found.runs:
        points = ((float(n), trial.rate_per_s) for n, trial in enumerate(found.trials, start=1))
        yield series(found.runs[0], f"{PREFIX}trials_visits_per_s", "visits/s", points)


def _breakpoint(found: Found, best: Run) -> Iterator[Measurement]:
    bracket, where = found.bracket, {"holds": ", ".join(map(str, found.holds))}
    held, broke = bracket.held_per_s or 0.0, bracket.broke_per_s
    yield Measurement(
        metric=f"{PREFIX}visits_per_s", value=held, unit="visits/s", samples=len(found.trials),
        low=held, high=broke, confidence=CONFIDENCE, dimensions=where,
    )  # fmt: skip
    rate = _of_the_mix(recorder.records(best)).get("http_rate_per_s")
    if rate is not None:
        yield Measurement(
            metric=f"{PREFIX}requests_per_s", value=rate.value, unit="1/s", samples=rate.samples,
            low=rate.low, high=None if broke is None else rate.value * broke / held,
            confidence=CONFIDENCE, dimensions=where,
        )  # fmt: skip


def _trial(number: int, trial: Trial, run: Run, holds: Sequence[Hold]) -> Iterator[Measurement]:
    of_the_mix = _of_the_mix(recorder.records(run))
    where = {
        "trial": str(number),
        "visits_per_s": f"{trial.rate_per_s:g}",
        "outcome": trial.outcome,
    }
    for name in dict.fromkeys(hold.metric for hold in holds):
        if (item := of_the_mix.get(name)) is not None:
            yield replace(item, metric=f"{PREFIX}trial_{name}", dimensions=where)


def said_of(found: Found) -> str:
    """What was found, in a sentence."""
    bracket, what = found.bracket, ", ".join(map(str, found.holds))
    if bracket.held_per_s is None and bracket.broke_per_s is None:
        return f"whether {what} holds could not be told at any rate: longer trials (--duration)"
    if bracket.held_per_s is None:
        return f"{what} broke at {bracket.broke_per_s:.4g} visits/s, the lowest that was tried"
    if bracket.broke_per_s is None:
        return f"{what} held at {bracket.held_per_s:.4g} visits/s, the highest that was tried"
    return (
        f"{what} holds up to {bracket.held_per_s:.4g} visits/s and breaks below or at "
        f"{bracket.broke_per_s:.4g}, after {len(found.trials)} trials"
    )
