"""What was seen of a service, as a verdict, as records of evidence and as lines for people."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from reports.evidence import AnyRecord, Finding, Instrument, Measurement, Severity
from suites.contract.access import Policy
from suites.contract.anywhere.looking import NOT_LOOKED_UP
from suites.contract.conformance import Failure, Run
from suites.contract.faults import Fault
from suites.contract.matrix import Proof

GRAVITY: tuple[Severity, ...] = get_args(Severity)
TOOLS = ("access", "schemathesis")
EXIT_CODES = {"clean": 0, "findings": 1, "no verdict": 2}
DERIVED = (
    "the rights were derived from what is judged: correct access.derived.toml, and name it in the "
    "target file"
)
Verdict = Literal["clean", "findings", "no verdict"]


@dataclass
class Report:
    """Everything that one check of one service saw.

    `gaps` say why the run cannot be believed, `unasked` what was left out by choice, `spared` which
    operations the check did not ask of itself, `left_out` which ones the target file names, `lost`
    who is let in no more at the end; `derived` is the policy where nobody wrote one.
    """

    service: str
    digest: str
    seed: int
    proofs: list[Proof] = field(default_factory=list)
    faults: dict[tuple[str, str, str], Fault] = field(default_factory=dict)
    runs: dict[str, Run] = field(default_factory=dict)
    unreached: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)
    spared: dict[str, str] = field(default_factory=dict)
    operations: int = 0
    gaps: list[str] = field(default_factory=list)
    unasked: list[str] = field(default_factory=list)
    lost: list[str] = field(default_factory=list)
    derived: Policy | None = None
    waived: Mapping[str, str] = field(default_factory=dict)

    def add(self, fault: Fault) -> None:
        """Keep a fault; its kind, operation and subject are its identity."""
        self.faults.setdefault((fault.kind.rule, fault.operation, fault.subject), fault)

    @property
    def findings(self) -> list[Finding]:
        """Everything that is wrong, each once, the gravest first."""
        found = [one.as_finding("access", "", ()) for one in self.faults.values()]
        roles: dict[tuple[str, str, str], list[str]] = defaultdict(list)
        smallest: dict[tuple[str, str, str], Failure] = {}
        for role, run in self.runs.items():
            for identity, failure in run.failures.items():
                roles[identity].append(role)
                known = smallest.setdefault(identity, failure)
                smallest[identity] = min(known, failure, key=lambda one: len(one.curl))
        found += [one.as_finding(", ".join(roles[key])) for key, one in smallest.items()]
        return sorted(found, key=lambda one: -GRAVITY.index(one.severity))

    @property
    def unproven(self) -> list[Proof]:
        """Cells of which nothing is known."""
        return [proof for proof in self.proofs if proof.outcome == "unproven"]

    @property
    def counted(self) -> list[Finding]:
        """The findings that nobody accepted."""
        return [one for one in self.findings if one.fingerprint not in self.waived]

    @property
    def verdict(self) -> Verdict:
        """Never `clean` where something was not looked at; a broken run condemns nothing.

        A policy that was derived from the service agrees with much of what the service does, so it
        acquits nobody.
        """
        if self.gaps:
            return "no verdict"
        if self.counted:
            return "findings"
        unknown = self.unasked or self.unproven or self.unreached or not self.proofs
        return "no verdict" if unknown or self.derived is not None else "clean"

    # --- evidence ----------------------------------------------------------------------------

    def records(self) -> Iterator[AnyRecord]:
        """The records of evidence, unframed."""
        for proof in self.proofs:
            cell = proof.cell
            words = {"role": cell.role, "owner": cell.owner, "operation": cell.operation}
            words |= {"expected": cell.expected, "outcome": proof.outcome, "detail": proof.detail}
            yield Measurement(metric="access_cell", value=1, unit="cells", dimensions=words)
        yield from self.findings
        for role, run in self.runs.items():
            for phase, cases in run.cases.items():
                words = {"role": role, "phase": phase, "seed": str(self.seed)}
                yield Instrument(
                    name="schemathesis_cases", value=cases, unit="cases", dimensions=words
                )
            for name, counts in run.table(run.answers):
                for status, count in sorted(counts.items()):
                    words = {"operation": name, "role": role, "status": status}
                    yield Measurement(
                        metric="answers", value=count, unit="answers", dimensions=words
                    )
        missing = self.unreached | self.left_out
        yield Instrument(
            name="operations_reached",
            value=self.operations - len(missing),
            total=self.operations,
            missing=tuple(f"{name}: {why}" for name, why in missing.items()),
            unit="operations",
            detail=f"document sha256 {self.digest}",
        )
        yield Instrument(
            name="rights_proven",
            value=len(self.proofs) - len(self.unproven),
            total=len(self.proofs),
            missing=tuple(map(str, self.unproven)),
            unit="cells",
        )

    # --- words -------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """What to tell a person: the verdict, what is wrong, what is not known."""
        yield f"{self.service}: {self.verdict.upper()}"
        yield f"document sha256 {self.digest[:16]}, {self.operations} operations, seed {self.seed}"
        for gap in self.gaps:
            yield f"not looked at: {gap}"
        for part in self.unasked:
            yield f"left out as asked: {part}"
        if self.derived is not None:
            yield f"acquits nobody: {DERIVED}"
        for one in self.counted:
            first = one.message.partition("\n")[0]
            yield f"{one.severity}: {one.rule}: {first[:220]} [{one.fingerprint}]"
        for name in self.lost:
            yield f"left behind: {name} is let in no more: make the account anew before another run"
        accepted = len(self.findings) - len(self.counted)
        if accepted:
            yield f"{accepted} findings are waived"
        yield from self._of_rights()
        for role, run in self.runs.items():
            yield f"as {role}: {run.cases.total()} cases, {run.rate_per_s:.0f} a second"
            for name, counts in run.table(run.answers):
                said = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
                yield f"  {name}: {said}"

    def _of_rights(self) -> Iterator[str]:
        shown = {"allowed": 0, "denied": 0, "open": 0, "unproven": 0}
        for proof in self.proofs:
            shown[proof.shown] += 1
        yield "rights: " + ", ".join(f"{count} {name}" for name, count in shown.items())
        unseen = sum(proof.detail == NOT_LOOKED_UP for proof in self.proofs)
        if unseen:
            yield f"of the denied, {unseen} by a refusal alone: {NOT_LOOKED_UP}"
        yield from (f"unproven: {proof.cell}: {proof.detail}" for proof in self.unproven)
        yield from (f"no evidence: {name}: {why}" for name, why in self.unreached.items())
        yield from (f"left out: {name}: {why}" for name, why in self.left_out.items())
