from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import httpx
from prometheus_client import CollectorRegistry
from prometheus_client.multiprocess import MultiProcessCollector

from fixtures.live import LiveServiceFactory


def test_a_folder_given_for_metrics_is_emptied_of_an_earlier_life_and_stays(
    live_service_factory: LiveServiceFactory, tmp_path: Path
) -> None:
    folder = tmp_path / "metrics"
    folder.mkdir()
    leftover = folder / "counter_1.db"
    leftover.write_bytes(b"of an earlier life")
    environment = {"SOCCERAI_METRICS_DIR": str(folder)}

    service = live_service_factory(workers=1, seeded=False, environment=environment)
    answer = httpx.get(f"{service.internal_url}/metrics", timeout=30)
    written = {path.name for path in folder.glob("*.db")}
    assert service.stop() == 0

    assert answer.status_code == 200
    assert written
    assert leftover.name not in written
    assert folder.is_dir()


def test_a_worker_that_has_opened_its_file_and_not_filled_it_hides_no_other(
    live_service_factory: LiveServiceFactory, tmp_path: Path
) -> None:
    environment = {"SOCCERAI_METRICS_DIR": str(tmp_path)}
    service = live_service_factory(workers=1, seeded=False, environment=environment)
    (tmp_path / "counter_1.db").touch()  # as each file is for a moment, when a worker starts
    answer = httpx.get(f"{service.internal_url}/metrics", timeout=30)
    assert answer.status_code == 200
    assert "http_requests" in answer.text


FORKED = """
import os
from sut.metrics import Metrics
metrics = Metrics()
metrics.answered("GET", "/", 200, 0.01)
if os.fork() == 0:
    for _ in range(2):
        metrics.answered("GET", "/", 200, 0.01)
    os._exit(0)
os.wait()
metrics.answered("GET", "/", 200, 0.01)
"""


def test_a_process_that_has_forked_shares_no_file_with_its_child(tmp_path: Path) -> None:
    """Each would write its own counts over the other's."""
    subprocess.run(
        [sys.executable, "-c", FORKED], check=True, timeout=60,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(tmp_path)},
    )  # fmt: skip
    assert len(list(tmp_path.glob("counter_*.db"))) == 2
    counted = MultiProcessCollector(CollectorRegistry(), path=str(tmp_path)).collect()  # type: ignore[no-untyped-call]
    (total,) = (
        sample.value
        for family in counted
        for sample in family.samples
        if sample.name == "http_requests_total"
    )
    assert total == 4
