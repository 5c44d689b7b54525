"""What an access or contract fault is called elsewhere: OWASP's list and the fuzzers' catalogue.

Sources: OWASP API Security Top 10, 2023 edition; the fault categories of Web Fuzzing Commons (WFC),
whose package the suites install, so that a test can hold these codes against it.
"""

from __future__ import annotations

from dataclasses import dataclass

from reports.evidence import Finding, Severity, fingerprint


@dataclass(frozen=True)
class Kind:
    """One kind of fault: our name for it, OWASP's number and WFC's code (0 where it has none)."""

    rule: str
    owasp: str
    wfc: int
    severity: Severity

    @property
    def codes(self) -> str:
        """Both numbers, as they stand in a message."""
        return ", ".join([*filter(None, [self.owasp]), *([f"WFC F{self.wfc}"] if self.wfc else [])])


OBJECT_LEVEL = Kind("object-level-authorization", "API1:2023", 306, "high")
EXISTENCE = Kind("existence-leak", "API1:2023", 304, "low")
AUTHENTICATION = Kind("missing-authentication", "API2:2023", 311, "critical")
WRONGLY_401 = Kind("wrongly-not-authenticated", "API2:2023", 305, "medium")
ASSIGNMENT = Kind("mass-assignment", "API3:2023", 303, "high")
EXPOSURE = Kind("undeclared-property", "API3:2023", 200, "high")
SECRET = Kind("secret-exposed", "API3:2023", 0, "critical")
FUNCTION_LEVEL = Kind("function-level-authorization", "API5:2023", 306, "high")
UNDOCUMENTED_STATUS = Kind("undocumented-status", "API9:2023", 200, "medium")
UNKNOWN_ACCEPTED = Kind("unknown-field-accepted", "API3:2023", 206, "medium")
INJECTION = Kind("sql-injection", "API8:2023", 300, "critical")
KINDS = (
    OBJECT_LEVEL, EXISTENCE, AUTHENTICATION, WRONGLY_401, ASSIGNMENT, EXPOSURE, SECRET,
    FUNCTION_LEVEL, UNDOCUMENTED_STATUS, UNKNOWN_ACCEPTED, INJECTION,
)  # fmt: skip


@dataclass(frozen=True)
class Fault:
    """A fault that was shown: its kind, the operation, whom or what it is about, and how."""

    kind: Kind
    operation: str
    subject: str
    detail: str

    def __str__(self) -> str:
        about = f" {self.subject}" if self.subject else ""
        return f"{self.operation}{about}: {self.kind.rule} ({self.kind.codes}): {self.detail}"

    def as_finding(self, tool: str, path: str, objectives: tuple[str, ...]) -> Finding:
        """The fault as evidence; where it was found again, its fingerprint is the same."""
        return Finding(
            tool=tool,
            rule=self.kind.rule,
            severity=self.kind.severity,
            message=str(self),
            fingerprint=fingerprint(tool, self.kind.rule, self.operation, self.subject),
            path=path,
            tool_severity=self.kind.codes,
            objectives=objectives,
        )
