"""Dockerfiles, workflows and shell: hadolint, zizmor and shellcheck, without configuration.

None of them can be believed by its exit code: hadolint tells of a file that it cannot parse by a
finding among others, zizmor by a warning, and shellcheck goes on with half of the script.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from reports.evidence import Severity
from suites.security.code.scans import Canary, Scan, Spot, as_findings, name_of

WITHIN_S = 120
_LEVELS: Mapping[str, Severity] = {
    "error": "medium", "warning": "low", "info": "info", "style": "info", "ignore": "info",
}  # fmt: skip
_WORDS: Mapping[str, Severity] = {
    "Unknown": "medium", "Informational": "info", "Low": "low", "Medium": "medium", "High": "high",
}  # fmt: skip
# Comments by which a file would speak for itself: what is accepted stands in the waivers.
_SILENCED = re.compile(
    r"#\s*(shellcheck\s+(.*\s)?disable|zizmor:\s*ignore|hadolint\s+(global\s+)?ignore)"
)
_SHELL = re.compile(rb"#!.*\b(ba|da|k|z)?sh\b")
# Parse errors of shellcheck: from there on it has not read, of an unknown shell nothing at all.
_UNREAD = frozenset({1071, 1072, 1073, 1088, 1089, 1091})
_UNREAD_BY_HADOLINT = "DL1000"
# Spots with absolute paths; and the files that were not read, with the reason.
Reading = tuple[list[Spot], dict[str, str]]


@dataclass(frozen=True)
class Tool:
    """A tool, the files that are its own, and how it is run and read."""

    name: str
    takes: Callable[[str, Path], bool]
    arguments: tuple[str, ...]
    read: Callable[[Sequence[str], str, str], Reading]
    canary: Canary

    def files(self, everything: Iterable[Path], root: Path) -> tuple[Path, ...]:
        """Those that are of this tool's kind."""
        return tuple(path for path in everything if self.takes(name_of(path, root), path))

    def scan(self, files: Sequence[Path], root: Path) -> Scan:
        """Scan `files`, which are all of this tool's kind; what it could not read is named."""
        names = {str(path.resolve()): name_of(path, root) for path in files}
        there = [path for path in names if Path(path).is_file()]
        spots, unread = self._run(there)
        unread |= dict.fromkeys(names.keys() - set(there), "No such file or directory")
        renamed = [
            Spot(s.rule, names.get(s.path, s.path), s.line, s.severity, s.tool_severity, s.message)
            for s in (*spots, *_silenced(there))
        ]
        return Scan(
            as_findings(self.name, renamed, root),
            tuple(sorted(names[path] for path in names.keys() - unread.keys())),
            tuple(sorted(f"{names[path]}: {why}" for path, why in unread.items())),
        )

    def _run(self, paths: Sequence[str]) -> Reading:
        program = shutil.which(self.name, path=sysconfig.get_path("scripts"))
        if program is None:
            return [], dict.fromkeys(paths, f"{self.name} is not installed")
        try:
            # from a folder, of a home and in an environment without anything that could switch
            # a rule off: SHELLCHECK_OPTS, HADOLINT_IGNORE, ~/.config/hadolint.yaml
            with TemporaryDirectory(prefix="touchline-scan-") as folder:
                done = subprocess.run(
                    [program, *self.arguments, *paths], cwd=folder, capture_output=True, text=True,
                    check=False, timeout=WITHIN_S, env={**_kept(os.environ), "HOME": folder},
                )  # fmt: skip
            return self.read(paths, done.stdout, done.stderr)
        except subprocess.TimeoutExpired:
            return [], dict.fromkeys(paths, f"{self.name} did not end within {WITHIN_S} s")
        except (ValueError, LookupError, TypeError):
            last = (done.stderr.strip().splitlines() or [f"exit {done.returncode}"])[-1]
            return [], dict.fromkeys(paths, f"{self.name} wrote no report: {last[:200]}")


def _kept(environment: Mapping[str, str]) -> dict[str, str]:
    """What a tool may know of its surroundings: where programs are, and how text is coded."""
    known = ("PATH", "SYSTEMROOT", "TMPDIR", "LANG", "LC_ALL", "LC_CTYPE")
    return {name: environment[name] for name in known if name in environment}


