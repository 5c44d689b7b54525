"""What attacks on a service showed: a verdict, records of evidence, and lines for people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal, get_args

from reports.evidence import AnyRecord, Check, Finding, Instrument, Outcome, Severity
from suites.security.anywhere import playing
from suites.security.anywhere.playing import ATTACKS, Trial

TOOL = "attacks"
GRAVITY: tuple[Severity, ...] = get_args(Severity)
EXIT_CODES = {"nothing found": 0, "findings": 1, "no verdict": 2}
Verdict = Literal["nothing found", "findings", "no verdict"]
# An attack whose control failed is an error of the attempt; it passes nothing.
CHECKED: Mapping[playing.Outcome, Outcome] = {
    "held": "passed", "hole": "failed", "unproven": "error", "not tried": "skipped",
}  # fmt: skip


@dataclass
class Report:
    """Everything that one run of attacks saw. `gaps` say why it was not whole."""

    service: str
    digest: str
    trials: list[Trial] = field(default_factory=list)
    gaps: list[str] = field(default_factory=list)
    unseen: list[str] = field(default_factory=list)
    requests: int = 0
    waived: Mapping[str, str] = field(default_factory=dict)

    @property
    def findings(self) -> list[Finding]:
        """Every hole, the gravest first."""
        faults = filter(None, (trial.fault for trial in self.trials))
        found = {one.fingerprint: one for one in (f.as_finding(TOOL, "", ()) for f in faults)}
        return sorted(found.values(), key=lambda one: -GRAVITY.index(one.severity))

    @property
    def counted(self) -> list[Finding]:
        """The holes that nobody accepted."""
        return [one for one in self.findings if one.fingerprint not in self.waived]

    @property
    def judged(self) -> list[Trial]:
        """The trials that showed something, one way or the other."""
        return [trial for trial in self.trials if trial.outcome in ("held", "hole")]

    @property
    def verdict(self) -> Verdict:
        """A hole that was shown stays one; silence counts only of a run that was whole.

        An attack that was tried and showed nothing is missing evidence. What a target has no means
        for, or leaves out with a reason, was not promised.
        """
        if self.counted:
            return "findings"
        unknown = self.gaps or self.of("unproven") or not self.judged
        return "no verdict" if unknown else "nothing found"

    def of(self, outcome: playing.Outcome) -> list[Trial]:
        """The trials that ended so."""
        return [trial for trial in self.trials if trial.outcome == outcome]

    # --- evidence ----------------------------------------------------------------------------

    def records(self) -> Iterator[AnyRecord]:
        """The records of evidence, unframed."""
        for trial in self.trials:
            yield Check(
                id=f"attack {trial.name}",
                outcome=CHECKED[trial.outcome],
                seconds=round(trial.seconds, 3),
                message=f"{trial.outcome}: {trial.detail}" if trial.detail else trial.outcome,
            )
        yield from self.findings
        tried = {trial.attack.name for trial in self.judged}
        missing = [f"{trial.name}: {trial.outcome}: {trial.detail}" for trial in self.trials
                   if trial.attack.name not in tried]  # fmt: skip
        played = {trial.attack.name for trial in self.trials}
        missing += [f"{one.name}: not asked for" for one in ATTACKS if one.name not in played]
        yield Instrument(
            name="attacks_judged", value=len(tried), total=len(ATTACKS), missing=tuple(missing),
            unit="attacks", detail=f"document sha256 {self.digest}",
        )  # fmt: skip
        yield Instrument(name="answers_looked_at", value=self.requests, unit="answers")

    # --- words -------------------------------------------------------------------------------

    def lines(self) -> Iterator[str]:
        """What to tell a person: the verdict, the holes, what is not known."""
        counts = Counter(trial.outcome for trial in self.trials)
        said = ", ".join(f"{counts[one]} {one}" for one in get_args(playing.Outcome) if counts[one])
        yield f"{self.service}: {self.verdict.upper()}"
        yield f"{said or 'no attack was tried'}; {self.requests} answers looked at"
        yield from (f"not looked at: {gap}" for gap in self.gaps)
        for one in self.counted:
            yield f"{one.severity}: {one.message.partition(chr(10))[0][:300]} [{one.fingerprint}]"
        accepted = len(self.findings) - len(self.counted)
        if accepted:
            yield f"{accepted} findings are waived"
        for outcome in ("unproven", "not tried"):
            for trial in self.of(outcome):
                yield f"{outcome}: {trial.name}: {trial.detail}"
        if self.unseen:
            yield f"no answer was seen with status {', '.join(self.unseen)}"
        held = [trial.name for trial in self.of("held")]
        if held:
            yield f"held: {', '.join(held)}"
