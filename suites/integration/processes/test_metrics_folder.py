from __future__ import annotations

from pathlib import Path

import httpx

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
