"""A run of any size made up from objectives: evidence that meets each, and failing tests."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from reports.evidence import (
    AnyRecord,
    Check,
    EvidenceWriter,
    Instrument,
    Measurement,
    Opening,
    Outcome,
    Provenance,
    Series,
)
from reports.objectives import (
    AnyClause,
    ChecksClause,
    ComparisonClause,
    FindingsClause,
    InstrumentClause,
    MeasurementClause,
    Objectives,
)

BEGAN = datetime(2026, 11, 26, 9, 0, tzinfo=UTC)
TESTS_A_FILE = 40
CAUSES = (
    ("AssertionError: expected 200, found {n} from /matches/{n}", "suites/made/answers.py:81"),
    ("TimeoutError: no answer within {n} ms", "fixtures/clients.py:44"),
    ("KeyError: 'etag'", "suites/made/editing.py:120"),
    ("AssertionError: {n} rows, expected {m}", "suites/made/statements.py:17"),
)


def write_run(
    folder: Path,
    objectives: Objectives,
    *,
    layers: Sequence[str],
    tests: int,
    failing: int,
    tree: str,
    commit: str = "c0ffee" * 6,
    series: bool = False,
) -> None:
    """Evidence of every layer into `folder/evidence`; `failing` tests fail, for few causes."""
    shares = _shares(tests, len(layers))
    bad = set(range(0, tests, max(tests // failing, 1))) if failing else set()
    number = 0
    for layer, amount in zip(layers, shares, strict=True):
        checks = list(_checks(layer, range(number, number + amount), bad))
        number += amount
        _write_layer(folder, layer, checks, _measured(objectives, layer, series), tree, commit)


def _shares(tests: int, layers: int) -> list[int]:
    """Most tests belong to the layers in the middle, as they do in life; each layer has one."""
    weights = [1 + 8 * math.sin(math.pi * (index + 0.5) / layers) ** 4 for index in range(layers)]
    shares = [max(int(tests * weight / sum(weights)), 1) for weight in weights]
    shares[layers // 2] += tests - sum(shares)
    return shares


def _checks(layer: str, numbers: range, bad: set[int]) -> Iterator[Check]:
    for number in numbers:
        path = f"suites/{layer}/test_area_{number // TESTS_A_FILE:03}.py"
        name = f"test_the_{_word(number)}_of_a_{_word(number * 7)}_holds[{number % 40}]"
        yield _check(f"{path}::{name}", layer, number, "failed" if number in bad else "passed")


def _word(number: int) -> str:
    words = ("deadline", "leaderboard", "token", "session", "forecast", "kick_off", "page", "limit",
             "score", "export", "tier", "cursor", "prediction", "audit_row", "result")  # fmt: skip
    return words[number % len(words)]


def _check(identity: str, layer: str, number: int, outcome: Outcome) -> Check:
    seconds = round(0.004 + (number * 7919 % 997) / 4000, 4)
    repeat = f"nox -s {layer} -- -k {identity.rpartition('::')[2].partition('[')[0]}"
    if outcome == "passed":
        return Check(id=identity, outcome=outcome, seconds=seconds, repeat=repeat)
    message, place = CAUSES[number // 50 % len(CAUSES)]
    said = message.format(n=400 + number % 100, m=number % 9)
    detail = (
        f"{identity.partition('::')[0]}:{30 + number % 60}: \n{place}: {said.partition(':')[0]}\n"
        f">       assert answer.status_code == 200, answer.text\n"
        f"E       {said}\nE       assert False"
    )
    return Check(id=identity, outcome=outcome, seconds=seconds, repeat=repeat, message=said,
                 detail=detail)  # fmt: skip


def _measured(objectives: Objectives, layer: str, series: bool) -> Iterator[AnyRecord]:
    seen: set[tuple[str, ...]] = set()
    for objective in objectives.objectives:
        for clause in objective.requires:
            if isinstance(clause, ChecksClause) and layer in clause.reads:
                for index in range(clause.minimum):
                    name = f"test_{objective.id.replace('-', '_')}_holds_{index}"
                    yield Check(id=f"suites/{layer}/test_promises.py::{name}", outcome="passed",
                                seconds=0.2, objectives=(objective.id,))  # fmt: skip
            elif not isinstance(clause, ChecksClause) and clause.layer == layer:
                for record in _records(clause):
                    key = _identity(record)
                    if key not in seen:
                        seen.add(key)
                        yield record
    if series and layer == "load":
        yield from _series()


def _identity(record: AnyRecord) -> tuple[str, ...]:
    assert isinstance(record, Measurement | Instrument)
    name = record.metric if isinstance(record, Measurement) else record.name
    return (record.kind, name, *map(str, sorted(record.dimensions.items())))


def _records(clause: AnyClause) -> Iterator[Measurement | Instrument]:
    if isinstance(clause, ComparisonClause):
        for index in range(max(clause.minimum_matches, 3)):
            yield Measurement(
                metric=clause.metric, value=0.99, unit="ratio", samples=5000, low=0.975, high=1.005,
                confidence=0.99, dimensions={"endpoint": f"GET /read-{index}"},
            )  # fmt: skip
    elif isinstance(clause, MeasurementClause):
        value, spread = _within(clause.op, clause.limit)
        whole = clause.op == "==" or clause.unit in ("cells", "connections", "bytes")
        for index in range(clause.minimum_matches):
            free = {"query": f"q{index}"} if clause.minimum_matches > 1 else {}
            yield Measurement(
                metric=clause.metric, value=value, unit=clause.unit,
                samples=max(clause.minimum_samples, 1) * 4,
                low=None if whole else value - spread, high=None if whole else value + spread,
                confidence=None if whole else 0.99, dimensions={**clause.where, **free},
            )  # fmt: skip
    elif isinstance(clause, InstrumentClause):
        share = clause.of == "share"
        value, _ = (412.0, 0.0) if share else _within(clause.op, clause.limit)
        for index in range(clause.minimum_matches):
            free = {"part": str(index)} if clause.minimum_matches > 1 else {}
            yield Instrument(name=clause.name, value=value, total=412.0 if share else None,
                             unit=clause.unit, dimensions={**clause.where, **free})  # fmt: skip
    else:
        assert isinstance(clause, FindingsClause)  # none is found


def _within(op: str, limit: float) -> tuple[float, float]:
    """A value on the right side of a limit, and a reach that stays there."""
    if op == "==" or not limit:
        return limit, 0.0
    value = limit * (0.62 if op in ("<", "<=") else 1 + (1 - limit) * 0.6 if limit < 1 else 1.2)
    return value, abs(value - limit) * 0.15


def _series() -> Iterator[Series]:
    for name, unit, height in (
        ("http_rate_per_s", "1/s", 100.0), ("http_latency_p50_ms", "ms", 12.0),
        ("http_latency_p95_ms", "ms", 48.0), ("http_latency_p99_ms", "ms", 96.0),
        ("http_errors_per_s", "1/s", 0.2), ("service_cpu_share", "ratio", 0.4),
        ("service_memory_mb", "MB", 310.0),
    ):  # fmt: skip
        points = tuple(
            (float(second), round(height * (1 + 0.2 * math.sin(second / 7) + second % 5 * 0.03), 3))
            for second in range(120)
        )
        yield Series(metric=name, unit=unit, start=BEGAN.isoformat(), points=points,
                     dimensions={"scenario": "mix"})  # fmt: skip


def _write_layer(
    folder: Path,
    layer: str,
    checks: Sequence[Check],
    measured: Iterator[AnyRecord],
    tree: str,
    commit: str,
) -> None:
    records = [*checks, *measured]
    amount = sum(isinstance(record, Check) for record in records)
    failed = any(check.outcome == "failed" for check in checks)
    writer = EvidenceWriter(folder / "evidence" / f"{layer}.ndjson", run=folder.name, layer=layer)
    machine = {"cores": "8", "cpu": "made up", "memory": "32.0 GiB", "python": "CPython 3.12.1"}
    lock = hashlib.sha256(b"made up").hexdigest()
    head = (
        Provenance(commit=commit, tree=tree, dirty=False, branch="main", machine=machine,
                   lockfile_sha256=lock, tools={"pytest": "9.0.2"}),
        Opening(tree=tree, command="pytest", collected=amount),
    )  # fmt: skip
    for index, record in enumerate((*head, *records)):
        moment = BEGAN + timedelta(milliseconds=20 * index)
        writer.write(_at(record, moment))
    writer.close(1 if failed else 0)


def _at(record: AnyRecord, moment: datetime) -> AnyRecord:
    return replace(record, at=moment.isoformat(timespec="microseconds"))
