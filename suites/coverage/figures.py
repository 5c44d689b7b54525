"""Lines and branches of every file that exists, and how many of them were run."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from coverage import Coverage, CoverageData
from coverage.exceptions import CoverageException

from fixtures.coverage import ROOMS, settings

# What the objective calls the framework, beside the service and each room alone.
PACKAGES: Mapping[str, tuple[str, ...]] = {
    "sut": ("sut",),
    "framework": ("reports", "scenarios", "fixtures"),
    "reports": ("reports",),
    "scenarios": ("scenarios",),
    "fixtures": ("fixtures",),
}


@dataclass(frozen=True)
class Figures:
    """Counts of one file, or of several. A branch is one way out of a line that has several."""

    lines: int = 0
    lines_run: int = 0
    branches: int = 0
    branches_run: int = 0

    def __add__(self, other: Figures) -> Figures:
        return Figures(
            self.lines + other.lines,
            self.lines_run + other.lines_run,
            self.branches + other.branches,
            self.branches_run + other.branches_run,
        )

    @property
    def lines_ratio(self) -> float:
        """Lines run of those that exist; 1 where there are none."""
        return self.lines_run / self.lines if self.lines else 1.0

    @property
    def branches_ratio(self) -> float:
        """Branches run of those that exist; 1 where there are none."""
        return self.branches_run / self.branches if self.branches else 1.0


@dataclass(frozen=True)
class FileFigures:
    """One file: its counts, and in words which lines were not run."""

    path: str
    figures: Figures
    not_run: str


def files_of(root: Path) -> tuple[str, ...]:
    """Every Python file of the rooms, relative to `root`, whether or not anything imports it."""
    return tuple(
        sorted(
            path.relative_to(root).as_posix()
            for room in ROOMS
            for path in (root / room).rglob("*.py")
        )
    )


def count(root: Path, data: Iterable[CoverageData]) -> tuple[FileFigures, ...]:
    """Count every file of `files_of` against all of `data`; one that cannot be parsed is left out.

    A file that no process imported counts with all of its lines and branches, as not run.
    """
    measuring = Coverage(data_file=None, config_file=str(settings(root)))
    for part in data:
        measuring.get_data().update(part)
    return tuple(
        found
        for name in files_of(root)
        if (found := _count_file(measuring, root, name)) is not None
    )


def _count_file(measuring: Coverage, root: Path, name: str) -> FileFigures | None:
    path = str(root / name)
    try:
        _, lines, _, missing, not_run = measuring.analysis2(path)
        exits = measuring.branch_stats(path).values()
    except CoverageException:
        return None
    figures = Figures(
        lines=len(lines),
        lines_run=len(lines) - len(missing),
        branches=sum(total for total, _ in exits),
        branches_run=sum(taken for _, taken in exits),
    )
    return FileFigures(name, figures, not_run)


def by_package(files: Iterable[FileFigures]) -> dict[str, Figures]:
    """The sums of each of `PACKAGES`."""
    sums = dict.fromkeys(PACKAGES, Figures())
    for file in files:
        room = file.path.partition("/")[0]
        for package, rooms in PACKAGES.items():
            if room in rooms:
                sums[package] += file.figures
    return sums
