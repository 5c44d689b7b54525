"""A command that cannot begin says why in a few lines, and answers 2."""

from __future__ import annotations

import json
import socket
from pathlib import Path

import pytest
import uvicorn

from sut import server
from sut.__main__ import main
from sut.settings import Settings

SAID_TO_WORKERS = (
    "SOCCERAI_WORKERS",
    "SOCCERAI_INTERNAL_PORT",
    "SOCCERAI_METRICS_DIR",
    "PROMETHEUS_MULTIPROC_DIR",
)


@pytest.fixture(autouse=True)
def development(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOCCERAI_ENVIRONMENT", "development")


def refused(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> str:
    """What a refused command says."""
    assert main(arguments) == 2
    said = capsys.readouterr()
    assert not said.out
    assert 1 <= len(said.err.splitlines()) <= 5
    assert "Traceback" not in said.err
    return said.err


def test_sound_settings_are_called_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check"]) == 0
    assert "sound (development)" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SOCCERAI_DATABASE_URL", "nonsense"),
        ("SOCCERAI_DATABASE_URL", "postgresql://postgres@127.0.0.1/soccerai"),
        ("SOCCERAI_REDIS_URL", "http://127.0.0.1"),
        ("SOCCERAI_TRUSTED_PROXIES", "10.0.0.1,10.0.0.300"),
        ("SOCCERAI_BCRYPT_ROUNDS", "many"),
        ("SOCCERAI_CACHE_TTL_SECONDS", "60"),
    ],
)
def test_a_setting_that_will_not_do_is_named(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(name, value)
    assert name in refused(["check"], capsys)


def test_production_without_a_key_does_not_start(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("SOCCERAI_ENVIRONMENT", "production")
    assert "SOCCERAI_SIGNING_KEY" in refused(["serve"], capsys)


@pytest.mark.parametrize("arguments", [[], ["dance"], ["--help"]])
def test_an_unknown_command_is_answered_with_the_known_ones(
    arguments: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "migrate|seed|serve|openapi|check" in refused(arguments, capsys)


def test_a_port_that_is_taken_is_named(capsys: pytest.CaptureFixture[str]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        assert f"127.0.0.1:{port}" in refused(["serve", "--port", str(port)], capsys)


def test_the_internal_port_is_on_loopback_whatever_address_is_served(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    listening: list[str] = []

    class Supervisor:
        could_not_start = False

        def __init__(
            self, config: uvicorn.Config, sockets: list[socket.socket], metrics_dir: Path
        ) -> None:
            for one in sockets:
                listening.append(one.getsockname()[0])
                one.close()

        def run(self) -> None:
            """Serve nobody."""

    settings = Settings(environment="development")
    for name in SAID_TO_WORKERS:  # put back after the test
        monkeypatch.setenv(name, "")
    monkeypatch.setattr(server, "configure", lambda settings: None)
    monkeypatch.setattr(server, "_Supervisor", Supervisor)
    assert server.serve(settings, ["--host", "127.0.0.2", "--port", "0"]) == 0
    assert listening == ["127.0.0.2", "127.0.0.1"]


def test_a_database_that_is_not_there_is_said_to_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    monkeypatch.setenv("SOCCERAI_DATABASE_URL", f"postgresql+asyncpg://x@127.0.0.1:{port}/x")
    assert "SOCCERAI_DATABASE_URL" in refused(["migrate"], capsys)


def test_the_contract_is_printed_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["openapi"]) == 0
    document = json.loads(capsys.readouterr().out)
    assert document["openapi"].startswith("3.")
    assert "/api/matches" in document["paths"]


@pytest.mark.parametrize("workers", ["0", "65", "-1", "two", "1_0", "\N{ARABIC-INDIC DIGIT TWO}"])
def test_a_number_of_workers_that_will_not_do_is_named(
    workers: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"--workers={workers}"])
    assert ended.value.code == 2
    assert "a number from 1 to 64" in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--port", "--internal-port"])
@pytest.mark.parametrize("port", ["65536", "-1", "http", "\N{ARABIC-INDIC DIGIT EIGHT}080"])
def test_a_port_that_cannot_be_is_named(
    option: str, port: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        main(["serve", f"{option}={port}"])
    assert ended.value.code == 2
    assert "a number from 0 to 65535" in capsys.readouterr().err
