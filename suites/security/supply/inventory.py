"""What the release is made of: a CycloneDX bill of materials, licences, and imports beside pins."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from packaging.utils import canonicalize_name

from reports.evidence import Finding, Severity, fingerprint
from suites.security.supply.lock import Package

BOM = "sbom.cdx.json"
OBJECTIVE = "sec-inventory"
WITHIN_S = 120
# Licences that ask something of the whole program which is shipped with them (SPDX names).
_STRONG_COPYLEFT = ("AGPL", "GPL", "SSPL", "EUPL", "OSL")
# The same in words, as classifiers and titles have them; what is lesser is another licence.
_IN_WORDS = re.compile(
    r"(?<!lesser )(?<!library )\b(affero )?general public licen[cs]e|server side public licen[cs]e"
    r"|european union public licen[cs]e|\bopen software licen[cs]e",
    re.IGNORECASE,
)
# What is written where nothing is said: a blank, and a heading without what stands under it.
_SAYS_NOTHING = frozenset({"", "UNKNOWN", "LICENSE :: OSI APPROVED"})
_UNREAD_BY_DEPTRY = re.compile(
    r"Skipping processing of (?P<file>.+) because of the following error: (?P<why>.+)"
)
_GAPS: Mapping[str, Severity] = {
    "DEP001": "medium",  # imported, and only here by chance
    "DEP002": "low",  # pinned, audited and shipped for nothing
    "DEP003": "medium",  # imported, and here as long as somebody else needs it
    "DEP004": "medium",  # imported, and not there in production
}


class InventoryError(RuntimeError):
    """A tool gave no inventory; the message is its own last words."""


@dataclass(frozen=True)
class Bom:
    """A bill of materials: `text` is the document, `licences` what each package says of itself."""

    text: str
    packages: tuple[Package, ...]
    licences: Mapping[Package, tuple[str, ...]]

    @property
    def sha256(self) -> str:
        """The document's digest."""
        return hashlib.sha256(self.text.encode()).hexdigest()

    @property
    def unlicensed(self) -> tuple[Package, ...]:
        """Packages of which nobody says under what terms they may be used."""
        return tuple(one for one in self.packages if not self.licences[one])


def bill_of_materials(pyproject: Path, python: str = sys.executable) -> Bom:
    """What is installed beside `python`; the same packages give the same document.

    Raises InventoryError.
    """
    with TemporaryDirectory(prefix="touchline-bom-") as scratch:
        path = Path(scratch, BOM)
        _run(
            "-m", "cyclonedx_py", "environment", "--of", "JSON", "--output-reproducible",
            "--no-validate", "--pyproject", str(pyproject), "-o", str(path), python,
        )  # fmt: skip
        text = path.read_text("utf-8")
    return read(text)


def read(text: str) -> Bom:
    """A CycloneDX document, and what can be said by it."""
    document = json.loads(text)
    licences = {
        _package(one): tuple(sorted(_licences(one))) or _declared(one["name"])
        for one in document.get("components", ())
    }
    return Bom(text, tuple(sorted(licences)), licences)


def copyleft(bom: Bom, shipped: Collection[Package]) -> tuple[Finding, ...]:
    """Packages of `shipped` that can be had under terms alone which extend to the whole service.

    By name: what is locked and what is here may differ in their versions.
    """
    names = {package.name for package in shipped}
    return tuple(
        Finding(
            tool="cyclonedx-py",
            rule="strong-copyleft",
            severity="medium",
            message=f"{package} is under {' or '.join(bom.licences[package])}, which asks the "
            "same of a service that is shipped with it: replace it, or accept it in a waiver",
            fingerprint=fingerprint("cyclonedx-py", "strong-copyleft", package.name),
            path="uv.lock",
            objectives=(OBJECTIVE,),
        )
        for package in bom.packages
        if package.name in names
        and bom.licences[package]
        and all(map(_is_strong, bom.licences[package]))
    )


