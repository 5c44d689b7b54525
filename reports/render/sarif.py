"""SARIF 2.1.0: findings of any tool, as code-scanning services read them.

One SARIF run a tool. A finding's own fingerprint becomes its partial fingerprint, so that a service
follows it over moved lines as the waivers do. A waived finding is there and says that it is
suppressed; one that were left out would look mended.

Source: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0 plus Errata 01.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from reports.evidence import Finding, Severity

SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
FINGERPRINT = "touchline/v1"
LEVELS: Mapping[Severity, str] = {
    "info": "note", "low": "note", "medium": "warning", "high": "error", "critical": "error",
}  # fmt: skip
# What services sort by: the middle of each band of CVSS 3.1's qualitative scale.
SECURITY_SEVERITY: Mapping[Severity, str] = {
    "info": "0.0", "low": "2.0", "medium": "5.5", "high": "8.0", "critical": "9.5",
}  # fmt: skip


def document(
    findings: Iterable[Finding],
    *,
    tools: Mapping[str, str] | None = None,
    waived: Mapping[str, str] | None = None,
) -> str:
    """One SARIF log as JSON text.

    `tools` gives versions by tool name; a tool that is named there and found nothing has an empty
    run, so that "nothing found" and "never looked" differ. `waived` gives reasons by fingerprint.
    """
    by_tool: dict[str, list[Finding]] = {name: [] for name in sorted(tools or {})}
    for finding in findings:
        by_tool.setdefault(finding.tool, []).append(finding)
    runs = [_run(tool, (tools or {}).get(tool, ""), found, waived or {})
            for tool, found in by_tool.items()]  # fmt: skip
    body = {"$schema": SCHEMA, "version": "2.1.0", "runs": runs}
    return json.dumps(body, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _run(
    tool: str, version: str, findings: list[Finding], waived: Mapping[str, str]
) -> dict[str, Any]:
    rules = sorted({finding.rule for finding in findings})
    numbers = {rule: number for number, rule in enumerate(rules)}
    driver: dict[str, Any] = {"name": tool, "rules": [{"id": rule} for rule in rules]}
    if version:
        driver["version"] = version
    return {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "results": [_result(one, numbers[one.rule], waived) for one in findings],
    }


def _result(finding: Finding, number: int, waived: Mapping[str, str]) -> dict[str, Any]:
    result: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": number,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message or finding.rule},
        "partialFingerprints": {FINGERPRINT: finding.fingerprint},
        "properties": {
            "severity": finding.severity,
            "security-severity": SECURITY_SEVERITY[finding.severity],
            **({"toolSeverity": finding.tool_severity} if finding.tool_severity else {}),
            **({"objectives": list(finding.objectives)} if finding.objectives else {}),
        },
    }
    if finding.path:
        result["locations"] = [_location(finding)]
    if finding.fingerprint in waived:
        result["suppressions"] = [
            {"kind": "external", "status": "accepted", "justification": waived[finding.fingerprint]}
        ]
    return result


def _location(finding: Finding) -> dict[str, Any]:
    # A path is relative to the tree; what a URI may not hold is written in percent signs.
    place: dict[str, Any] = {
        "artifactLocation": {"uri": quote(finding.path), "uriBaseId": "SRCROOT"}
    }
    if finding.line > 0:
        place["region"] = {"startLine": finding.line}
    return {"physicalLocation": place}
