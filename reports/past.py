"""What the present run is held beside: the last release, a pinned run, the run before. Pure."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from reports.compare import Comparison, compare
from reports.history import Entry, History
from reports.releases import ReleaseTag
from reports.trends import Trend, trends_of


@dataclass(frozen=True)
class Absence:
    """A comparison that was wanted and cannot be made, and why."""

    label: str
    why: str


@dataclass(frozen=True)
class Past:
    """Everything that earlier runs say about the present one; the first comparison leads."""

    entries: tuple[Entry, ...] = ()
    comparisons: tuple[Comparison, ...] = ()
    absent: tuple[Absence, ...] = ()
    trends: Mapping[str, Trend] = field(default_factory=dict)
    faults: tuple[str, ...] = ()

    @property
    def leading(self) -> Comparison | None:
        """What the page compares with throughout; the others have a section of their own."""
        return self.comparisons[0] if self.comparisons else None


def past_of(history: History, now: Entry, release: ReleaseTag | None, ran: Collection[str]) -> Past:
    """Hold the present run beside its past.

    `ran` are the tests that left an outcome now, in evidence that is believed.
    """
    before = history.before(now.run, now.began)
    bases: list[tuple[str, Entry]] = []
    absent: list[Absence] = []
    if release is None:
        absent.append(Absence("the last release", "no version tag leads to this commit"))
    elif found := _run_of_commit(before, release.commit, now.policy):
        bases.append((f"release {release.name}", found))
    else:
        why = f"no run of its commit {release.commit[:12]} is in the history"
        absent.append(Absence(f"release {release.name}", why))
    if history.pinned and history.pinned != now.run:
        named = [entry for entry in before if entry.run == history.pinned]
        pinned = next(reversed(_alike(named, now.policy)), None)
        if pinned:
            bases.append((f"the pinned run {pinned.run}", pinned))
        else:
            absent.append(Absence(f"the pinned run {history.pinned}", "it is not in the history"))
    previous = [entry for entry in before if entry.policy == now.policy]
    if previous and all(previous[-1].run != base.run for _, base in bases):
        bases.append(("the run before", previous[-1]))
    return Past(
        entries=before,
        comparisons=tuple(compare(now, base, label, ran) for label, base in bases),
        absent=tuple(absent),
        trends=trends_of(before, now),
        faults=history.faults,
    )


def _run_of_commit(entries: Collection[Entry], commit: str, policy: str) -> Entry | None:
    """The run by which a commit was released: the newest GO of it as it was committed.

    Without one the newest run; of the same policy where there is one.
    """
    found = [entry for entry in entries if entry.commit == commit and not entry.dirty]
    alike = _alike(found, policy)
    good = [entry for entry in alike if entry.release == "GO"]
    return next(reversed(good or alike), None)


def _alike(entries: Sequence[Entry], policy: str) -> Sequence[Entry]:
    """Those that were judged under the policy, or all where none was."""
    return [entry for entry in entries if entry.policy == policy] or entries
