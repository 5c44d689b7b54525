"""What to do next about an objective that is not met: one command."""

from __future__ import annotations

from collections.abc import Iterable

from reports.evidence import Check
from reports.verdicts import Verdict

EVERYTHING = "nox -s gate"


def next_step(verdict: Verdict, failed: Iterable[Check]) -> str:
    """The command that mends or repeats; empty where there is nothing to do.

    `failed` are the tests that did not pass for this objective, the most telling first.
    """
    reading = verdict.headline
    if reading is None or verdict.state in ("met", "waived"):
        return ""
    if reading.kind == "checks":
        for check in failed:
            if check.repeat and check.layer == reading.layer:
                return check.repeat
    if verdict.state == "no evidence" and reading.value is None and verdict.required:
        return EVERYTHING
    return f"nox -s {reading.layer}"
