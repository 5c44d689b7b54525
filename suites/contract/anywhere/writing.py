"""What a check of any service leaves behind: records, findings for CI, and words."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile
from typing import Protocol

from reports.evidence import AnyRecord, Finding, encode
from reports.render import sarif
from reports.saying import say


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


def prepare(out: Path, names: Names) -> None:
    """Make the folder and try whether it takes a file. Raises OSError, before anything is asked.

    What an earlier run left there under these names is taken away: a run that ends before it can
    write must not leave the verdict of another one.
    """
    out.mkdir(parents=True, exist_ok=True)
    with TemporaryFile(dir=out) as probe:
        probe.write(b"?")
    for name in (names.evidence, names.findings, names.summary):
        if not (out / name).is_dir():
            (out / name).unlink(missing_ok=True)


def write(
    out: Path, report: Told, names: Names, tools: Iterable[str], beside: Mapping[str, str]
) -> bool:
    """Say a report and write it into a folder, `beside` it further texts by name of file.

    Answers whether all was written. What was measured is said in any case.
    """
    said = "\n".join(report.lines())
    tell(("\r\x1b[K" if sys.stderr.isatty() else "") + said, out)
    texts = {
        names.summary: said + "\n",
        names.evidence: "".join(encode(record) + "\n" for record in report.records()),
        names.findings: sarif.document(
            report.findings, tools=dict.fromkeys(tools, ""), waived=report.waived
        ),
        **beside,
    }
    for name, text in texts.items():
        try:
            (out / name).write_text(text, "utf-8", errors="backslashreplace")
        except OSError as error:
            print(
                f"no verdict: {out / name}: not written: {error.strerror or error}\n"
                "Name a folder that takes files (--out), and run it again.",
                file=sys.stderr,
            )
            return False
    tell(f"written: {out}", out)
    return True


def tell(text: str, out: Path) -> None:
    """Say a line; where that fails, where the files are."""
    say(f"{text}\n", f"what was seen is in {out}")