def _silenced(paths: Sequence[str]) -> Iterator[Spot]:
    for path in paths:
        for number, line in enumerate(_text(path).splitlines(), start=1):
            if _SILENCED.search(line):
                message = "a comment that silences the tool: accept the finding in a waiver"
                yield Spot("silenced", path, number, "medium", "", message)


def _text(path: str) -> str:
    try:
        return Path(path).read_text("utf-8", "replace")
    except OSError:
        return ""


def _read_hadolint(paths: Sequence[str], printed: str, _: str) -> Reading:
    entries = json.loads(printed)
    unread = {
        entry["file"]: f"cannot be parsed ({entry['message']})"
        for entry in entries
        if entry["code"] == _UNREAD_BY_HADOLINT
    }
    return [_spot(entry, entry["code"]) for entry in entries if entry["file"] not in unread], unread


def _read_shellcheck(paths: Sequence[str], printed: str, _: str) -> Reading:
    entries = json.loads(printed)["comments"]
    unread = {
        entry["file"]: f"cannot be parsed ({entry['message']})"
        for entry in entries
        if entry["code"] in _UNREAD
    }
    spots = [_spot(entry, f"SC{entry['code']}") for entry in entries if entry["file"] not in unread]
    return spots, unread


def _spot(entry: Mapping[str, Any], rule: str) -> Spot:
    level = entry["level"]
    return Spot(rule, entry["file"], entry["line"], _LEVELS[level], level, entry["message"])


def _read_zizmor(paths: Sequence[str], printed: str, said: str) -> Reading:
    completed = set(re.findall(r"completed (.+)$", said, re.MULTILINE))
    unread = dict.fromkeys(set(paths) - completed, "cannot be parsed as a workflow")
    spots = []
    for entry in json.loads(printed):
        place = next(one for one in entry["locations"] if one["symbolic"]["kind"] == "Primary")
        word = entry["determinations"]["severity"]
        spots.append(
            Spot(
                entry["ident"],
                place["symbolic"]["key"]["Local"]["verbatim_path"],
                place["concrete"]["location"]["start_point"]["row"] + 1,
                _WORDS[word],
                f"{word} (confidence {entry['determinations']['confidence']})",
                f"{entry['desc']}: {place['symbolic']['annotation']}",
            )
        )
    return spots, unread


def _is_dockerfile(name: str, path: Path) -> bool:
    last = path.name.lower()
    named = last in {"dockerfile", "containerfile"} or last.endswith(".dockerfile")
    return named or (last.startswith("dockerfile.") and not last.endswith(".dockerignore"))


def _is_workflow(name: str, path: Path) -> bool:
    if path.suffix not in {".yml", ".yaml"}:
        return False
    return name.startswith(".github/workflows/") or path.stem == "action"


def _is_shell(name: str, path: Path) -> bool:
    if path.suffix in {".sh", ".bash"}:
        return True
    if path.suffix or not path.is_file():
        return False
    with path.open("rb") as file:
        return bool(_SHELL.match(file.readline(200)))


HADOLINT = Tool(
    "hadolint", _is_dockerfile, ("--format", "json", "--no-fail"), _read_hadolint,
    Canary("canary.Dockerfile", "FROM debian:latest\nRUN make\nUSER root\n", "DL3002"),
)  # fmt: skip
SHELLCHECK = Tool(
    "shellcheck", _is_shell, ("--format", "json1", "--norc"), _read_shellcheck,
    Canary("canary.sh", '#!/bin/bash\nrm -rf "$1/"*\n', "SC2115"),
)  # fmt: skip
ZIZMOR = Tool(
    "zizmor", _is_workflow, ("--offline", "--no-config", "--format", "json"), _read_zizmor,
    Canary(
        ".github/workflows/canary.yml",
        "on: issues\npermissions: {}\njobs:\n  greet:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - run: echo ${{ github.event.issue.title }}\n",
        "template-injection",
    ),
)  # fmt: skip
TOOLS = (HADOLINT, SHELLCHECK, ZIZMOR)
