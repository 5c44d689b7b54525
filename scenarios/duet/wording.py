"""A duet in words: a sentence for each comparison, and the table of all."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from scenarios.duet.blocks import Metric
from scenarios.duet.measuring import Tally
from scenarios.duet.outcome import Comparison, Outcome, Rules, readings

NAMES: Mapping[Metric, str] = {"p50": "p50", "p95": "p95", "cpu": "CPU"}


def percent(ratio: float) -> str:
    """A ratio as the change that it is: +5.0 %."""
    return f"{(ratio - 1) * 100:+.1f} %"


def verdict(item: Comparison, rules: Rules) -> str:
    """slower, faster, same within x %, or cannot tell."""
    if item.word == "same" and rules.same_within is not None:
        return f"same within {rules.same_within * 100:g} %"
    return item.word


def sentence(item: Comparison, rules: Rules) -> str:
    """One comparison with its interval and verdict, or why there is none."""
    head = f"{item.endpoint} {NAMES[item.metric]}"
    if item.ratio is None or item.why:
        return f"{head}: {item.word} ({item.why})"
    low, high = percent(item.ratio.low), percent(item.ratio.high)
    return f"{head}: {percent(item.ratio.value)} ({low} to {high}), {verdict(item, rules)}"


def table(tallies: Sequence[Tally], outcome: Outcome) -> Iterator[str]:
    """A line for each comparison; the base's own value first."""
    by_name = {tally.endpoint.name: tally for tally in tallies}
    width = max((len(name) for name in by_name), default=8)
    head = f"{'endpoint':{width}}  {'':4}{'base':>11}{'new':>11}{'change':>9}"
    yield f"{head}  {outcome.rules.confidence:.0%} interval      verdict"
    for item in outcome.comparisons:
        yield _row(item, by_name[item.endpoint], outcome.rules, width)


def _row(item: Comparison, tally: Tally, rules: Rules, width: int) -> str:
    own = readings(tally, item.metric) if not tally.fault else {}
    base, new = (f"{own[s] * 1000:8.3f} ms" if s in own else "-" for s in ("base", "new"))
    start = f"{item.endpoint:{width}}  {NAMES[item.metric]:4}{base:>11}{new:>11}"
    if item.ratio is None or item.why:
        return f"{start}{'-':>9}  {'-':18}  {item.word}: {item.why}"
    bounds = f"{percent(item.ratio.low)} to {percent(item.ratio.high)}"
    return f"{start}{percent(item.ratio.value):>9}  {bounds:18}  {verdict(item, rules)}"
