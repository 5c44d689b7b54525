"""ruff, mypy and import-linter as findings: what each one looked at, and what it found there."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from reports.evidence import Finding, fingerprint

_CHECKED = re.compile(r"(?:no issues found in|\(checked) (\d+) source files?")
_MYPY_LINE = re.compile(
    r"^(?P<path>[^:]+):(?P<line>\d+): error: (?P<message>.*?)(?:  \[(?P<rule>.+)\])?$"
)
OBJECTIVE = "quality-style"
# Each tool is told where the tree's rules are: it would prefer a file of its own, a mypy.ini or a
# folder's ruff.toml, and be as content with that.
RULES = "pyproject.toml"


@dataclass(frozen=True)
class Inspection:
    """What a tool did: the files it looked at, its findings, and its own words if it broke."""

    looked_at: tuple[str, ...]
    findings: tuple[Finding, ...]
    broken: str = ""


def _run(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *command], cwd=root, capture_output=True, text=True, check=False
    )


def _ruff(root: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return _run(root, "ruff", *command, "--config", RULES, ".")


def _finding(tool: str, rule: str, path: str, line: int, message: str) -> Finding:
    return Finding(
        tool=tool,
        rule=rule,
        severity="medium",
        message=message,
        path=path,
        line=line,
        fingerprint=fingerprint(tool, rule, path, message),
        objectives=(OBJECTIVE,),
    )


def ruff_check(root: Path) -> Inspection:
    """Lint rules. Exit 2 of ruff means that it could not run: that is `broken`, not clean."""
    ran = _ruff(root, "check", "--no-fix", "--output-format", "json")
    if ran.returncode not in (0, 1):
        return Inspection((), (), ran.stderr.strip() or "ruff check did not run")
    findings = tuple(
        _finding(
            "ruff",
            item["code"] or "syntax",
            str(Path(item["filename"]).relative_to(root)),
            item["location"]["row"],
            item["message"],
        )
        for item in json.loads(ran.stdout)
    )
    shown = _ruff(root, "check", "--show-files")
    looked_at = tuple(
        str(Path(name).relative_to(root))
        for name in shown.stdout.split("\n")
        if name.endswith(".py")
    )
    return Inspection(looked_at, findings)


def ruff_format(root: Path) -> Inspection:
    """Files that `ruff format` would write otherwise."""
    ran = _ruff(root, "format", "--check", "--output-format", "concise")
    if ran.returncode not in (0, 1):
        return Inspection((), (), ran.stderr.strip() or "ruff format did not run")
    unformatted = re.findall(r"^(?:Would reformat: )?(\S+\.py)", ran.stdout, re.MULTILINE)
    if ran.returncode and not unformatted:
        return Inspection((), (), f"ruff format failed without naming a file: {ran.stdout.strip()}")
    findings = [
        _finding("ruff", "format", path, 0, "run `ruff format`")
        for path in sorted(set(unformatted))
    ]
    return Inspection((), tuple(findings))


def mypy_strict(root: Path, files: tuple[str, ...]) -> Inspection:
    """Types of exactly `files`; how many of them mypy checked is read from its closing line."""
    words = ("--config-file", RULES, "-n", "auto", "--hide-error-context", "--no-color-output")
    ran = _run(root, "mypy", *words, *files)
    checked = _CHECKED.search(ran.stdout)
    if ran.returncode not in (0, 1) or checked is None:
        return Inspection((), (), (ran.stdout + ran.stderr).strip()[-2000:] or "mypy did not run")
    findings = tuple(
        _finding("mypy", m["rule"] or "error", m["path"], int(m["line"]), m["message"])
        for m in map(_MYPY_LINE.match, ran.stdout.split("\n"))
        if m
    )
    if ran.returncode and not findings:
        return Inspection((), (), ran.stdout.strip()[-2000:])
    return Inspection(files[: int(checked[1])], findings)


def import_layers(root: Path) -> Inspection:
    """The rooms' import rules, by import-linter; `looked_at` names the contracts that it judged."""
    program = Path(sys.executable).with_name("lint-imports")
    ran = subprocess.run(
        [program, "--no-logo", "--config", RULES],
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    # a contract with excuses has them counted behind its verdict
    verdict = r"^(.+?) ?(KEPT|BROKEN)(?: \(\d+ ignored imports?\))?$"
    verdicts = re.findall(verdict, ran.stdout, re.MULTILINE)
    broken = [name for name, verdict in verdicts if verdict == "BROKEN"]
    if not verdicts or bool(ran.returncode) != bool(broken):
        return Inspection((), (), (ran.stdout + ran.stderr).strip()[-2000:])
    findings = [_finding("import-linter", "contract", RULES, 0, name) for name in broken]
    return Inspection(tuple(name for name, _ in verdicts), tuple(findings))
