"""One run of Schemathesis' engine as one role: every phase, every check, and what was reached.

The tool's exit code tells too little: it is 0 after 3 of 13 operations. So its events are read:
what each case was, what it was answered, which checks failed, what made the tool give up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis.core.transport import Response
from schemathesis.engine import StopReason, events, from_schema
from schemathesis.engine.recorder import ScenarioRecorder
from schemathesis.schemas import BaseSchema

from reports.evidence import Finding, Severity, fingerprint
from suites.contract.distinguishing import detail

TOOL = "schemathesis"
AnswerClass = str  # "2xx", "4xx", ...


@dataclass(frozen=True)
class Budget:
    """How much is tried: examples an operation in fuzzing, and scenarios and steps in stateful."""

    examples: int = 12
    scenarios: int = 12
    steps: int = 5


# How bad what a check found is; what is not named here is medium.
SEVERITIES: Mapping[str, Severity] = {
    "not_a_server_error": "high",
    "ignored_auth": "high",
    "use_after_free": "high",
    # Rules of HTTP that few clients rely on; some frameworks break them for all their users.
    "allow_header_conformance": "low",
    "unsupported_method": "low",
}


@dataclass(frozen=True)
class Failure:
    """One failed check of one operation, with the smallest case that shows it.

    `detail` tells it from others that have the same title: a status, a header, a place.
    """

    operation: str
    check: str
    title: str
    message: str
    curl: str
    response: str = ""
    detail: str = ""

    @property
    def identity(self) -> tuple[str, str, str]:
        """What makes two failures one: operation, check, and what was wrong.

        The title alone would not do: who accepts one undocumented status accepts no other.
        """
        return self.operation, self.check, f"{self.title}: {self.detail}"

    def as_finding(self, role: str) -> Finding:
        """The failure as evidence; in another run, or as another role, it is the same one."""
        return Finding(
            tool=TOOL,
            rule=self.check,
            severity=SEVERITIES.get(self.check, "medium"),
            message=f"{self.operation} as {role}: {self.title}. {self.message}\n{self.curl}\n"
            f"answer: {self.response}",
            fingerprint=fingerprint(TOOL, *self.identity),
            path="suites/contract/openapi.json",
            objectives=("contract-conformance",),
        )

    def __str__(self) -> str:
        lines = f"{self.operation}: {self.check}: {self.title}", self.message, self.curl
        return "\n".join([*lines, f"answer: {self.response}", ""])


@dataclass
class Run:
    """What one run did. `answers` counts by operation label and status; `errors` are the tool's."""

    cases: Counter[str] = field(default_factory=Counter)
    answers: dict[str, Counter[int]] = field(default_factory=dict)
    failures: dict[tuple[str, str, str], Failure] = field(default_factory=dict)
    errors: list[str] = field(default_factory=list)
    stop_reason: str = "never finished"
    seconds: float = 0.0

    @property
    def complete(self) -> bool:
        """Whether the run went through to its own end."""
        return self.stop_reason == StopReason.COMPLETED.value

    @property
    def rate_per_s(self) -> float:
        """Cases a second, over all phases."""
        return self.cases.total() / self.seconds if self.seconds else 0.0

    def reached(self, operations: Iterable[str], statuses: range) -> dict[str, str]:
        """For each operation, why no answer of `statuses` was reached; empty where one was."""
        return {name: self._why_not(name, statuses) for name in operations}

    def _why_not(self, operation: str, statuses: range) -> str:
        seen = self.answers.get(operation, Counter())
        if any(status in statuses for status in seen):
            return ""
        if not seen:
            return "never asked"
        if len(seen) > 1:
            return "only " + ", ".join(map(str, sorted(seen)))
        (status,) = seen
        meant = REASONS.get(status, "")
        return f"always {status}" + (f", {meant}" if meant else "")

    def table(self, operations: Iterable[str]) -> list[tuple[str, dict[AnswerClass, int]]]:
        """Each operation with the count of its answers by class of status."""
        rows = []
        for name in operations:
            counts: Counter[AnswerClass] = Counter()
            for status, count in self.answers.get(name, Counter()).items():
                counts[f"{status // 100}xx"] += count
            rows.append((name, dict(counts)))
        return rows


# What an operation that answers nothing else tells about the attempt to reach it.
REASONS: Mapping[int, str] = {
    401: "the credentials are not taken",
    403: "the role may not",
    404: "no data to ask for",
    409: "the data never allow it",
    412: "the precondition never holds",
    422: "no valid request is known",
    429: "the limit of requests is reached",
    500: "it fails by itself",
    503: "something that it needs is missing",
}


