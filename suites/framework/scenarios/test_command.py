from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.services.waiting import NotYetError, wait_until
from reports.evidence import AnyRecord, Instrument, Measurement, decode
from scenarios.__main__ import main
from suites.framework.scenarios.loopback import Loopback, serving

ROOT = Path(__file__).parents[3]


def words(url: str, output: Path, *more: str) -> list[str]:
    return ["run", "--url", url, "--path", "/ok", "--output", str(output), *more]


def read(path: Path) -> list[AnyRecord]:
    return [decode(line) for line in path.read_text().splitlines()]


def enough(server: Loopback) -> None:
    if server.answered < 20:
        raise NotYetError(f"{server.answered} requests")


def a_closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_any_address_can_be_loaded_without_a_target_file(tmp_path: Path) -> None:
    output = tmp_path / "first-look.ndjson"
    with serving() as server:
        internal = ("--internal-url", server.url, "--service-pid", str(os.getpid()))
        arguments = words(server.url, output, "--profile", "smoke", "--duration-s", "2", *internal)
        assert main(arguments) == 0
    metrics = {item.metric for item in read(output) if isinstance(item, Measurement)}
    assert metrics >= {
        "http_latency_p95_ms",
        "http_error_ratio",
        "http_rate_per_s",
        "service_cpu_share",
        "service_memory_mb",
        "cache_hit_ratio",
        "db_pool_connections_max",
    }


def test_an_interrupted_run_keeps_what_was_measured(tmp_path: Path) -> None:
    output = tmp_path / "cut.ndjson"
    with serving() as server:
        arguments = words(server.url, output, "--profile", "smoke", "--duration-s", "300")
        process = subprocess.Popen(
            [sys.executable, "-m", "scenarios", *arguments], cwd=ROOT, stderr=subprocess.PIPE
        )
        try:
            wait_until(
                lambda: enough(server),
                what="load on the test server",
                within_s=60,
                advice="See what the generator wrote.",
                ended=lambda: None if process.poll() is None else "the generator ended",
            )
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
        finally:
            process.kill()
    assert process.returncode == 130
    records = read(output)
    (seconds,) = (
        item for item in records if isinstance(item, Instrument) and item.name == "load_seconds"
    )
    assert 0 < seconds.value < 60
    assert seconds.total == 300
    assert any(isinstance(item, Measurement) for item in records)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--rate", "0"), "--rate: expected a number above 0, found 0"),
        (("--duration-s", "-3"), "--duration-s: expected a number above 0"),
        (("--profile", "sprint"), "there is no load profile 'sprint'; expected one of smoke"),
        (("--url", "http://example.org"), "say so with --i-may-load example.org"),
        (("--url", "ftp://127.0.0.1"), "expected http://host:port, found 'ftp://127.0.0.1'"),
        (("--output", "/no/such/folder/x.ndjson"), "there is no folder /no/such/folder"),
        (("--target", "none.toml"), "none.toml: cannot be read: No such file or directory"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_in_a_line(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = words("http://127.0.0.1:1", tmp_path / "out.ndjson", *more)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") <= 2


def test_a_service_that_is_not_there_is_said_with_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{a_closed_port()}"
    assert main(words(url, tmp_path / "out.ndjson")) == 2
    error = capsys.readouterr().err
    assert f"{url}/ok cannot be reached: [Errno 111] Connection refused" in error
    assert "Start the service, or name its address with --target-url." in error
    assert error.count("\n") == 2


@pytest.mark.parametrize(("path", "status"), [("/broken", 500), ("/moved", 302)])
def test_a_service_that_is_not_ready_is_not_loaded(
    path: str, status: int, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        arguments = ["run", "--url", server.url, "--path", path]
        assert main([*arguments, "--output", str(tmp_path / "out.ndjson")]) == 2
        assert server.answered == 1
    assert f"answers {status}, expected 200: it is not ready" in capsys.readouterr().err


def test_journeys_of_a_target_that_cannot_be_imported_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "their.toml"
    target.write_text(
        'name = "Shop"\nbase_url = "http://127.0.0.1:1"\nready = "/up"\n'
        '[load]\njourneys = "their.journeys"\n[identities.visitor]\n'
    )
    arguments = ["run", "--target", str(target), "--output", str(tmp_path / "out.ndjson")]
    assert main(arguments) == 2
    assert "journeys: cannot import their.journeys" in capsys.readouterr().err


def test_every_line_of_the_output_is_json_without_a_frame(tmp_path: Path) -> None:
    output = tmp_path / "lines.ndjson"
    with serving() as server:
        assert main(words(server.url, output, "--profile", "smoke", "--duration-s", "1")) == 0
    kinds = {json.loads(line)["kind"] for line in output.read_text().splitlines()}
    assert kinds <= {"measurement", "series", "instrument", "finding"}
