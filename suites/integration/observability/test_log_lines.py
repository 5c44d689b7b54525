"""Lines as they come out of a configured service: JSON, one a line, without anybody's secrets."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from suites.samples import SECRETS
from sut.logs import configure
from sut.settings import Settings

pytestmark = pytest.mark.objective("obs-logs")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The file of a service that logs; logging is put back as it was."""
    path = tmp_path / "logs" / "service.log"
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    before = structlog.get_config()
    configure(Settings.model_validate({"environment": "development", "log_path": str(path)}))
    yield path
    structlog.configure(**before)  # the defaults paint each traceback of a later test for seconds
    root.handlers = handlers
    root.setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_in_any_place_of_a_line_is_masked(log: Path, secret: str) -> None:
    logger = structlog.get_logger("test")
    logger.info(f"event {secret}", plain=secret, deep={"list": [secret, {"x": secret}]})
    logger.info("event", **{f"name {secret}": 1, "object": Path(secret)})
    logging.getLogger("library").warning("said %s", secret)
    assert secret not in log.read_text()
    assert len(lines(log)) == 3


@pytest.mark.parametrize(
    "name",
    ["password", "new_password", "refresh_token", "Authorization", "cookie", "email", "secret",
     "signing_key", "client", "remote_address"],
)  # fmt: skip
def test_a_field_with_a_secrets_name_is_masked_whatever_it_holds(log: Path, name: str) -> None:
    structlog.get_logger("test").info("event", **{name: "hunter2"}, body={name: ["hunter2"]})
    assert "hunter2" not in log.read_text()


def test_a_secret_in_an_exception_is_masked(log: Path) -> None:
    try:
        raise ValueError("no such person: max.muster@example.org")
    except ValueError as error:
        structlog.get_logger("test").error("failed", exc_info=error)
    assert "max.muster" not in log.read_text()
    assert "no such person" in lines(log)[0]["exception"]


def test_an_ordinary_line_says_when_what_and_how_grave(log: Path) -> None:
    structlog.get_logger("test").warning("answered", status=200, duration_ms=1.25)
    (line,) = lines(log)
    assert (line["event"], line["level"], line["status"]) == ("answered", "warning", 200)
    assert line["timestamp"].endswith("Z")


def test_a_line_break_in_a_value_cannot_forge_a_line(log: Path) -> None:
    structlog.get_logger("test").info('a\n{"event":"forged"}\r\n', value="b\n{}\u2028{}")
    assert len(log.read_bytes().strip().split(b"\n")) == 1


def test_a_line_that_cannot_be_written_is_no_error_and_is_said_once_on_the_console(
    log: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logger = structlog.get_logger("test")
    log.unlink()
    log.parent.rmdir()
    for number in range(3):
        logger.info("lost", number=number)
    shown = [json.loads(line)["event"] for line in capsys.readouterr().out.splitlines()]
    assert shown == ["lost", "log_file_away", "lost", "lost"]
    log.parent.mkdir()
    logger.info("kept")
    assert [line["event"] for line in lines(log)] == ["kept"]


def test_a_console_that_cannot_be_written_to_is_no_error(
    log: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Path("/dev/full").open("wb", buffering=0) as full:
        monkeypatch.setattr(sys, "stdout", SimpleNamespace(buffer=full))
        structlog.get_logger("test").info("kept")
        monkeypatch.undo()
    assert [line["event"] for line in lines(log)] == ["kept"]


def test_what_is_below_the_level_is_not_written(log: Path) -> None:
    structlog.get_logger("test").debug("chatter")
    assert not log.read_text()
