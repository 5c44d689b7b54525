"""One check of one service: rights, properties and injection first, then conformance by role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import schemathesis
from schemathesis.engine import StopReason
from schemathesis.schemas import BaseSchema

from scenarios.targets import Target
from suites.contract import conformance
from suites.contract.accepting import digest
from suites.contract.access import Policy
from suites.contract.anywhere.asking import Asker
from suites.contract.anywhere.assigning import assignments, secrets
from suites.contract.anywhere.crossing import Crossing, derived, name_of
from suites.contract.anywhere.injecting import injections
from suites.contract.anywhere.people import VISITOR, People, Someone, people_of
from suites.contract.anywhere.reaching import Clock, noting
from suites.contract.anywhere.report import Report
from suites.contract.anywhere.staying import staying
from suites.contract.compatibility.document import Document, parse
from suites.contract.conformance import Budget
from suites.contract.faults import Fault

Say = Callable[[str], None]


@dataclass(frozen=True)
class Plan:
    """How much is tried: no conformance without a budget.

    `run` tells this run's things from those of an earlier one.
    """

    seed: int
    within_s: float
    budget: Budget | None
    run: int


def check(
    target: Target, raw: Mapping[str, Any], policy: Policy | None, plan: Plan, say: Say
) -> Report:
    """Check a service that runs. Raises NotEnteredError where an identity is not let in."""
    document = parse(raw, whole=True)
    total = len(document.operations) + len(document.faults)
    report = Report(target.name, digest(raw), plan.seed, operations=total)
    report.gaps += [f"the document: {fault}" for fault in document.faults]
    if not document.operations:
        report.gaps.append("the document names no operation")
    with noting(report.gaps, plan.within_s):
        _look(target, document, policy, plan, report, say)
    _reach(document, report)
    return report


def _look(
    target: Target, document: Document, policy: Policy | None, plan: Plan, report: Report, say: Say
) -> None:  # fmt: skip
    clock = Clock(plan.within_s)
    with staying(target.base_url), people_of(target) as people:
        if len(people.known) < 2:
            said = "fewer than two identities: whose things are whose cannot be told"
            say(f"the access matrix stays unproven, {said}")
        asker = Asker(document, people, target.contract, plan.run)
        asker.may_go_on = clock.check
        crossing = Crossing(asker, policy or derived(document, tuple(target.identities)))
        try:
            _rights(asker, crossing, report, clock, say)
            if plan.budget is None:
                report.unasked.append("conformance")
            for role in target.identities if plan.budget else ():
                _conformance(target, document, people.of_role(role), plan, report, clock, say)
        finally:
            asker.may_go_on = _always  # what was changed is given back, however late it is
            report.gaps += asker.gaps
            crossing.give_back()
        _still_ready(target, people, report)


def _rights(asker: Asker, crossing: Crossing, report: Report, clock: Clock, say: Say) -> None:
    report.left_out = {
        name_of(one): asker.left_out(one)
        for one in asker.document.operations.values()
        if asker.left_out(one)
    }
    clock.check()
    for proofs in crossing.run():
        report.proofs += proofs
        for fault in filter(None, (proof.fault for proof in proofs)):
            report.add(fault)
        if proofs:
            say(f"rights: {proofs[0].cell.operation}")
        clock.check()
    looks: Iterable[tuple[str, Iterable[Fault]]] = (
        ("injection", injections(asker, crossing.controls)),
        ("what bodies may set", assignments(asker, crossing.controls)),
        ("secrets", secrets(asker)),
    )
    for name, found in looks:
        say(name)
        for fault in found:
            report.add(fault)
            clock.check()
        clock.check()


def _conformance(
    target: Target, document: Document, who: Someone, plan: Plan, report: Report,
    clock: Clock, say: Say,
) -> None:  # fmt: skip
    clock.check()
    say(f"conformance as {who.role}")
    config = conformance.configuration(target.base_url, plan.seed, plan.budget or Budget())
    schema: BaseSchema = schemathesis.openapi.from_dict(document.readable, config=config)
    for operation in document.operations.values():
        if name_of(operation) in report.left_out:
            schema = schema.exclude(method=operation.method.upper(), path=operation.path)
    _show(schema, who)
    run = conformance.run(schema, lambda: clock.left_s > 0)
    report.runs[who.role] = run
    if run.stop_reason == StopReason.INTERRUPTED.value:
        clock.check()  # a run that is stopped because the time is over is told as interrupted too
        raise KeyboardInterrupt  # the tool keeps it to itself, and the next role would be asked
    if not run.complete:
        report.gaps.append(f"conformance as {who.role} ended early: {run.stop_reason}")
    report.gaps += [f"conformance as {who.role}: {_one_line(error)}" for error in run.errors]


def _always() -> None:
    """Time does not matter."""


def _one_line(error: str) -> str:
    """The first and the last line of what the tool said: what is wrong, and with what."""
    lines = [line.strip() for line in error.splitlines() if line.strip()]
    return lines[0] if len(lines) == 1 else f"{lines[0]} {lines[-1]}"


def _show(schema: BaseSchema, who: Someone) -> None:
    """Let every case show who asks."""

    class Shown:
        def get(self, case: Any, context: schemathesis.AuthContext) -> Someone:
            return who

        def set(self, case: Any, data: Someone, context: schemathesis.AuthContext) -> None:
            case.headers.update(data.headers)
            case.cookies.update(data.cookies)
            case.query.update(data.query)

    if who.role != VISITOR:
        schema.auth.auth(refresh_interval=None)(Shown)


def _still_ready(target: Target, people: People, report: Report) -> None:
    """A service that lost what it needs in the middle was not the one that is judged."""
    answer = people.client.get(target.ready)
    if answer.status_code >= 500:
        report.gaps.append(f"{target.ready} answers {answer.status_code} at the end of the run")


def _reach(document: Document, report: Report) -> None:
    """An operation is reached when it succeeded for somebody."""
    for fault in document.faults:
        report.unreached[fault.partition(": ")[0]] = "cannot be read"
    shown = {proof.cell.operation for proof in report.proofs if proof.shown == "allowed"}
    for label, operation in document.operations.items():
        name = name_of(operation)
        if name in report.left_out:
            continue
        statuses = {status for run in report.runs.values() for status in run.answers.get(label, ())}
        if name not in shown and not any(200 <= status < 400 for status in statuses):
            seen = ", ".join(map(str, sorted(statuses))) or "nothing"
            reasons = [conformance.REASONS.get(one, "") for one in statuses]
            why = reasons[0] if len(reasons) == 1 and reasons[0] else ""
            report.unreached[name] = f"no success, only {seen}" + (f": {why}" if why else "")
