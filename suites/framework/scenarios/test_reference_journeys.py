"""The reference service's own journeys, as the load layer plays them, against a live service."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from fixtures.live import FOR_TESTS, Launcher, LiveService, LiveServiceFactory
from reports.evidence import Finding, Instrument, Measurement, decode
from scenarios.__main__ import main
from scenarios.words import EVIDENCE

# What the service can carry is for the load layer: here a log-in costs little.
LIGHT = {**FOR_TESTS, "SOCCERAI_ENVIRONMENT": "development", "SOCCERAI_BCRYPT_ROUNDS": "4"}
ONLY_THREE_OPEN = """
    update matches set status = 'cancelled' where status = 'scheduled' and id not in
    (select id from matches where status = 'scheduled' order by kick_off desc limit 3)"""


@pytest.fixture(scope="module")
def service(launcher: Launcher) -> Iterator[LiveService]:
    with launcher.running(workers=1, seeded=True, environment=LIGHT) as started:
        yield started


def test_every_journey_is_played_without_an_error(service: LiveService, tmp_path: Path) -> None:
    output = tmp_path / EVIDENCE
    code = main(
        ["run", "--target", str(service.target), "--profile", "smoke", "--sessions", "4",
         "--rate", "15", "--duration", "6s", "--service-pid", str(service.pid),
         "--out", str(tmp_path)]
    )  # fmt: skip
    records = [decode(line) for line in output.read_text().splitlines()]
    reached = {i.name: i for i in records if isinstance(i, Instrument)}["journeys_reached"]
    errors = [
        (item.dimensions, item.value)
        for item in records
        if isinstance(item, Measurement) and item.metric == "http_error_ratio" and item.value
    ]
    metrics = {item.metric for item in records if isinstance(item, Measurement)}

    assert code == 0
    assert (reached.value, reached.missing) == (reached.total, ())
    assert errors == []
    assert metrics >= {"db_statement_latency_p95_ms", "cache_hit_ratio", "service_cpu_share"}


def test_who_predicted_a_match_before_changes_it_instead(
    live_service_factory: LiveServiceFactory, tmp_path: Path
) -> None:
    """One person who never waits for long, and three open matches: few visits are the first."""
    service = live_service_factory(workers=1, seeded=True, environment=LIGHT)
    with psycopg.connect(service.database.dsn, autocommit=True) as connection:
        connection.execute(ONLY_THREE_OPEN)
    target = tmp_path / "target.toml"
    ours = service.target.read_text().replace(
        'journeys = "scenarios.journeys"',
        'journeys = "suites.framework.scenarios.journeys_for_tests.predicts_only"',
    )
    target.write_text(ours)
    code = main(
        ["run", "--target", str(target), "--profile", "smoke", "--sessions", "1",
         "--closed", "1", "--duration", "8s", "--out", str(tmp_path)]
    )  # fmt: skip
    records = [decode(line) for line in (tmp_path / EVIDENCE).read_text().splitlines()]
    answers = {
        item.dimensions["endpoint"]: item.samples
        for item in records
        if isinstance(item, Measurement) and item.metric == "closed_http_latency_uncorrected_p50_ms"
    }
    failed = [item for item in records if isinstance(item, Finding)]

    assert code == 0
    assert failed == []
    assert answers["PUT /api/predictions/{prediction_id}"] > 3
