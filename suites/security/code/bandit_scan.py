"""bandit over Python files, and what it did not tell by its exit code: which files it parsed."""

from __future__ import annotations

import contextlib
import gc
import io
import logging
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from bandit.core.config import BanditConfig  # type: ignore[import-untyped]
from bandit.core.context import Context  # type: ignore[import-untyped]
from bandit.core.manager import BanditManager  # type: ignore[import-untyped]
from bandit.core.tester import BanditTester  # type: ignore[import-untyped]

from reports.evidence import Severity
from suites.security.code.scans import Canary, Scan, Spot, as_findings, name_of

TOOL = "bandit"
_SEVERITIES: dict[str, Severity] = {"MEDIUM": "medium", "HIGH": "high"}
# Tests that know no severity above low, by bandit's documentation: their findings would not count,
# and looking for them took a third of the time.
_LOW_ALONE = frozenset({"B101", "B105", "B106", "B107", "B110", "B112", "B603", "B606", "B607"})
CANARY = Canary(
    "canary.py",
    "def find(connection, name):\n"
    "    return connection.execute(\"select * from people where name = '%s'\" % name)\n",
    "B608",
)


def scan(files: Sequence[Path], root: Path) -> Scan:
    """Scan `files`; findings of medium severity or higher, at any confidence.

    `# nosec` is not honoured: a finding is accepted in the waivers file, where it has an owner and
    an end, or it is not accepted.
    """
    profile = {"include": [], "exclude": sorted(_LOW_ALONE)}
    manager = BanditManager(BanditConfig(), "file", quiet=True, ignore_nosec=True, profile=profile)
    wanted = {_place(path): name_of(path, root) for path in files}
    manager.discover_files(list(wanted))
    with _silenced(), _seldom_collecting(), _noting_crashes() as crashed:
        manager.run_tests()
    skipped = {**crashed, **{_place(name): reason for name, reason in manager.get_skipped()}}
    parsed = {_place(name) for name in manager.files_list} - skipped.keys()
    missing = (
        f"{name}: {skipped.get(path, 'not looked at')}"
        for path, name in wanted.items()
        if path not in parsed
    )
    issues = manager.get_issue_list(sev_level="MEDIUM", conf_level="LOW")
    return Scan(
        as_findings(TOOL, _spots(issues, root), root),
        tuple(sorted(wanted[path] for path in parsed & wanted.keys())),
        tuple(sorted(missing)),
    )


def _place(path: str | Path) -> str:
    return str(Path(path).resolve())


def _spots(issues: Iterable[object], root: Path) -> Iterator[Spot]:
    for issue in issues:
        body = issue.as_dict(with_code=False)  # type: ignore[attr-defined]
        yield Spot(
            body["test_id"],
            name_of(Path(body["filename"]), root),
            int(body["line_number"]),
            _SEVERITIES[body["issue_severity"]],
            f"{body['issue_severity']} (confidence {body['issue_confidence']})",
            body["issue_text"],
        )


@contextlib.contextmanager
def _noting_crashes() -> Iterator[dict[str, str]]:
    """The files in which a test of bandit's broke down, which it logs alone: nothing was found."""
    crashed: dict[str, str] = {}
    usual = BanditTester.report_error

    def note(test: str, context: Context, error: Exception) -> None:
        said = f"{test} broke down ({type(error).__name__}: {error})"
        crashed.setdefault(_place(context.filename), said)

    BanditTester.report_error = staticmethod(note)
    try:
        yield crashed
    finally:
        BanditTester.report_error = staticmethod(usual)


@contextlib.contextmanager
def _seldom_collecting() -> Iterator[None]:
    """A syntax tree stays while it is looked at: collecting as often as usual costs a tenth."""
    usual = gc.get_threshold()
    gc.set_threshold(100_000, 20, 100)
    try:
        yield
    finally:
        gc.set_threshold(*usual)


@contextlib.contextmanager
def _silenced() -> Iterator[None]:
    """bandit logs each file that it cannot parse; the scan names them itself."""
    log = logging.getLogger("bandit")
    level, disabled = log.level, logging.CRITICAL + 1
    log.setLevel(disabled)
    try:
        with contextlib.redirect_stderr(io.StringIO()):
            yield
    finally:
        log.setLevel(level)
