"""One run beside an earlier one: what became worse, what better, which failures are new. Pure.

What was not measured now is no improvement: a test that failed then and did not run now is `gone`,
not fixed, and an objective without a verdict is worse than one that was met. A promise that was
taken back is worse than any that was kept.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass

from reports.evidence import Check, LayerEvidence, Provenance
from reports.history import Entry, Value
from reports.objectives import SUITE_SUFFIX
from reports.verdicts import ORDER, Reading, Verdict, Verdicts

FAILED = ("failed", "error")
NOT_STEADY = (*FAILED, "flaky")  # what passes only when it is repeated is not mended either
TAKEN_BACK = "not promised any more"


@dataclass(frozen=True)
class Change:
    """An objective whose state is another one; `now` is `TAKEN_BACK` where it is promised no more.

    One that the earlier run did not know has no change: there is nothing to hold it beside.
    """

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


def _first_provenance(verdicts: Verdicts, evidence: Collection[LayerEvidence]) -> Provenance | None:
    """Of what is believed, where anything is: a stale file tells of another commit."""
    usable = {item.layer for item in verdicts.layers if item.grade != "unusable"}
    speaking = [layer for layer in evidence if layer.layer in usable] or evidence
    known = [item for layer in speaking for item in layer.records if isinstance(item, Provenance)]
    return min(known, key=lambda record: record.at, default=None)


def entry_of(verdicts: Verdicts, evidence: Collection[LayerEvidence], judged_at: str) -> Entry:
    """What the history keeps of a judged run."""
    records = [record for layer in evidence for record in layer.records]
    first = _first_provenance(verdicts, evidence)
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
    """What it was judged by. A value that could not be held against its limit is none."""
    void = {item.layer for item in verdict.readings if item.state == "invalid"}
    return [
        (
            value_name(verdict.id, item.subject),
            Value(value=item.value, unit=item.unit, op=item.op, limit=item.limit,
                  low=item.low, high=item.high, samples=item.samples),
        )
        for item in verdict.readings
        if item.value is not None and _is_believed(item, void)
    ]  # fmt: skip


def _is_believed(reading: Reading, void: Collection[str]) -> bool:
    """Whether a measurement was judged: one with a doubt has no margin, a void one no meaning."""
    if reading.kind != "measurement" or reading.margin is None:
        return False
    # what is missed or waived beside a failed instrument was seen all the same: the gate says so
    return reading.layer not in void or reading.state in ("missed", "waived")


def value_name(objective: str, subject: str) -> str:
    """How a value is called in the history."""
    return f"{objective} {subject}"


def compare(
    now: Entry, base: Entry, label: str, ran: Collection[str], states: Collection[str] = ORDER
) -> Comparison:
    """The present run beside an earlier one.

    `ran` are the tests that left an outcome now, in evidence that is believed.
    """
    changes = [*_taken_back(now, base, states), *_changed(now, base, states)]
    worse = [item for item in changes if _rank(item.now) > _rank(item.then)]
    failed = [test for test, outcome in now.failures.items() if outcome in FAILED]
    before = {test for test, outcome in base.failures.items() if outcome in FAILED}
    still = [t for t, outcome in now.failures.items() if t in before and outcome in NOT_STEADY]
    fixed = {test for test in before if test not in now.failures and test in ran}
    return Comparison(
        label=label,
        base=base,
        worse=tuple(worse),
        better=tuple(item for item in changes if item not in worse),
        new=tuple(test for test in failed if test not in before),
        still=tuple(still),
        fixed=tuple(sorted(fixed)),
        gone=tuple(sorted(before.difference(still, fixed))),
        values={
            name: (base.values[name], value)
            for name, value in now.values.items()
            if name in base.values
        },
    )


def _taken_back(now: Entry, base: Entry, states: Collection[str]) -> Iterator[Change]:
    """What the earlier run had to show and the present objectives do not know.

    The gate's own objectives come and go with the layers that ran; they are missed where the same
    policy asked for them.
    """
    for objective, then in base.states.items():
        own = objective.endswith(SUITE_SUFFIX)
        if objective in now.states or then not in states:
            continue
        if not own or (now.policy == base.policy and objective in base.required):
            yield Change(objective, then, TAKEN_BACK)


def _changed(now: Entry, base: Entry, states: Collection[str]) -> Iterator[Change]:
    for objective, state in now.states.items():
        then = base.states.get(objective)
        if then is not None and then != state and {then, state} <= set(states):
            yield Change(objective, then, state)


def _rank(state: str) -> int:
    order: list[str] = [*ORDER, TAKEN_BACK]
    return order.index(state)
