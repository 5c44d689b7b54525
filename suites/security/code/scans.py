"""What every scan of files comes to, and the known faults planted beside the real files."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from reports.evidence import Finding, Severity, fingerprint
from suites.security.known_clean import KnownClean

OBJECTIVE = "sec-sast"


@dataclass(frozen=True)
class Scan:
    """What was found, which files were looked at whole, and which were not, with the reason."""

    findings: tuple[Finding, ...] = ()
    looked_at: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()

    def __add__(self, other: Scan) -> Scan:
        return Scan(
            self.findings + other.findings,
            self.looked_at + other.looked_at,
            self.missing + other.missing,
        )


Scanner = Callable[[Sequence[Path], Path], Scan]


@dataclass(frozen=True)
class Canary:
    """A file with a known fault: what it is called, what stands in it, which rule must speak."""

    name: str
    text: str
    rule: str


def with_canaries(
    scanner: Scanner, files: Sequence[Path], root: Path, canaries: Iterable[Canary]
) -> Scan:
    """Scan `files` with a canary of each kind among them, in one go with one set of settings.

    No canary is in the result. Where one was not found, no file counts as looked at: a scanner
    that is blind to a known fault says nothing by being silent about others.
    """
    with TemporaryDirectory(prefix="touchline-canary-") as folder:
        planted = {canary: Path(folder, canary.name).resolve() for canary in canaries}
        for canary, path in planted.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(canary.text, "utf-8")
        scan = scanner([*files, *planted.values()], root)
    found = {(finding.path, finding.rule) for finding in scan.findings}
    missed = [one.rule for one, path in planted.items() if (str(path), one.rule) not in found]
    places = set(map(str, planted.values()))
    findings = tuple(one for one in scan.findings if one.path not in places)
    missing = tuple(one for one in scan.missing if one.partition(": ")[0] not in places)
    looked_at = tuple(one for one in scan.looked_at if one not in places)
    if missed:
        blind = f"the scanner did not see its canary of {', '.join(missed)}"
        return Scan(findings, (), missing + tuple(f"{name}: {blind}" for name in looked_at))
    return Scan(findings, looked_at, missing)


def remembering(scanner: Scanner, memory: KnownClean) -> Scanner:
    """The same scanner, which passes over what it found clean in an earlier run.

    Files outside the root are scanned each time: canaries are planted there.
    """

    def scan(files: Sequence[Path], root: Path) -> Scan:
        digests = {path: _digest(path, root, memory) for path in files}
        rest = [path for path, digest in digests.items() if not (digest and memory.knows(digest))]
        found = scanner(rest, root)
        clean = set(found.looked_at) - {finding.path for finding in found.findings}
        for path in rest:
            digest = digests[path]
            # what changed while it was scanned is not what was scanned
            if digest and name_of(path, root) in clean and digest == _digest(path, root, memory):
                memory.note(digest)
        known = {name_of(path, root) for path in files} - {name_of(path, root) for path in rest}
        looked_at = tuple(sorted({*found.looked_at, *known}))
        return Scan(found.findings, looked_at, found.missing)

    return scan


def _digest(path: Path, root: Path, memory: KnownClean) -> str | None:
    if not path.resolve().is_relative_to(root.resolve()):
        return None
    try:
        return memory.digest(name_of(path, root), path.read_bytes())
    except OSError:
        return None


def name_of(path: Path, root: Path) -> str:
    """What a file is called in findings: its path below `root`, or all of it outside."""
    resolved, top = path.resolve(), root.resolve()
    return resolved.relative_to(top).as_posix() if resolved.is_relative_to(top) else str(resolved)


@dataclass(frozen=True)
class Spot:
    """Something that a tool said of a line; `path` as `name_of` gives it."""

    rule: str
    path: str
    line: int
    severity: Severity
    tool_severity: str
    message: str


def as_findings(tool: str, spots: Iterable[Spot], root: Path) -> tuple[Finding, ...]:
    """Findings with fingerprints that stay when lines above are added or taken away.

    The line's own text stands for its place, and a number where the same line is there twice.
    """
    seen: Counter[tuple[str, str, str]] = Counter()
    texts: dict[str, list[str]] = {}
    findings = []
    for spot in spots:
        lines = texts.setdefault(spot.path, _lines(root / spot.path))
        text = lines[spot.line - 1].strip() if 0 < spot.line <= len(lines) else ""
        place = (spot.rule, spot.path, text)
        seen[place] += 1
        findings.append(
            Finding(
                tool=tool,
                rule=spot.rule,
                severity=spot.severity,
                tool_severity=spot.tool_severity,
                message=spot.message,
                fingerprint=fingerprint(tool, *place, str(seen[place])),
                path=spot.path,
                line=spot.line,
                objectives=(OBJECTIVE,),
            )
        )
    return tuple(findings)


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text("utf-8", "replace").splitlines()
    except OSError:
        return []
