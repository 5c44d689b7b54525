from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from fixtures.services.waiting import NotYetError, wait_until
from reports.evidence import AnyRecord, Instrument, Measurement, decode
from scenarios.__main__ import main
from scenarios.words import EVIDENCE, SUMMARY
from suites.framework.scenarios.loopback import Loopback, serving

ROOT = Path(__file__).parents[3]


def words(url: str, out: Path, *more: str) -> list[str]:
    return ["run", "--url", url, "--path", "/ok", "--out", str(out), *more]


def read(out: Path) -> list[AnyRecord]:
    return [decode(line) for line in (out / EVIDENCE).read_text().splitlines()]


def enough(server: Loopback) -> None:
    if server.answered < 20:
        raise NotYetError(f"{server.answered} requests")


def a_closed_port() -> int:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        return int(unused.getsockname()[1])


def test_any_address_can_be_loaded_without_a_target_file(tmp_path: Path) -> None:
    output = tmp_path / "first" / "look"
    with serving() as server:
        internal = ("--internal-url", server.url, "--service-pid", str(os.getpid()))
        arguments = words(server.url, output, "--profile", "smoke", "--duration", "2", *internal)
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
    output = tmp_path
    with serving() as server:
        arguments = words(server.url, output, "--profile", "smoke", "--duration", "5m")
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
        (
            ("--duration", "-3"),
            "--duration: expected a length of time of 1 s or more like 90, 60s, 2m or 1h",
        ),
        (("--duration", "soon"), "found 'soon'"),
        (("--think", "x"), "--think: expected a length of time like"),
        (("--closed", "0"), "--closed: expected a number above 0, found 0"),
        (("--closed", "5", "--rate", "9"), "--rate: not with --closed"),
        (("--processes", "0"), "--processes: expected a number above 0"),
        (("--sessions", "-1"), "--sessions: expected 0 or more"),
        (("--path", "ok"), "--path: expected a path that starts with / (one, no blanks)"),
        (("--expect-workers", "2"), "--expect-workers: only with --master"),
        (("--bind-host", "127.0.0.1"), "--bind-host: only with --master"),
        (("--master", "--processes", "2"), "--processes: not with --master"),
        (("--ui", "--ui-port", "70000"), "--ui-port: expected a port from 0 to 65535"),
        (("--worker", "127.0.0.1"), "--url: not with --worker"),
        (("--profile", "sprint"), "there is no load profile 'sprint'; expected one of smoke"),
        (("--url", "http://example.org"), "say so with --i-may-load example.org"),
        (("--url", "ftp://127.0.0.1"), "expected http://host:port, found 'ftp://127.0.0.1'"),
        (("--target", "none.toml"), "none.toml: cannot be read: No such file or directory"),
    ],
)
def test_an_order_that_cannot_be_carried_out_is_refused_in_a_line(
    more: tuple[str, ...], said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = words("http://127.0.0.1:1", tmp_path, *more)
    assert main(arguments) == 2
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") <= 2


def test_a_service_that_is_not_there_is_said_with_what_to_try(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    url = f"http://127.0.0.1:{a_closed_port()}"
    assert main(words(url, tmp_path)) == 2
    error = capsys.readouterr().err
    assert f"{url}/ok cannot be reached: [Errno 111] Connection refused" in error
    assert "Start the service, or name its address with --url." in error
    assert error.count("\n") == 2


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("/broken", "/broken answers 500, expected 200: it is not ready"),
        ("/moved", "/moved answers 302 and sends on to /ok"),
        ("/cut", "/cut cannot be reached: Remote end closed connection without response"),
    ],
)
def test_a_service_that_is_not_ready_is_not_loaded(
    path: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        arguments = ["run", "--url", server.url, "--path", path, "--out", str(tmp_path / "new")]
        assert main(arguments) == 2
        assert server.answered == 1
    error = capsys.readouterr().err
    assert said in error
    assert error.count("\n") == 2
    assert not (tmp_path / "new").exists()


def test_journeys_of_a_target_that_cannot_be_imported_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "their.toml"
    target.write_text(
        'name = "Shop"\nbase_url = "http://127.0.0.1:1"\nready = "/up"\n'
        '[load]\njourneys = "their.journeys"\n[identities.visitor]\n'
    )
    arguments = ["run", "--target", str(target), "--out", str(tmp_path)]
    assert main(arguments) == 2
    assert "journeys: cannot import their.journeys" in capsys.readouterr().err


def test_every_line_of_the_evidence_is_json_without_a_frame(tmp_path: Path) -> None:
    with serving() as server:
        assert main(words(server.url, tmp_path, "--profile", "smoke", "--duration", "1s")) == 0
    lines = (tmp_path / EVIDENCE).read_text().splitlines()
    assert {json.loads(line)["kind"] for line in lines} <= {
        "measurement", "series", "instrument", "finding",
    }  # fmt: skip


def test_an_address_alone_is_a_first_look_at_its_front_page(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serving() as server:
        arguments = ["run", "--url", server.url, "--out", str(tmp_path), "--duration", "1"]
        assert main(arguments) == 0
    said = capsys.readouterr().out
    assert said == (tmp_path / SUMMARY).read_text()
    assert "load       profile smoke: constant, peak 5 visits/s" in said
    assert re.search(r"rate       \d+\.0 answers/s \(", said), said
    assert "from when it was due; 99 % intervals" in said
    assert "errors     0 of " in said
    assert "1 of 1 generators handed over" in said
    operations = {dict(item.dimensions).get("endpoint") for item in read(tmp_path)
                  if isinstance(item, Measurement)}  # fmt: skip
    assert "GET /" in operations


def test_evidence_is_never_written_over(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / EVIDENCE).write_text("of an earlier run")
    assert main(words("http://127.0.0.1:1", tmp_path)) == 2
    assert f"{tmp_path / EVIDENCE} is there already; name another folder" in capsys.readouterr().err
    assert (tmp_path / EVIDENCE).read_text() == "of an earlier run"


def test_a_folder_must_be_named_for_the_evidence(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["run", "--url", "http://127.0.0.1:1"]) == 2
    assert "--out: missing; name the folder" in capsys.readouterr().err