def import_gaps(root: Path) -> tuple[Finding, ...]:
    """deptry: the service's imports beside what it pins, and every import beside all that is here.

    Raises InventoryError.
    """
    service = _deptry(root, "sut")
    everything = _deptry(root, ".", "--ignore", "DEP002,DEP003,DEP004")
    return tuple(dict.fromkeys((*service, *everything)))


def _deptry(root: Path, *arguments: str) -> Iterator[Finding]:
    with TemporaryDirectory(prefix="touchline-deptry-") as scratch:
        report = Path(scratch, "report.json")
        command = ("-m", "deptry", *arguments, "--json-output", str(report))
        said = _run(*command, root=root, exits=(0, 1))
        # deptry only warns of a file that it cannot read, and its exit is that of all others.
        if unread := _UNREAD_BY_DEPTRY.search(said):
            raise InventoryError(f"deptry did not read {unread['file']}: {unread['why']}")
        if not report.exists():
            raise InventoryError("deptry wrote no report")
        issues = json.loads(report.read_text("utf-8"))
    for issue in issues:
        rule, place = issue["error"]["code"], issue["location"]
        yield Finding(
            tool="deptry",
            rule=rule,
            severity=_GAPS.get(rule, "medium"),
            message=issue["error"]["message"],
            fingerprint=fingerprint("deptry", rule, issue["module"], place["file"]),
            path=place["file"],
            line=place["line"] or 0,
            objectives=(OBJECTIVE,),
        )


def _run(*command: str, root: Path | None = None, exits: tuple[int, ...] = (0,)) -> str:
    """Run a tool of this Python's; what it wrote to its standard error. Raises InventoryError."""
    try:
        done = subprocess.run(
            [sys.executable, *command], cwd=root, capture_output=True, text=True, check=False,
            timeout=WITHIN_S,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise InventoryError(f"{command[1]} did not end within {WITHIN_S} s") from None
    if done.returncode not in exits:
        last = (done.stderr.strip().splitlines() or ["it said nothing"])[-1]
        raise InventoryError(f"{command[1]} ended with {done.returncode}: {last}")
    return done.stderr


def _package(component: Mapping[str, Any]) -> Package:
    return Package(canonicalize_name(component["name"]), component["version"])


def _licences(component: Mapping[str, Any]) -> Iterator[str]:
    for choice in component.get("licenses", ()):
        said = choice.get("license", {})
        yield from filter(_tells, (said.get("id"), said.get("name"), choice.get("expression")))


def _tells(licence: str | None) -> bool:
    return (licence or "").strip().upper() not in _SAYS_NOTHING


def _declared(name: str) -> tuple[str, ...]:
    """What an installed package says in its own words, which the bill leaves out if not SPDX's.

    One that says nothing itself may still bring its licence along, whose first line is its title.
    """
    try:
        package = metadata.distribution(name)
    except metadata.PackageNotFoundError:
        return ()
    said = (package.metadata["License"] or "").strip()
    if _tells(said):
        return (said.splitlines()[0],)
    files = package.metadata.get_all("License-File") or ()
    return tuple(filter(None, (_title(package, file) for file in files)))


def _title(package: metadata.Distribution, file: str) -> str:
    """The title of a licence that a package ships; empty where the file is missing or blank."""
    # PEP 639 has them in a folder of their own, older packages do not.
    text = package.read_text(f"licenses/{file}") or package.read_text(file) or ""
    return next(filter(None, map(str.strip, text.splitlines())), "")


def _is_strong(licence: str) -> bool:
    """Whether a licence, or an expression of several, leaves no choice but strong copyleft."""
    while inner := re.search(r"\(([^()]*)\)", licence):
        stands_for = _STRONG_COPYLEFT[0] if _is_strong(inner[1]) else "-"
        licence = f"{licence[: inner.start()]} {stands_for} {licence[inner.end() :]}"
    # AND binds closer than OR, and of what is joined by it all has to be kept.
    return all(map(_holds_strong, licence.split(" OR ")))


def _holds_strong(licence: str) -> bool:
    words = licence.split()
    return any(word.upper().startswith(_STRONG_COPYLEFT) for word in words) or bool(
        _IN_WORDS.search(" ".join(words))
    )
