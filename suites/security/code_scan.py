"""bandit over Python files, and what it did not tell by its exit code: which files it parsed."""

from __future__ import annotations

import contextlib
import io
import logging
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bandit.core.config import BanditConfig  # type: ignore[import-untyped]
from bandit.core.manager import BanditManager  # type: ignore[import-untyped]

from reports.evidence import Finding, Severity, fingerprint

_SEVERITIES: dict[str, Severity] = {"MEDIUM": "medium", "HIGH": "high"}


@dataclass(frozen=True)
class CodeScan:
    """What was found, and which of the files asked for were parsed; `unparsed` says why not."""

    findings: tuple[Finding, ...]
    parsed: tuple[str, ...]
    unparsed: tuple[str, ...]


def scan(files: Iterable[Path], root: Path) -> CodeScan:
    """Scan `files`; findings of medium severity or higher, at any confidence.

    `# nosec` is not honoured: a finding is accepted in the waivers file, where it has an owner and
    an end, or it is not accepted.
    """
    manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True)
    wanted = {str(path.resolve()): _name(path, root) for path in files}
    manager.discover_files(list(wanted))
    with _silenced():
        manager.run_tests()
    skipped = {str(Path(name).resolve()): reason for name, reason in manager.get_skipped()}
    parsed = {str(Path(name).resolve()) for name in manager.files_list} - skipped.keys()
    unparsed = (
        f"{name}: {skipped.get(path, 'not looked at')}"
        for path, name in wanted.items()
        if path not in parsed
    )
    return CodeScan(
        tuple(_findings(manager.get_issue_list(sev_level="MEDIUM", conf_level="LOW"), root)),
        tuple(sorted(wanted[path] for path in parsed & wanted.keys())),
        tuple(sorted(unparsed)),
    )


def _findings(issues: Iterable[object], root: Path) -> Iterator[Finding]:
    seen: Counter[tuple[str, str, str]] = Counter()
    for issue in issues:
        body = issue.as_dict(with_code=False)  # type: ignore[attr-defined]
        path, line = Path(body["filename"]), int(body["line_number"])
        place = (body["test_id"], _name(path, root), _source_line(path, line))
        seen[place] += 1
        yield Finding(
            tool="bandit",
            rule=body["test_id"],
            severity=_SEVERITIES[body["issue_severity"]],
            tool_severity=f"{body['issue_severity']} (confidence {body['issue_confidence']})",
            message=body["issue_text"],
            # The line's text stands for its place, so that code added above changes nothing.
            fingerprint=fingerprint("bandit", *place, str(seen[place])),
            path=place[1],
            line=line,
            objectives=("sec-sast",),
        )


def _source_line(path: Path, line: int) -> str:
    lines = path.read_text("utf-8", "replace").splitlines()
    return lines[line - 1].strip() if 0 < line <= len(lines) else ""


def _name(path: Path, root: Path) -> str:
    resolved = path.resolve()
    inside = resolved.is_relative_to(root.resolve())
    return str(resolved.relative_to(root.resolve()) if inside else resolved)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """bandit logs each file that it cannot parse; the scan names them itself."""
    log = logging.getLogger("bandit")
    level, disabled = log.level, logging.CRITICAL + 1
    log.setLevel(disabled)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        log.setLevel(level)
