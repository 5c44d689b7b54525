"""pip-audit over locked and installed packages, believed only where it was seen to look.

A package counts as audited when its reply was whole and when the source knew the canaries, old
releases with a famous advisory, that were asked about before and after it: a source that goes
blind on the way is noticed. What is not audited is named with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import cycle
from time import monotonic

from packaging.version import InvalidVersion, Version
from pip_audit._audit import Auditor  # type: ignore[import-untyped]
from pip_audit._service import (  # type: ignore[import-untyped]
    OsvService,
    PyPIService,
    ResolvedDependency,
    ServiceError,
    VulnerabilityResult,
    VulnerabilityService,
)

from reports.evidence import Finding, Severity, fingerprint
from suites.security.supply.lock import Package
from suites.security.supply.watched import ReplyError, Watched

TOOL = "pip-audit"
AUDIT_WITHIN_S = 150.0
BLOCK = 40
AT_ONCE = 6
SEVERITIES: Sequence[Severity] = ("info", "low", "medium", "high", "critical")
_SCALE: Mapping[str, Severity] = {
    "LOW": "low", "MODERATE": "medium", "HIGH": "high", "CRITICAL": "critical",
}  # fmt: skip


@dataclass(frozen=True)
class Canary:
    """A release that every source of advisories knows to be bad."""

    package: Package
    advisory: str


CANARIES = (
    Canary(Package("pycrypto", "2.6.1"), "CVE-2013-7459"),
    Canary(Package("jinja2", "2.10"), "CVE-2019-10906"),
    Canary(Package("urllib3", "1.24.1"), "CVE-2019-11324"),
    Canary(Package("requests", "2.19.1"), "CVE-2018-18074"),
    Canary(Package("pyyaml", "5.3"), "CVE-2020-1747"),
)
# What cannot be known to be bad, for nobody may have it: names never begin with a hyphen.
CONTROL = Package("-no-package-has-this-name", "1.0")


@dataclass(frozen=True)
class Source:
    """Where advisories come from: a service that pip-audit knows, and OSV's address if not its own.

    `newest` is when the newest record of a snapshot was changed; `is_authority` says that records
    are made there, so that they are as new as the moment.
    """

    name: str
    service: str = "osv"
    url: str = OsvService.DEFAULT_OSV_URL
    newest: datetime | None = None
    is_authority: bool = False


OSV = Source("osv.dev", is_authority=True)
PYPI = Source("pypi.org", "pypi", "", is_authority=True)


@dataclass
class Audit:
    """What was found, what was looked at, and what was not, each with its reason.

    `modified` holds the moments at which the records that the source answered were last changed.
    """

    findings: list[Finding] = field(default_factory=list)
    audited: list[Package] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    modified: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """What one query came to: the advisories, or why there is no answer."""

    package: Package
    advisories: tuple[VulnerabilityResult, ...] = ()
    fault: str = ""


def answering_source(candidates: Iterable[Source]) -> tuple[Source | None, str]:
    """The first source that knows the first canary, or None and why each of them does not."""
    reasons = []
    for source in candidates:
        fault = _canary_fault(_Inquiry(source), CANARIES[0])
        if not fault:
            return source, ""
        reasons.append(fault)
    return None, "; ".join(reasons)


def run(packages: Iterable[Package], source: Source, within_s: float = AUDIT_WITHIN_S) -> Audit:
    """Audit `packages` against `source`; nothing is raised for what the network does."""
    audit, inquiry = Audit(), _Inquiry(source, monotonic() + within_s)
    canaries = cycle(CANARIES)
    fault = _control_fault(inquiry) or _canary_fault(inquiry, next(canaries))
    for block in _blocks(tuple(packages)):
        answers = () if fault else inquiry.ask_all(block)
        fault = fault or _canary_fault(inquiry, next(canaries))
        if fault:
            audit.missing += [f"{package}: {fault}" for package in block]
            # What such a source claims to have found is still looked into, never dropped.
            answers = [answer for answer in answers if answer.advisories]
        for answer in answers:
            _take(audit, answer, inquiry.watched.severities, counts=not fault)
    audit.modified = frozenset(inquiry.watched.modified)
    return audit


def _blocks(packages: Sequence[Package]) -> Iterator[Sequence[Package]]:
    for start in range(0, max(1, len(packages)), BLOCK):
        yield packages[start : start + BLOCK]


def _take(audit: Audit, answer: Answer, known: Mapping[str, str], *, counts: bool) -> None:
    if answer.fault:
        audit.missing.append(f"{answer.package}: {answer.fault}")
        return
    if counts:
        audit.audited.append(answer.package)
    for one in answer.advisories:
        severities = {known.get(name, "") for name in (one.id, *one.aliases)}
        audit.findings.append(_finding(answer.package, one, severities))


def _finding(package: Package, advisory: VulnerabilityResult, severities: set[str]) -> Finding:
    names = {advisory.id, *advisory.aliases}
    fixed = ", ".join(map(str, advisory.fix_versions)) or "no release"
    return Finding(
        tool=TOOL,
        rule=advisory.id,
        # what nobody has weighed counts as high, the worst word of several as the word
        severity=max((_SCALE[one] for one in severities & _SCALE.keys()), key=SEVERITIES.index)
        if severities & _SCALE.keys()
        else "high",
        tool_severity=", ".join(sorted(severities - {""})),
        message=f"{package}: {', '.join(sorted(names - {advisory.id}))} mended in {fixed}. "
        + advisory.description[:200],
        fingerprint=fingerprint(TOOL, package.name, _lasting(names)),
        path="uv.lock",
        objectives=("sec-dependencies",),
    )


def _lasting(names: set[str]) -> str:
    """The name that an advisory keeps: databases give it theirs one after another."""
    cve = {name for name in names if name.startswith("CVE-")}
    return min(cve or {name for name in names if name.startswith("GHSA-")} or names)


def _canary_fault(inquiry: _Inquiry, canary: Canary) -> str:
    """Why the source cannot be believed at this moment; empty when it knows the canary."""
    answer = inquiry.ask(canary.package)
    known = {name for one in answer.advisories for name in (one.id, *one.aliases)}
    if canary.advisory in known:
        return ""
    said = answer.fault or f"does not know {canary.advisory} of {canary.package}"
    return said if answer.fault else f"{inquiry.source.name} {said}"


def _control_fault(inquiry: _Inquiry) -> str:
    """A source that knows advisories of what does not exist answers the same to everything."""
    if inquiry.source.service == "osv" and inquiry.ask(CONTROL).advisories:
        return f"{inquiry.source.name} knows advisories of a package that does not exist"
    return ""


@dataclass(frozen=True)
class _One:
    """A single package, as pip-audit's auditor takes what it calls a source of dependencies."""

    package: Package

    def collect(self) -> Iterator[ResolvedDependency]:
        yield ResolvedDependency(self.package.name, Version(self.package.version))


