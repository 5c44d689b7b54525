"""Other reports of the same ten thousand tests, made where their tools can be had."""

from __future__ import annotations

import os
import resource
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

ROOT = Path(__file__).parents[3]
ALLURE = "allure@3.18.0"
TESTS_A_FILE = 100
ONE_IN = 50  # of the tests fails
# As a project of ours lists them.
PLUGINS = ("garbage", "layers", "options", "shards", "evidence", "recorder")
ALONE = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
LONGEST_S = 900


@dataclass(frozen=True)
class Spent:
    """What a command took: seconds of all cores, seconds on the clock; and what it said."""

    cpu_s: float
    wall_s: float
    exit_code: int
    said: str


def spend(command: Sequence[str], folder: Path, extra: Mapping[str, str]) -> Spent:
    """Run to the end; a failing test is no fault here, a run that did not end in order is."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), perf_counter()
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, timeout=LONGEST_S,
        env={**os.environ, **extra},
    )  # fmt: skip
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert done.returncode in (0, 1, 2), done.stderr
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Spent(cpu_s, perf_counter() - began, done.returncode, done.stderr)


def write_tests(folder: Path, amount: int, *, recorded: bool) -> Path:
    """A project of trivial tests, one in fifty failing; with our recorder or without."""
    suite = folder / "suites" / "unit"
    suite.mkdir(parents=True)
    for first in range(0, amount, TESTS_A_FILE):
        cases = (
            f"def test_the_case_number_{n}_holds():\n    assert {n} % {ONE_IN}\n"
            for n in range(first, min(first + TESTS_A_FILE, amount))
        )
        (suite / f"test_area_{first:05}.py").write_text("\n".join(cases))
    (folder / "pytest.ini").write_text("[pytest]\naddopts = --import-mode=importlib --tb=short\n")
    names = [f"fixtures.{name}" for name in PLUGINS] if recorded else []
    (folder / "conftest.py").write_text(f"pytest_plugins = {names!r}\n")
    return folder


def run_tests(folder: Path, *words: str) -> Spent:
    """Run such a project with no plugin but those that are named."""
    command = [sys.executable, "-m", "pytest", "suites", "-q", "-p", "no:cacheprovider", *words]
    return spend(command, folder, {**ALONE, "PYTHONPATH": str(ROOT)})


def pytest_html(project: Path, page: Path) -> Spent:
    """pytest-html's page of a project, in one file."""
    plugins = ("-p", "pytest_html.plugin", "-p", "pytest_metadata.plugin")
    return run_tests(project, *plugins, f"--html={page}", "--self-contained-html")


def allure_results(project: Path, results: Path) -> Spent:
    """What Allure's plugin records of a project."""
    return run_tests(project, "-p", "allure_pytest.plugin", f"--alluredir={results}")


def allure_tool(folder: Path) -> Path | None:
    """Allure's command, installed into `folder` by npm; None where that cannot be done."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "--prefix", str(folder)]
    folder.mkdir(parents=True, exist_ok=True)
    done = subprocess.run([*command, ALLURE], capture_output=True, check=False, timeout=LONGEST_S)
    tool = folder / "node_modules" / ".bin" / "allure"
    return tool if done.returncode == 0 and tool.exists() else None


def allure(tool: Path, results: Path, page: Path) -> Spent:
    """Allure's page in one file, from its results."""
    (results.parent / "allurerc.mjs").write_text(
        "export default { plugins: { awesome: { options: { singleFile: true } } } };\n"
    )
    words = ("generate", str(results), "--output", str(page.parent), "--config", "allurerc.mjs")
    return spend([str(tool), *words], results.parent, {})
