"""Cases a second of conformance in this process, beside the tool's pytest integration."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any

import schemathesis

from fixtures.application import SettingsFactory
from fixtures.database import Database
from fixtures.environment import UNLIMITED
from fixtures.evidence import Evidence
from fixtures.live import FOR_TESTS, LiveServiceFactory
from suites.contract import conformance
from suites.contract.conformance import Budget
from suites.contract.inprocess import in_process

ROUNDS = 3
SEED = 1
EXAMPLES = 20
ROOT = Path(conformance.__file__).parents[2]
# What a user of the pytest integration writes, with the settings that ours has.
PLAIN = """
import json, sys, time
from pathlib import Path
import schemathesis
from hypothesis import HealthCheck, settings
from suites.contract.conformance import Budget, configuration

URL = {url!r}
schema = schemathesis.openapi.from_url(
    URL + "/openapi.json", config=configuration(URL, {seed}, Budget(examples={examples}))
)
seen = {{"cases": 0, "began": None}}

@schema.parametrize()
@settings(max_examples={examples}, database=None, deadline=None, derandomize=True,
          suppress_health_check=list(HealthCheck))
def test_api(case):
    seen["began"] = seen["began"] or time.perf_counter()
    seen["cases"] += 1
    case.call_and_validate()

def test_say():
    seen["seconds"] = time.perf_counter() - seen["began"]
    Path({out!r}).write_text(json.dumps(seen))
"""


def plain_rate(url: str, folder: Path, number: int) -> float:
    """Cases a second of the pytest integration, from its first case to its last."""
    out = folder / f"seen-{number}.json"
    file = folder / f"test_plain_{number}.py"
    file.write_text(PLAIN.format(url=url, seed=SEED, examples=EXAMPLES, out=str(out)))
    words = [sys.executable, "-m", "pytest", "-q", "-p", "no:randomly", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*words, "--rootdir", str(folder), str(file)],
        cwd=folder, env={"PYTHONPATH": str(ROOT), "PATH": ""}, capture_output=True, text=True,
        timeout=300, check=False,
    )  # fmt: skip
    assert out.is_file(), done.stdout[-2000:] + done.stderr[-2000:]
    seen = json.loads(out.read_text())
    assert seen["cases"] > 100, done.stdout[-2000:]
    return float(seen["cases"] / seen["seconds"])


def our_rate(app: Any) -> float:
    """Cases a second of the engine in this process, over all its phases."""
    config = conformance.configuration(None, SEED, Budget(examples=EXAMPLES))
    run = conformance.run(schemathesis.openapi.from_asgi("/openapi.json", app, config=config))
    assert run.complete
    assert run.cases.total() > 100
    return run.rate_per_s


def test_conformance_in_process_is_faster_than_the_pytest_integration(
    live_service_factory: LiveServiceFactory,
    settings_with: SettingsFactory,
    database: Database,
    tmp_path: Path,
    evidence: Evidence,
) -> None:
    service = live_service_factory(workers=1, seeded=False, environment=FOR_TESTS)
    shares = []
    with in_process(settings_with(database_url=database.url, **UNLIMITED)) as ours:
        for number in range(ROUNDS):  # in turns, so that a busy machine troubles both alike
            plain = plain_rate(service.url, tmp_path, number)
            fast = our_rate(ours.app)
            evidence.measure("conformance_cases_per_s", fast, "1/s", how="in-process")
            evidence.measure("conformance_cases_per_s", plain, "1/s", how="pytest-integration")
            shares.append(fast / plain)
    ratio = statistics.median(shares)
    evidence.measure(
        "conformance_rate_ratio", ratio, "ratio", samples=ROUNDS, low=min(shares),
        high=max(shares), against="pytest-integration",
    )  # fmt: skip
    # Both spend most of their time making cases, which no way of asking them shortens.
    assert min(shares) > 1, f"cases a second, ours for each of theirs: {shares}"
