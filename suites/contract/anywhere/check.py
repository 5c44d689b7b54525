"""One check of one service: rights, properties and injection first, then conformance by role."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import httpx
import schemathesis
from schemathesis.engine import StopReason
from schemathesis.schemas import BaseSchema

from scenarios.targets import Target
from suites.contract import conformance
from suites.contract.accepting import digest
from suites.contract.access import Policy
from suites.contract.anywhere.asking import Asker
from suites.contract.anywhere.assigning import assignments, secrets
from suites.contract.anywhere.crossing import Crossing, name_of
from suites.contract.anywhere.deriving import doubted, policy_of, unspoken
from suites.contract.anywhere.injecting import injections
from suites.contract.anywhere.people import FRESH_S, VISITOR, People, Someone, people_of
from suites.contract.anywhere.reaching import Clock, OutOfTimeError, noting
from suites.contract.anywhere.report import Report
from suites.contract.anywhere.sparing import irreplaceable, sparing
from suites.contract.anywhere.staying import staying
from suites.contract.compatibility.document import Document, parse
from suites.contract.conformance import Budget
from suites.contract.faults import Fault

Say = Callable[[str], None]
SPARING = "leave_out or values of the target file say what becomes of it"
LOSING = "a sign_up makes accounts again, and leave_out spares what takes them away"


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


@dataclass(frozen=True)
class _Look:
    """All that a look at one service is made of, and where it notes what it saw."""

    target: Target
    document: Document
    plan: Plan
    report: Report
    people: People
    asker: Asker
    clock: Clock
    say: Say


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
        look = _Look(target, document, plan, report, people, asker, clock, say)
        if policy is None:
            policy = report.derived = policy_of(document, tuple(target.identities), asker)
        report.gaps += unspoken(policy, document, asker, tuple(target.identities))
        _try_all(look, Crossing(asker, policy))
        _still_ready(target, people, report)


def _try_all(look: _Look, crossing: Crossing) -> None:
    report, people = look.report, look.people
    try:
        _rights(look, crossing)
        if look.plan.budget is None:
            report.unasked.append("conformance")
        for role in look.target.identities if look.plan.budget else ():
            _note_the_lost(report, crossing, people)
            _conformance(look, crossing, people.of_role(role))
    finally:
        look.asker.may_go_on = _always  # what was changed is given back, however late it is
        report.gaps += look.asker.gaps
        crossing.give_back()
        report.lost = [one.name for one in people.known if people.is_lost(one)]


def _note_the_lost(report: Report, crossing: Crossing, people: People) -> None:
    """Give everybody their password back; who is let in no more all the same is a gap, once."""
    crossing.give_back()
    for someone in people.known:
        said = f"{someone.name} is let in no more, so what follows is not asked as {someone.name}"
        if f"{said}; {LOSING}" not in report.gaps and people.is_lost(someone):
            report.gaps.append(f"{said}; {LOSING}")


def _rights(look: _Look, crossing: Crossing) -> None:
    asker, report, clock, say = look.asker, look.report, look.clock, look.say
    for one in asker.document.operations.values():
        if asker.is_left_out_by_file(one):
            report.left_out[name_of(one)] = asker.left_out(one)
        elif asker.left_out(one):
            report.spared[name_of(one)] = f"{asker.left_out(one)}; {SPARING}"
    clock.check()
    for tried in crossing.run():
        proofs = tried if report.derived is None else doubted(tried, asker)
        report.proofs += proofs
        for fault in filter(None, (proof.fault for proof in proofs)):
            report.add(fault)
        if proofs:
            say(f"rights: {proofs[0].cell.operation}")
        clock.check()
    _note_the_lost(report, crossing, look.people)
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


def _conformance(look: _Look, crossing: Crossing, who: Someone) -> None:
    document, plan, report, clock = look.document, look.plan, look.report, look.clock
    clock.check()
    look.say(f"conformance as {who.role}")
    config = conformance.configuration(look.target.base_url, plan.seed, plan.budget or Budget())
    schema: BaseSchema = schemathesis.openapi.from_dict(document.readable, config=config)
    for operation in document.operations.values():
        unasked = name_of(operation) in (*report.left_out, *report.spared)
        if unasked or str(operation) in look.asker.endless:
            schema = schema.exclude(method=operation.method.upper(), path=operation.path)
    _show(schema, who, lambda: _anew(look, crossing, who))
    with sparing(irreplaceable(look.people)):
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


def _anew(look: _Look, crossing: Crossing, who: Someone) -> Someone:
    """Somebody whose session has not ended; fuzzing may have changed every password by now."""
    with suppress(OutOfTimeError, httpx.HTTPError):
        crossing.give_back()
        for one in look.people.known:
            look.people.begin_anew(one, older_than_s=FRESH_S / 2)
    return look.people.everybody[who.name]


def _show(schema: BaseSchema, who: Someone, anew: Callable[[], Someone]) -> None:
    """Let every case show who asks, with a session that is begun anew from time to time."""

    class Shown:
        def get(self, case: Any, context: schemathesis.AuthContext) -> Someone:
            return anew()

        def set(self, case: Any, data: Someone, context: schemathesis.AuthContext) -> None:
            case.headers.update(data.headers)
            case.cookies.update(data.cookies)
            case.query.update(data.query)

    if who.role != VISITOR:
        schema.auth.auth(refresh_interval=int(FRESH_S))(Shown)


def _still_ready(target: Target, people: People, report: Report) -> None:
    """A service that lost what it needs in the middle was not the one that is judged."""
    answer = people.client.get(target.ready)
    if answer.status_code >= 500:
        report.gaps.append(f"{target.ready} answers {answer.status_code} at the end of the run")


def _reach(document: Document, report: Report) -> None:
    """An operation is reached when it succeeded for somebody; one that was spared is not."""
    for fault in document.faults:
        report.unreached[fault.partition(": ")[0]] = "cannot be read"
    shown = {proof.cell.operation for proof in report.proofs if proof.shown == "allowed"}
    for label, operation in document.operations.items():
        name = name_of(operation)
        if name in report.spared:
            report.unreached[name] = report.spared[name]
        if name in (*report.left_out, *report.spared):
            continue
        statuses = {status for run in report.runs.values() for status in run.answers.get(label, ())}
        if name not in shown and not any(200 <= status < 400 for status in statuses):
            seen = ", ".join(map(str, sorted(statuses))) or "nothing"
            reasons = [conformance.REASONS.get(one, "") for one in statuses]
            why = reasons[0] if len(reasons) == 1 and reasons[0] else ""
            report.unreached[name] = f"no success, only {seen}" + (f": {why}" if why else "")
