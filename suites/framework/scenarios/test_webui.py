"""Locust's web UI beside a run, over HTTP."""

from __future__ import annotations

import re
import socket
from pathlib import Path
from typing import Any

import httpx

from fixtures.services.waiting import NotYetError, wait_until
from reports.evidence import Instrument, Measurement, decode
from scenarios.words import EVIDENCE
from suites.framework.scenarios.commands import Command, commands
from suites.framework.scenarios.loopback import Loopback, serving

BEYOND_THE_WARM_UP = 160  # at 40 a second, of which the first second is not measured


def with_ui(server: Loopback, out: Path, port: int = 0) -> tuple[str, ...]:
    return (
        "run", "--url", server.url, "--path", "/ok", "--path", "/broken", "--rate", "40",
        "--duration", "5m", "--out", str(out), "--ui", "--ui-port", str(port),
    )  # fmt: skip


def address(command: Command) -> str:
    found = re.search(r"web UI: (http://127\.0\.0\.1:\d+) ", command.await_words("web UI"))
    assert found is not None
    return found[1]


def statistics(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.get("/stats/requests").json()
    if found["stats"][-1]["num_requests"] < BEYOND_THE_WARM_UP:
        raise NotYetError(f"{found['stats']}")
    return found


def test_it_shows_our_requests_and_its_stop_ends_the_run_in_order(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with serving() as server, commands(tmp_path, with_ui(server, out)) as (run,):
        with httpx.Client(base_url=address(run)) as client:
            page = client.get("/")
            assert page.status_code == 200
            assert "<title>Locust" in page.text
            shown = wait_until(
                lambda: statistics(client),
                what="our requests in Locust's statistics",
                within_s=60,
                advice="Do the generators report?",
                ended=lambda: None if run.process.poll() is None else run.said,
            )
            rows = {row["name"]: row for row in shown["stats"]}
            assert rows["GET /ok"]["num_requests"] > 0
            assert rows["GET /ok"]["num_failures"] == 0
            assert rows["GET /broken"]["num_failures"] == rows["GET /broken"]["num_requests"]
            assert "status 500, expected 2xx" in shown["errors"][0]["error"]
            refuses_changes(client)
            assert client.post("/stop").json() == {"success": True, "message": "Test stopped"}
        assert run.ended() == 130
    records = [decode(line) for line in (out / EVIDENCE).read_text().splitlines()]
    (length,) = (item for item in records if isinstance(item, Instrument)
                 and item.name == "load_seconds")  # fmt: skip
    assert 0 < length.value < 200
    assert length.detail.endswith("; ended early: stopped in the web UI")
    (whole,) = (item for item in records if isinstance(item, Instrument)
                and item.name == "generators_finished")  # fmt: skip
    assert whole.value == whole.total
    assert any(isinstance(item, Measurement) for item in records)


def refuses_changes(client: httpx.Client) -> None:
    """A run that is being measured can be stopped, but not changed, and not by other pages."""
    more = client.post("/swarm", data={"user_count": "50", "spawn_rate": "50"})
    assert (more.status_code, more.json()["success"]) == (409, False)
    assert client.post("/stats/reset").status_code == 409
    foreign = client.post("/stop", headers={"Origin": "http://example.org"})
    assert (foreign.status_code, foreign.json()["success"]) == (403, False)
    renamed = client.post("/stop", headers={"Host": "rebound.example"})
    assert renamed.status_code == 403


def test_a_port_that_is_taken_is_said(tmp_path: Path) -> None:
    with serving() as server, socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with commands(tmp_path, with_ui(server, tmp_path / "out", port)) as (run,):
            assert run.ended() == 2
        assert f"--ui-port: 127.0.0.1:{port} cannot be listened on: Address already" in run.said
        assert server.answered == 1
