"""What the duet sees and what it imagines, of differences that are known."""

from __future__ import annotations

from fixtures.evidence import Evidence
from fixtures.options import Options
from scenarios import intervals
from suites.bench.duet_trials import (
    INJECTED,
    SERVICE_S,
    Rate,
    Trials,
    outcomes_of,
    record,
    rounds_for,
    simulated,
)

REAL_TRIALS = 2
SIMULATED_TRIALS = 100
SECONDS = 5.0


def test_five_percent_more_are_seen_and_nothing_is_not(
    evidence: Evidence, options: Options
) -> None:
    """Real trials on services of their own, and simulated ones on the noise they met."""
    seconds = options.duration_s or SECONDS
    count = options.trials or REAL_TRIALS
    rounds = rounds_for(SERVICE_S)
    alike, slower = [], []
    for number in range(count):  # in turns, so that both kinds meet the same weather
        alike += [record(rounds, 0.0, seconds, seed) for seed in (2 * number, 2 * number + 1)]
        slower.append(record(rounds, INJECTED, seconds, number))

    real = (outcomes_of(slower), outcomes_of(alike))
    replayed = (
        simulated(alike, INJECTED, SIMULATED_TRIALS),
        simulated(alike, 0.0, 2 * SIMULATED_TRIALS),
    )
    for kind, (with_more, without) in (("real", real), ("simulated", replayed)):
        seen = with_more.saw("slower")
        alarms = without.saw("slower", "faster")
        _note(evidence, kind, seconds, with_more, without)
        assert seen.seen >= 0.99 * seen.trials, f"{kind}: +5 % seen in {seen}"
        assert alarms.seen <= 0.005 * alarms.trials, f"{kind}: false alarms in {alarms}"


def _note(
    evidence: Evidence, kind: str, seconds: float, with_more: Trials, without: Trials
) -> None:
    seen, alarms = with_more.saw("slower"), without.saw("slower", "faster")
    _measure(evidence, "duet_five_percent_seen_share", seen, kind)
    _measure(evidence, "duet_false_alarm_share", alarms, kind)
    lines = [f"{kind} trials of {seconds:g} s: +5 % seen in {seen}, false alarms in {alarms}"]
    lines += [
        f"  by {metric} alone: +5 % seen in {with_more.saw('slower', metric=metric)}, "
        f"false alarms in {without.saw('slower', 'faster', metric=metric)}"
        for metric in ("p50", "p95", "cpu")
    ]
    print("\n".join(lines))
    evidence.attach("\n".join(lines) + "\n", f"duet-{kind}.txt")


def _measure(evidence: Evidence, metric: str, rate: Rate, kind: str) -> None:
    bounds = intervals.ratio(rate.seen, rate.trials)
    evidence.measure(
        metric, rate.seen / rate.trials, "ratio", samples=rate.trials,
        low=bounds.low, high=bounds.high, confidence=bounds.confidence, trials=kind,
    )  # fmt: skip
