"""Throw-away copies of the working files, and tests that run in them."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from defusedxml import ElementTree

from fixtures.services.interface import ServerInfo

WITHIN_S = 600
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".nox", "out", "__pycache__", ".*_cache", ".hypothesis", ".benchmarks"
)


@dataclass(frozen=True)
class Run:
    """What became of tests: the failures' messages by test name, and how many tests there were."""

    failures: Mapping[str, str]
    tests: int
    exit_code: int
    output: str


def copy_of(root: Path, target: Path) -> Path:
    """The working files as they are, in a folder of their own."""
    shutil.copytree(root, target, ignore=LEFT_OUT)
    return target


def run_tests(
    root: Path, tests: Sequence[str], postgres: ServerInfo, redis: ServerInfo, report: Path
) -> Run:
    """Run `tests` of the copy at `root` on servers that stand; their database is made there."""
    command = [
        sys.executable, "-m", "pytest", *tests, "-q", "-p", "no:cacheprovider",
        "--services=external", f"--postgres-url={postgres.url}", f"--redis-url={redis.url}",
        f"--junitxml={report}", "-o", "junit_logging=no",
    ]  # fmt: skip
    done = subprocess.run(
        command, cwd=root, capture_output=True, text=True, check=False, timeout=WITHIN_S
    )
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    failures, count = {}, 0
    for case in cases:
        count += 1
        for fault in (*case.findall("failure"), *case.findall("error")):
            failures[str(case.get("name"))] = f"{fault.get('message')}\n{fault.text}"
    return Run(failures, count, done.returncode, f"{done.stdout[-4000:]}{done.stderr[-1000:]}")
