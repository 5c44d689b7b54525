"""pip-audit over the locked set, believed only where its report shows that it looked.

pip-audit's exit code says too little: 0 when every package was skipped, 1 both for an advisory and
for a lost connection. So its JSON is read: a package counts as audited when the report holds it
without a reason for skipping, and only in a report that also holds the canary's known advisory.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.utils import canonicalize_name

from reports.evidence import Finding, fingerprint

AUDIT_TIMEOUT_S = 180
ANSWER_TIMEOUT_S = 10


@dataclass(frozen=True)
class Package:
    """One pinned package."""

    name: str
    version: str

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


# Given up and never mended: every source of advisories knows it, and no lock holds it.
CANARY = Package("pycrypto", "2.6.1")
CANARY_ADVISORY = "CVE-2013-7459"


@dataclass(frozen=True)
class Source:
    """Where advisories come from: a service that pip-audit knows, and OSV's address if not its own.

    `age_days` is the age of the newest advisory; a live service is asked now, so its age is 0.
    """

    name: str
    service: str
    url: str | None = None
    age_days: float = 0.0


OSV = Source("osv.dev", "osv")
PYPI = Source("pypi.org", "pypi")


@dataclass
class Audit:
    """What was found, what was looked at, and what was not, each with its reason."""

    findings: list[Finding] = field(default_factory=list)
    audited: list[Package] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def locked_packages(lock: Path) -> tuple[Package, ...]:
    """Every package of a uv.lock, for every platform; the project itself is none."""
    document = tomllib.loads(lock.read_text("utf-8"))
    return tuple(
        Package(canonicalize_name(entry["name"]), entry["version"])
        for entry in document["package"]
        if not {"virtual", "editable", "directory"} & entry["source"].keys()
    )


def answering_source(candidates: Iterable[Source]) -> tuple[Source | None, str]:
    """The first source that knows the canary's advisory, or None and why each of them failed."""
    reasons = []
    for source in candidates:
        audit = run([], source)
        if not audit.missing:
            return source, ""
        reasons += [f"{source.name}: {audit.missing[0]}"]
    return None, "; ".join(reasons)


def run(packages: Iterable[Package], source: Source) -> Audit:
    """Audit `packages` against `source`; nothing is raised for what the network does."""
    audit = Audit()
    for batch in _batches(packages):
        report, reason = _report([*batch, CANARY], source)
        # By name alone: a skipped package is reported without its version.
        entries: dict[str, dict[str, Any]] = {
            canonicalize_name(entry["name"]): entry for entry in report
        }
        canary = entries.get(CANARY.name, {})
        if CANARY_ADVISORY not in _names(canary):
            reason = reason or canary.get("skip_reason") or f"does not know {CANARY_ADVISORY}"
            audit.missing += [f"{package}: {reason}" for package in batch or [CANARY]]
            continue
        for package in batch:
            _take(audit, package, entries.get(package.name))
    return audit


def _take(audit: Audit, package: Package, entry: dict[str, Any] | None) -> None:
    if entry is None or "skip_reason" in entry:
        reason = entry["skip_reason"] if entry else "not in pip-audit's report"
        audit.missing.append(f"{package}: {reason}")
        return
    audit.audited.append(package)
    for advisory in entry["vulns"]:
        fixed = ", ".join(advisory["fix_versions"]) or "no release"
        audit.findings.append(
            Finding(
                tool="pip-audit",
                rule=advisory["id"],
                severity="high",
                message=f"{package}: {', '.join(advisory['aliases'])} mended in {fixed}. "
                + advisory["description"][:200],
                fingerprint=fingerprint("pip-audit", package.name, advisory["id"]),
                path="uv.lock",
                objectives=("sec-dependencies",),
            )
        )


def _batches(packages: Iterable[Package]) -> list[list[Package]]:
    """pip-audit takes one version of a package at a time; a lock may hold one for each Python."""
    seen: Counter[str] = Counter()
    batches: list[list[Package]] = [[]]
    for package in packages:
        if seen[package.name] == len(batches):
            batches.append([])
        batches[seen[package.name]].append(package)
        seen[package.name] += 1
    return batches


def _report(packages: Iterable[Package], source: Source) -> tuple[list[dict[str, Any]], str]:
    """pip-audit's entries, or none and the reason. Requirements are pinned: nothing is resolved."""
    with TemporaryDirectory(prefix="touchline-audit-") as scratch:
        requirements = Path(scratch, "requirements.txt")
        requirements.write_text("".join(f"{one.name}=={one.version}\n" for one in packages))
        command = [
            sys.executable, "-m", "pip_audit", "--no-deps", "--disable-pip", "-f", "json",
            "--progress-spinner", "off", "--timeout", str(ANSWER_TIMEOUT_S),
            "--cache-dir", str(Path(scratch, "cache")), "-s", source.service,
            *(["--osv-url", source.url] if source.url else []), "-r", str(requirements),
        ]  # fmt: skip
        try:
            done = subprocess.run(
                command, capture_output=True, text=True, check=False, timeout=AUDIT_TIMEOUT_S
            )
        except subprocess.TimeoutExpired:
            return [], f"no answer within {AUDIT_TIMEOUT_S} s"
    try:
        return list(json.loads(done.stdout)["dependencies"]), ""
    except (ValueError, KeyError, TypeError):
        last = (done.stderr.strip().splitlines() or ["pip-audit printed nothing"])[-1]
        return [], last[-200:]


def _names(entry: dict[str, Any]) -> set[str]:
    """Every id and alias of the advisories in one entry."""
    return {
        name
        for advisory in entry.get("vulns", ())
        for name in (advisory["id"], *advisory["aliases"])
    }
