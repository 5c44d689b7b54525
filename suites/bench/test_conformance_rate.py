"""Cases a second of conformance in this process, beside the tool's pytest integration."""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import pytest
import schemathesis

from fixtures.application import SettingsFactory
from fixtures.database import Database, Databases
from fixtures.environment import UNLIMITED
from fixtures.evidence import Evidence
from fixtures.live import FOR_TESTS, LiveServiceFactory
from fixtures.redis_namespaces import RedisNamespace, Source
from suites.contract import conformance
from suites.contract.conformance import Budget, Run
from suites.contract.inprocess import in_process
from sut.settings import Settings

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


def our_run(app: Any) -> Run:
    """One run of the engine in this process, over all its phases."""
    config = conformance.configuration(None, SEED, Budget(examples=EXAMPLES))
    run = conformance.run(schemathesis.openapi.from_asgi("/openapi.json", app, config=config))
    assert run.complete
    assert run.cases.total() > 100
    return run


def timed_run(settings: Settings) -> tuple[int, float, float]:
    """In a process of its own: how many cases, and when the first began and the last ended."""
    with in_process(settings) as ours:
        run = our_run(ours.app)
        ended = time.time()
    return run.cases.total(), ended - run.seconds, ended


def side_by_side_rate(pool: ProcessPoolExecutor, both: list[Settings]) -> float:
    """Cases a second of two runs at once, from the first that begins to the last that ends."""
    cases, began, ended = zip(*pool.map(timed_run, both), strict=True)
    return float(sum(cases) / (max(ended) - min(began)))


@pytest.fixture
def two_settings(
    settings_with: SettingsFactory,
    databases: Databases,
    database: Database,
    redis_namespaces: Source,
    redis_namespace: RedisNamespace,
) -> Iterator[list[Settings]]:
    """Settings of two services that share nothing, as two roles of the layer have them."""
    lent, namespace = databases.hand_out("migrated"), redis_namespaces.hand_out()
    yield [
        settings_with(database_url=url, redis_url=redis, **UNLIMITED)
        for url, redis in ((database.url, redis_namespace.url), (lent.url, namespace.url))
    ]
    redis_namespaces.take_back(namespace)
    databases.take_back("migrated", lent)


def test_conformance_in_process_is_faster_than_the_pytest_integration(
    live_service_factory: LiveServiceFactory,
    two_settings: list[Settings],
    tmp_path: Path,
    evidence: Evidence,
) -> None:
    """One process beside one process, and two roles at once, as the layer runs on two cores."""
    service = live_service_factory(workers=1, seeded=False, environment=FOR_TESTS)
    shares: dict[str, list[float]] = {"in-process": [], "two-roles-at-once": []}
    with (
        ProcessPoolExecutor(2, get_context("spawn")) as pool,
        in_process(two_settings[0]) as ours,
    ):
        side_by_side_rate(pool, two_settings)  # loads the tool in both
        for number in range(ROUNDS):  # in turns, so that a busy machine troubles all alike
            plain = plain_rate(service.url, tmp_path, number)
            evidence.measure("conformance_cases_per_s", plain, "1/s", how="pytest-integration")
            rates = (our_run(ours.app).rate_per_s, side_by_side_rate(pool, two_settings))
            for how, rate in zip(shares, rates, strict=True):
                evidence.measure("conformance_cases_per_s", rate, "1/s", how=how)
                shares[how].append(rate / plain)
    for how, ratios in shares.items():
        evidence.measure(
            "conformance_rate_ratio", statistics.median(ratios), "ratio", samples=ROUNDS,
            low=min(ratios), high=max(ratios), against="pytest-integration", how=how,
        )  # fmt: skip
    # Both spend most of their time making cases, which no way of asking them shortens.
    assert min(shares["in-process"]) > 1, f"cases a second, ours for each of theirs: {shares}"
    assert min(shares["two-roles-at-once"]) > 2, f"the same of two roles at once: {shares}"
