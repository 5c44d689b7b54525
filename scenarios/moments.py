"""How a run stands, second by second, for whoever shows it or decides whether it goes on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from scenarios.histograms import quantile
from scenarios.plan import Plan
from scenarios.wire import Report, Result


@dataclass(frozen=True)
class Moment:
    """The last second that every generator has reported, all generators together.

    `second` counts from the measured part's start. `offered_per_s` is the profile's rate in visits,
    `answers_per_s` and `failures_per_s` are requests. `latencies` counts those that were due in the
    second, in the histograms' buckets of microseconds; requests still unanswered are not in it yet.
    `started`, `answered`, `failed` and `latencies_so_far` are of the whole run until now, and
    `visits_to_come` are expected until its end. Of lags and CPU it is the
    worst generator's; `reporting` says how many generators it is made of.
    """

    second: float
    duration_s: float
    started: int
    answered: int
    failed: int
    waiting: int
    offered_per_s: float
    answers_per_s: float
    failures_per_s: float
    lag_ms: float
    loop_lag_ms: float
    cpu_share: float
    reporting: int
    latencies: Counter[int] = field(default_factory=Counter)
    latencies_so_far: Counter[int] = field(default_factory=Counter)
    visits_to_come: float = 0.0

    def percentile_ms(self, percent: float) -> float:
        """A percentile of this second's latencies; 0 where nothing was answered."""
        return quantile(self.latencies, percent / 100) / 1000


Watcher = Callable[[Moment], str]
"""Looks at each moment; a reason, in words, ends the run early, and none lets it go on."""


def moment_of(
    plan: Plan, second: float, reports: Sequence[Report], results: Sequence[Result]
) -> Moment:
    """What the generators' last reports and all that they handed over add up to."""
    reported = int(min(report.second for report in reports))
    last = max(0, reported - 1)
    latencies: Counter[int] = Counter()
    so_far: Counter[int] = Counter()
    answers = failures = failed = 0
    for result in results:
        so_far.update(result.latencies)
        for tally in result.tallies.values():
            latencies.update(tally.by_second.get(last, {}))
            answers += tally.finished_by_second[last]
            failures += tally.failed_by_second[last]
            failed += tally.failed
    shape = plan.profile.shape
    return Moment(
        second=second,
        duration_s=shape.duration_s,
        started=sum(result.health.begun for result in results),
        answered=sum(result.answered for result in results),
        failed=failed,
        waiting=sum(report.waiting for report in reports),
        offered_per_s=0.0 if plan.closed_users else shape.rate_at(last),
        answers_per_s=answers,
        failures_per_s=failures,
        lag_ms=max(max(report.lag, default=0) for report in reports) / 1000,
        loop_lag_ms=max(max(report.loop_lag, default=0) for report in reports) / 1000,
        cpu_share=max(report.cpu_share for report in reports),
        reporting=len(reports),
        latencies=latencies,
        latencies_so_far=so_far,
        visits_to_come=_to_come(plan, reported),
    )


def _to_come(plan: Plan, at_s: float) -> float:
    profile = plan.profile
    left_s = max(0.0, profile.shape.duration_s - at_s)
    entering = profile.log_ins_per_s if plan.log_in() is not None else 0.0
    left = profile.shape.visits_by(profile.shape.duration_s) - profile.shape.visits_by(at_s)
    return left + entering * left_s
