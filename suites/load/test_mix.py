from __future__ import annotations

from pathlib import Path

import pytest

from fixtures.evidence import Evidence, new_folder
from fixtures.live import LiveServiceFactory
from fixtures.options import Options
from fixtures.services.guard import Guard
from scenarios.targets import load_target
from suites.load.running import run_load, start_service


def test_the_journeys_arrive_as_scheduled_and_are_measured(
    live_service_factory: LiveServiceFactory,
    guard: Guard,
    options: Options,
    evidence: Evidence,
    pytestconfig: pytest.Config,
    tmp_path: Path,
) -> None:
    """Whether what was measured is good enough is for the gate to say."""
    folder = new_folder(options.run_dir or tmp_path, "load")
    target = load_target(options.target)
    service = start_service(target, options, live_service_factory)
    settings = {} if service is None else target.load.environment
    evidence.instrument(
        "settings_changed_for_load",
        len(settings),
        unit="settings",
        detail=", ".join(f"{name}={value}" for name, value in settings.items()),
    )

    run = run_load(guard, service, options, pytestconfig.rootpath, folder)

    assert run.output.exists(), f"nothing was measured; the generator said:\n{run.said}"
    evidence.adopt(run.output)
    assert run.exit_code == 0, run.said
    instruments = run.instruments
    assert instruments["load_seconds"].value >= (instruments["load_seconds"].total or 0) - 1
    assert instruments["generators_finished"].value == instruments["generators_finished"].total
    assert not instruments["journeys_reached"].missing
    assert instruments["generator_errors"].value == 0, instruments["generator_errors"].detail
    assert run.measurements("http_latency_p95_ms", scenario="mix", endpoint="*all*")
    assert run.measurements("http_error_ratio", scenario="mix")
