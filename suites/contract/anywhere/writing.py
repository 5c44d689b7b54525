"""What a check of any service leaves behind: records, findings for CI, and words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from reports.evidence import AnyRecord, Finding, encode
from reports.render import sarif


@dataclass(frozen=True)
class Names:
    """How the three files are called."""

    evidence: str
    findings: str
    summary: str


class Told(Protocol):
    """A report of whatever was looked at."""

    waived: Mapping[str, str]

    @property
    def findings(self) -> Sequence[Finding]:
        """All that was found."""

    def records(self) -> Iterable[AnyRecord]:
        """The same and more as evidence."""

    def lines(self) -> Iterable[str]:
        """The same in words."""


def write(out: Path, report: Told, names: Names, tools: Iterable[str], more: str = "") -> None:
    """Write a report into a folder and say it, with `more` lines after it. Raises OSError."""
    out.mkdir(parents=True, exist_ok=True)
    lines = "".join(encode(record) + "\n" for record in report.records())
    (out / names.evidence).write_text(lines, "utf-8")
    looked = dict.fromkeys(tools, "")
    text = sarif.document(report.findings, tools=looked, waived=report.waived)
    (out / names.findings).write_text(text, "utf-8")
    said = "\n".join(report.lines()) + "\n"
    (out / names.summary).write_text(said, "utf-8")
    print(("\r\x1b[K" if sys.stderr.isatty() else "") + said + more, end="")
    print(f"written: {out}")
