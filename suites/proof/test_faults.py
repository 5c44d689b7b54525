"""Each known fault, put into a copy of the service, turns the right tests red for the right reason.

And nothing else: the same tests are green on a copy without a fault.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

import pytest

from fixtures.services.interface import ServerInfo
from suites.proof.copies import Run, copy_of, run_tests
from suites.proof.faults import FAULTS, Edit, Fault, UnfitError
from suites.security.code import rule_scan

ROOT = Path(__file__).parents[2]

detection = pytest.mark.objective("gate-detection")


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    return copy_of(ROOT, tmp_path / "copy")


@detection
@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_fault_is_killed_by_its_tests_for_its_reason(
    fault: Fault, copy: Path, tmp_path: Path, postgres_server: ServerInfo, redis_server: ServerInfo
) -> None:
    for edit in fault.edits:
        edit.apply(copy)
    run = run_tests(copy, fault.tests, postgres_server, redis_server, tmp_path / "junit.xml")
    assert run.exit_code == 1, run.output
    for killer in fault.killers:
        told = [text for name, text in run.failures.items() if killer.test in name]
        assert told, f"{killer.test} stayed green\n{run.output}"
        assert killer.reason in told[0]
    others = unexpected(fault, run)
    assert not others, f"red for another reason: {others}"
    assert set(fault.rules) == rules_broken(copy, {edit.path for edit in fault.edits})


def unexpected(fault: Fault, run: Run) -> list[str]:
    expected = [killer.test for killer in fault.killers]
    return [name for name in run.failures if not any(one in name for one in expected)]


def rules_broken(root: Path, paths: Iterable[str]) -> set[str]:
    scan = rule_scan.scan([root / path for path in paths], root)
    assert not scan.missing
    return {finding.rule for finding in scan.findings}


@detection
def test_the_same_tests_are_green_without_a_fault(
    copy: Path, tmp_path: Path, postgres_server: ServerInfo, redis_server: ServerInfo
) -> None:
    tests = sorted({test for fault in FAULTS for test in fault.tests})
    run = run_tests(copy, tests, postgres_server, redis_server, tmp_path / "junit.xml")
    assert run.exit_code == 0, run.output
    assert run.failures == {}
    assert run.tests >= len(FAULTS)


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.name.replace(" ", "-"))
def test_a_reason_is_nothing_that_the_tests_say_whatever_broke(fault: Fault) -> None:
    said = "".join((ROOT / test.partition("::")[0]).read_text("utf-8") for test in fault.tests)
    assert [killer.reason for killer in fault.killers if killer.reason in said] == []


@pytest.mark.parametrize("text", ["", "twice twice"])
def test_an_edit_that_does_not_fit_says_so(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.py").write_text(text)
    with pytest.raises(UnfitError, match=r"a\.py: the text to replace stands there [02] times"):
        Edit("a.py", "twice", "x").apply(tmp_path)
