"""One run beside an earlier one: what became worse, what better, which failures are new. Pure.

What was not measured now is no improvement: a test that failed then and did not run now is `gone`,
not fixed, and an objective without a verdict is worse than one that was met.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from reports.evidence import Check, LayerEvidence, Provenance
from reports.history import Entry, Value
from reports.verdicts import ORDER, Verdict, Verdicts


@dataclass(frozen=True)
class Change:
    """An objective whose state is another one, or that one of the two runs did not know."""

    objective: str
    then: str
    now: str


@dataclass(frozen=True)
class Comparison:
    """The present run beside `base`; `label` says what the base is to the reader."""

    label: str
    base: Entry
    worse: tuple[Change, ...] = ()
    better: tuple[Change, ...] = ()
    new: tuple[str, ...] = ()
    still: tuple[str, ...] = ()
    fixed: tuple[str, ...] = ()
    gone: tuple[str, ...] = ()
    values: Mapping[str, tuple[Value, Value]] | None = None

    def of(self, test: str) -> str:
        """`new` or `still` for a test that failed now."""
        return "still" if test in self.still else "new"


def entry_of(verdicts: Verdicts, evidence: Collection[LayerEvidence], judged_at: str) -> Entry:
    """What the history keeps of a judged run."""
    records = [record for layer in evidence for record in layer.records]
    known = [record for record in records if isinstance(record, Provenance)]
    first = min(known, key=lambda record: record.at, default=None)
    return Entry(
        run=verdicts.run,
        began=first.at if first else judged_at,
        judged_at=judged_at,
        policy=verdicts.policy,
        release=verdicts.release,
        commit=first.commit if first else "",
        tree=first.tree if first else "",
        dirty=first.dirty if first else False,
        states={item.id: item.state for item in verdicts.objectives},
        required=tuple(item.id for item in verdicts.objectives if item.required),
        values={name: value for item in verdicts.objectives for name, value in _values(item)},
        failures={
            record.id: record.outcome
            for record in records
            if isinstance(record, Check) and record.outcome != "passed"
        },
        layers={
            item.layer: item.seconds or 0.0 for item in verdicts.layers if item.grade == "sound"
        },
    )


def _values(verdict: Verdict) -> list[tuple[str, Value]]:
    return [
        (
            value_name(verdict.id, item.subject),
            Value(value=item.value, unit=item.unit, op=item.op, limit=item.limit,
                  low=item.low, high=item.high, samples=item.samples),
        )
        for item in verdict.readings
        if item.kind == "measurement" and item.value is not None
    ]  # fmt: skip


def value_name(objective: str, subject: str) -> str:
    """How a value is called in the history."""
    return f"{objective} {subject}"


def compare(
    now: Entry, base: Entry, label: str, ran: Collection[str], states: Collection[str] = ORDER
) -> Comparison:
    """The present run beside an earlier one; `ran` are the tests that left an outcome now."""
    worse: list[Change] = []
    better: list[Change] = []
    for objective, state in now.states.items():
        then = base.states.get(objective)
        if then is None or then == state or not {then, state} <= set(states):
            continue
        change = Change(objective, then, state)
        (worse if _rank(state) > _rank(then) else better).append(change)
    failed = [test for test, outcome in now.failures.items() if outcome in ("failed", "error")]
    before = {test for test, outcome in base.failures.items() if outcome in ("failed", "error")}
    return Comparison(
        label=label,
        base=base,
        worse=tuple(worse),
        better=tuple(better),
        new=tuple(test for test in failed if test not in before),
        still=tuple(test for test in failed if test in before),
        fixed=tuple(sorted(t for t in before if t not in now.failures and t in ran)),
        gone=tuple(sorted(t for t in before if t not in now.failures and t not in ran)),
        values={
            name: (base.values[name], value)
            for name, value in now.values.items()
            if name in base.values
        },
    )


def _rank(state: str) -> int:
    order: list[str] = [*ORDER]
    return order.index(state)
