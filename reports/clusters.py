"""Failures by their cause: two hundred red tests are seldom two hundred faults. Pure.

Tests share a cause when the first line of what they said is the same apart from what varies from
test to test (numbers, addresses, ids), and when it was raised in the same file. A false merge hides
a fault and a false split only costs a line, so words are never left out of the comparison.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from reports.evidence import Check

_VARIES = (
    (
        re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", re.IGNORECASE),
        "<id>",
    ),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{8,}\b", re.IGNORECASE), "<hex>"),
    (re.compile(r"0x[0-9a-f]+", re.IGNORECASE), "<address>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<n>"),
)
_PLACE = re.compile(r"^(\S+?):(\d+)(?::|$)")
_ELSEWHERE = ("site-packages/", "/lib/python", "<frozen ", "<string>")
_TRACE_MARK = re.compile(r"^[>E] ")
LONGEST_TRACE = 14


@dataclass(frozen=True)
class Cluster:
    """Tests that failed for one cause, the first to fail first. `cause` is its short identity."""

    cause: str
    checks: tuple[Check, ...]

    @property
    def first(self) -> Check:
        """The one that failed first."""
        return self.checks[0]


def clusters_of(checks: Iterable[Check]) -> tuple[Cluster, ...]:
    """Every check that failed or broke, by cause, in the order in which the causes were met."""
    groups: dict[str, list[Check]] = {}
    bad = [check for check in checks if check.outcome in ("failed", "error")]
    for check in sorted(bad, key=lambda item: item.at):
        groups.setdefault(cause_of(check), []).append(check)
    return tuple(Cluster(cause, tuple(group)) for cause, group in groups.items())


def cause_of(check: Check) -> str:
    """The identity of a failure's cause, the same from run to run."""
    said = check.message.strip().partition("\n")[0][:500]
    for pattern, stand_in in _VARIES:
        said = pattern.sub(stand_in, said)
    places = [place for place, _ in _places(check.detail)]
    where = places[-1] if places else check.id.partition("::")[0] if not said else ""
    return hashlib.sha256(f"{said}\x1f{where}".encode("utf-8", "replace")).hexdigest()[:12]


def _places(detail: str) -> list[tuple[str, str]]:
    """The frames that a detail names, outermost first: file and whole line."""
    found = []
    for line in detail.splitlines():
        match = _PLACE.match(line)
        if match and ".py" in match[1]:
            found.append((match[1], line))
    return found


def short_trace(detail: str) -> str:
    """The frames of the project's own files, then the failing line and what it said.

    A detail that holds no traceback is kept, cut in the middle where it is long.
    """
    lines = detail.strip().splitlines()
    own = [line for place, line in _places(detail) if not any(e in place for e in _ELSEWHERE)]
    told = [line for line in lines if _TRACE_MARK.match(line)]
    if own and told:
        return "\n".join([*own[-4:], *_cut(told, LONGEST_TRACE - 4)])
    return "\n".join(_cut(lines, LONGEST_TRACE))


def _cut(lines: Sequence[str], most: int) -> list[str]:
    if len(lines) <= most:
        return list(lines)
    half = (most - 1) // 2
    left_out = len(lines) - 2 * half
    return [*lines[:half], f"[{left_out} lines left out]", *lines[-half:]]