def configuration(
    base_url: str | None,
    seed: int,
    budget: Budget,
    only_examples: Iterable[str] = (),
    *,
    exceptions: Sequence[Mapping[str, Any]] = (),
) -> schemathesis.Config:
    """Settings of the tool; what differs from its defaults has its reason here.

    Without `base_url` the application is in this process, and its calls have no address.
    `exceptions` are further settings of single operations. The tool's own limit of time is left
    alone: given one, it would begin anew until the time is over.

    The operations `only_examples` (ids) are asked with the examples alone: where every request of a
    role is refused with 401 or 403, a thousand of them show no more than a few.
    """
    names = sorted(only_examples)
    phases = {"coverage": {"enabled": False}, "fuzzing": {"enabled": False}}
    shallow = [{"include-operation-id": names, "phases": phases}] if names else []
    return schemathesis.Config.from_dict(
        {
            "seed": seed,
            **({"base-url": base_url} if base_url else {}),
            # Nothing is carried over from earlier runs: one seed, one result.
            "cache": {"enabled": False},
            "generation": {"database": "none", "max-examples": budget.examples},
            "continue-on-failure": True,
            "request-timeout": 30.0,
            "auth": {"auto-signup": False},
            "phases": {
                "examples": {"fill-missing": True},
                "stateful": {
                    "max-steps": budget.steps,
                    "generation": {"max-examples": budget.scenarios},
                },
            },
            "checks": CHECKS,
            "operations": [*shallow, *exceptions],
        }
    )


# What a valid request may meet that no document can rule out: a match that has kicked off, a
# prediction that was changed, a stale or absent ETag (409, 412, 428), no right to it (401, 403).
_STATE = ["401", "403", "404", "409", "412", "428", "429"]
CHECKS: Mapping[str, Any] = {
    "positive_data_acceptance": {"expected-statuses": ["2xx", "3xx", *_STATE]},
    # A faulty value may be beside a reason to refuse that comes first; 413 is a body too large.
    "negative_data_rejection": {"expected-statuses": ["400", "405", "413", "422", *_STATE]},
}


def run(schema: BaseSchema, may_go_on: Callable[[], bool] = lambda: True) -> Run:
    """Run every phase; nothing is raised for what the service answers.

    Once `may_go_on` says no, the run is stopped, and is not complete.
    """
    result = Run()
    stream = from_schema(schema).execute()
    for event in stream:
        if not may_go_on():
            stream.stop()
        if isinstance(event, events.ScenarioFinished):
            _take(result, event.phase.value, event.recorder)
        elif isinstance(event, events.NonFatalError):
            result.errors.append(f"{event.label}: {event.info.title}: {event.info.message}")
        elif isinstance(event, events.FatalError):
            result.errors.append(f"the tool broke: {event.exception!r}")
        elif isinstance(event, events.EngineFinished):
            result.stop_reason, result.seconds = event.stop_reason.value, event.running_time
    return result


def _take(result: Run, phase: str, recorder: ScenarioRecorder) -> None:
    for case_id, node in recorder.cases.items():
        interaction = recorder.interactions.get(case_id)
        if interaction is None or interaction.response is None:
            continue
        result.cases[phase] += 1
        # A probe with another method, or without credentials, tells nothing of the operation's use.
        if node.value.method == node.value.operation.method.upper() and node.parent_id is None:
            answers = result.answers.setdefault(node.value.operation.label, Counter())
            answers[interaction.response.status_code] += 1
    for failure in _failures(recorder):
        known = result.failures.get(failure.identity)
        # The smallest case is the one to look at.
        if known is None or len(failure.curl) < len(known.curl):
            result.failures[failure.identity] = failure


def _failures(recorder: ScenarioRecorder) -> Iterator[Failure]:
    for case_id, nodes in recorder.checks.items():
        for node in nodes:
            if node.failure_info is not None:
                found = node.failure_info.failure
                operation = recorder.cases[case_id].value.operation.label
                interaction = recorder.interactions.get(case_id)
                response = None if interaction is None else interaction.response
                yield Failure(
                    found.operation or operation,
                    node.name,
                    found.title,
                    found.message[:600],
                    node.failure_info.code_sample,
                    _shown(response),
                    detail(found, None if response is None else response.status_code, operation),
                )


def _shown(response: Response | None) -> str:
    if response is None:
        return "none"
    body = response.content[:400].decode(errors="replace")
    return f"{response.status_code} {body}"