class _Osv(OsvService):  # type: ignore[misc]
    def __init__(self, url: str, session: Watched) -> None:
        self.session, self.timeout, self.osv_url = session, None, url


class _PyPi(PyPIService):  # type: ignore[misc]
    def __init__(self, session: Watched) -> None:
        self.session, self.timeout = session, None


class _Inquiry:
    """Asks one source, through pip-audit, until the time is over."""

    def __init__(self, source: Source, until: float = float("inf")) -> None:
        self.source, self.watched, self._until = source, Watched(), until
        self._service: VulnerabilityService = (
            _Osv(source.url, self.watched) if source.service == "osv" else _PyPi(self.watched)
        )

    def ask_all(self, packages: Sequence[Package]) -> list[Answer]:
        """Answers in the order of `packages`, some of them asked for at the same time."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            return list(pool.map(self.ask, packages))

    def ask(self, package: Package) -> Answer:
        """What the source knows of one package, advisories with several names told once."""
        if monotonic() > self._until:
            return Answer(package, fault=f"not asked: {self.source.name} took too long before")
        try:
            Version(package.version)
        except InvalidVersion:
            return Answer(package, fault=f"{package.version!r} is no version of PEP 440")
        try:
            ((dependency, found),) = Auditor(self._service).audit(_One(package))
        except ReplyError as error:
            return Answer(package, fault=f"{self.source.name} {error}")
        except (ServiceError, LookupError, TypeError, ValueError, AttributeError) as error:
            said = f"answered what pip-audit cannot read ({type(error).__name__}: {error})"
            return Answer(package, fault=f"{self.source.name} {said}")
        if dependency.is_skipped():
            return Answer(package, fault=f"{self.source.name} skipped it")
        return Answer(package, tuple(found))
