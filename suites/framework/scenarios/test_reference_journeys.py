"""The reference service's own journeys, as the load layer plays them, against a live service."""

from __future__ import annotations

from pathlib import Path

from fixtures.live import LiveService
from reports.evidence import Instrument, Measurement, decode
from scenarios.__main__ import main
from scenarios.orders import EVIDENCE


def test_every_journey_is_played_without_an_error(
    live_service: LiveService, tmp_path: Path
) -> None:
    output = tmp_path / EVIDENCE
    code = main(
        ["run", "--target", str(live_service.target), "--profile", "smoke", "--sessions", "4",
         "--rate", "15", "--duration", "6s", "--service-pid", str(live_service.pid),
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
