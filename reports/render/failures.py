"""Failures in words: clusters by cause, what is flaky, what was skipped, what is slow."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterable, Sequence
from pathlib import PurePath, PureWindowsPath

from reports.clusters import Cluster, clusters_of, short_trace
from reports.evidence import Check
from reports.history import Entry
from reports.past import Past
from reports.render.view import Attachment, ClusterRow
from reports.wording import count, duration

ATTACHMENTS = "attachments"
MOST_OTHERS = 12
MOST_LISTED = 30
MOST_MESSAGE = 1000
SLOWEST = 10
_LABELS = {
    ".png": ("screenshot", ""),
    ".html": ("page as it was", ""),
    ".zip": ("trace", "python -m playwright show-trace {path}"),
    ".har": ("network log (HAR)", ""),
    ".sh": ("request", "sh {path}"),
    ".curl": ("request", "sh {path}"),
}


def cluster_rows(checks: Sequence[Check], past: Past) -> tuple[ClusterRow, ...]:
    """One row for each cause, the first failure first."""
    return tuple(_row(cluster, past) for cluster in clusters_of(checks))


def _row(cluster: Cluster, past: Past) -> ClusterRow:
    first, others = cluster.first, cluster.checks[1:]
    return ClusterRow(
        cause=cluster.cause,
        amount=len(cluster.checks),
        outcome=first.outcome,
        layer=first.layer,
        age=_age(cluster, past),
        message=clipped(first.message.strip() or "no message", MOST_MESSAGE),
        id=first.id,
        trace=short_trace(first.detail),
        repeat=first.repeat,
        objectives=", ".join(dict.fromkeys(o for c in cluster.checks for o in c.objectives)),
        attachments=tuple(map(_attachment, first.attachments)),
        others=tuple(check.id for check in others[:MOST_OTHERS]),
        more=max(len(others) - MOST_OTHERS, 0),
    )


def clipped(text: str, most: int) -> str:
    """The text, cut at the end where it is longer, and saying so."""
    return text if len(text) <= most else f"{text[:most]} [{len(text) - most:,} characters more]"


def _age(cluster: Cluster, past: Past) -> str:
    """New where one of its tests failed for the first time since the run compared with."""
    if past.leading is None:
        return ""
    fresh = [check for check in cluster.checks if past.leading.of(check.id) == "new"]
    if not fresh:
        return "still failing"
    return "new" if len(fresh) == len(cluster.checks) else f"{len(fresh)} new"


def _attachment(path: str) -> Attachment:
    if not is_within(path):
        return Attachment(path="", label=path)
    label, hint = _LABELS.get(PurePath(path).suffix, (PurePath(path).name, ""))
    return Attachment(path=path, label=label, hint=hint.format(path=shlex.quote(path)))


def is_within(path: str) -> bool:
    """Whether a name leads to an attachment of the run, and to nothing else on a disk or a net.

    A path of Windows, for which either slash parts folders.
    """
    return path.startswith(f"{ATTACHMENTS}/") and ".." not in PureWindowsPath(path).parts


def outcomes_said(checks: Iterable[Check]) -> str:
    """`1 failed, 2 could not run`; empty where none is either."""
    amounts = Counter(check.outcome for check in checks)
    said = (("failed", amounts["failed"]), ("could not run", amounts["error"]))
    return ", ".join(f"{amount:,} {word}" for word, amount in said if amount)


def flaky_rows(checks: Sequence[Check], past: Past, tree: str) -> tuple[str, ...]:
    """Tests that pass and fail on the same files: in this run, or between runs of the same tree."""
    rows = [
        f"{check.id}: passed only when it was repeated{_record(check.id, past)}"
        for check in checks
        if check.outcome == "flaky"
    ]
    same = [entry for entry in _runs(past) if tree and entry.tree == tree]
    rows += [
        f"{check.id}: {said} on the same files{_record(check.id, past)}"
        for check in (checks if same else ())
        if (said := _unsteady(check, same))
    ]
    return _limited(rows)


def _unsteady(check: Check, same: Sequence[Entry]) -> str:
    """In which run of the same files a test came out otherwise; empty where in none."""
    if check.outcome == "passed":
        other = [e for e in same if e.failures.get(check.id) in ("failed", "error")]
        return f"passed now, failed in {_named(other)}" if other else ""
    if check.outcome in ("failed", "error"):
        other = [e for e in same if check.layer in e.layers and check.id not in e.failures]
        return f"failed now, passed in {_named(other)}" if other else ""
    return ""


def _named(entries: Sequence[Entry]) -> str:
    return entries[-1].run + (f" and {count(len(entries) - 1, 'other')}" if entries[1:] else "")


def _record(test: str, past: Past) -> str:
    """How it did in the last runs, in words."""
    recent = _runs(past)[-20:]
    bad = sum(entry.failures.get(test) in ("failed", "error", "flaky") for entry in recent)
    return f" (trouble in {bad} of the last {len(recent)} runs)" if bad else ""


def _runs(past: Past) -> list[Entry]:
    """Each run once, as it was judged last: the history keeps a line for each policy."""
    return list({entry.run: entry for entry in past.entries}.values())


def skipped_rows(checks: Sequence[Check]) -> tuple[str, ...]:
    """Tests that were skipped, each with its reason."""
    return _limited([f"{c.id}: {c.message}" for c in checks if c.outcome == "skipped"])


def slowest_rows(checks: Sequence[Check]) -> tuple[str, ...]:
    """The tests that took longest, with their layer's share of the time of all tests."""
    slow = sorted(checks, key=lambda check: -check.seconds)[:SLOWEST]
    return tuple(f"{duration(check.seconds)}  {check.id}" for check in slow if check.seconds > 0)


def _limited(rows: Sequence[str]) -> tuple[str, ...]:
    rest = len(rows) - MOST_LISTED
    cut = [clipped(row, MOST_MESSAGE) for row in rows[:MOST_LISTED]]
    return (*cut, f"and {rest} more") if rest > 0 else tuple(cut)
