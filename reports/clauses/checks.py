"""Outcomes of tests: those that speak for an objective, and those of a whole layer."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence

from reports.clauses.limits import blank_reading, with_doubt
from reports.evidence import Check
from reports.objectives import ChecksClause
from reports.soundness import Weighed
from reports.verdicts import Reading
from reports.wording import count, listed


def read_checks(
    clause: ChecksClause, objective: str, layers: Mapping[str, Weighed]
) -> tuple[Reading, ...]:
    """One reading for each layer that the clause names; one more where too few tests speak."""
    readings = [
        read_outcomes(
            layers[name].speaking_for(objective),
            layers[name],
            f"tests that speak for {objective}",
        )
        for name in clause.layers
    ]
    total = sum(reading.samples or 0 for reading in readings)
    if total < clause.minimum and all(reading.state == "met" for reading in readings):
        layer = layers[clause.layers[0]]
        subject = f"tests that speak for {objective}"
        where = f" in {listed(clause.layers)}" if len(clause.layers) > 1 else ""
        why = f"{count(total, 'test')} of at least {clause.minimum} speak for {objective}{where}"
        blank = blank_reading(
            "checks", layer, clause.layers[0], subject, ">=", clause.minimum, "tests"
        )
        readings.append(blank.because("no evidence", with_doubt(why, layer)))
    return tuple(readings)


def read_failures(
    objective: str, layers: Mapping[str, Weighed], already: Collection[str]
) -> tuple[Reading, ...]:
    """What failed for an objective in layers that none of its clauses count tests of.

    Any test may condemn the objective that it speaks for; only those of named layers acquit it.
    """
    found = []
    for name in layers:
        checks = layers[name].speaking_for(objective)
        if name not in already and any(check.outcome == "failed" for check in checks):
            subject = f"tests that speak for {objective}"
            found.append(read_outcomes(checks, layers[name], subject))
    return tuple(found)


def read_outcomes(checks: Sequence[Check], layer: Weighed, subject: str) -> Reading:
    """Whether all of these tests of one layer passed, each counted by its worst outcome.

    A failed test is `missed`. One that could not run (error), was skipped, or passed only at a
    second attempt (flaky) shows neither, so it is `no evidence`.
    """
    name = layer.verdict.layer
    blank = blank_reading("checks", layer, name, subject, "==", float(len(checks)), "tests")
    if layer.verdict.grade == "unusable":
        return blank.because("no evidence", layer.doubt)
    by_outcome = Counter(check.outcome for check in checks)
    bad = [check for check in checks if check.outcome != "passed"]
    reading = Reading(
        kind="checks",
        state="met",
        subject=subject,
        layer=name,
        why="",
        value=float(by_outcome["passed"]),
        unit="tests",
        op="==",
        limit=float(len(checks)),
        margin=float(by_outcome["passed"] - len(checks)),
        samples=len(checks),
        missing=tuple(f"{check.outcome}: {check.id}" for check in bad),
        place=_sentence(next((check for check in bad if check.outcome == "failed"), None)),
        path=blank.path,
        sha256=blank.sha256,
    )
    if not checks:
        why = f"no test of layer {name} is among the {subject}"
        return reading.because("no evidence", with_doubt(why, layer))
    said = f"{by_outcome['passed']} of {count(len(checks), 'test')} of layer {name} passed"
    kinds = listed(f"{times} {kind}" for kind, times in by_outcome.items() if kind != "passed")
    worst_first = sorted(bad, key=lambda check: check.outcome != "failed")
    if by_outcome["failed"]:
        return reading.because("missed", f"{said} ({kinds}): {worst_first[0].id}")
    if bad:
        return reading.because("no evidence", with_doubt(f"{said} ({kinds}): {bad[0].id}", layer))
    if layer.verdict.grade == "partial":
        return reading.because("no evidence", with_doubt(said, layer))
    return reading.because("met", said)


def _sentence(check: Check | None) -> str:
    """What a failed test would have proven, as its name says it: `(answers carry every header)`."""
    if check is None:
        return ""
    name = check.id.rpartition("::")[2].partition("[")[0].removeprefix("test_").replace("_", " ")
    return f"({name[:60]}...)" if len(name) > 60 else f"({name})"
