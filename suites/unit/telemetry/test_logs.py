"""Log lines: JSON, one a line, without anybody's secrets."""

from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import given
from hypothesis import strategies as st

import sut.logs
from sut.logs import FILES_KEPT, SharedFile, configure, mask_text
from sut.settings import Settings

pytestmark = pytest.mark.objective("obs-logs")


@pytest.fixture
def log(tmp_path: Path) -> Iterator[Path]:
    """The file of a service that logs; logging is put back as it was."""
    path = tmp_path / "logs" / "service.log"
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    configure(Settings.model_validate({"environment": "development", "log_path": str(path)}))
    yield path
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()]


SECRETS = {
    "an e-mail address": "max.muster+1@example.org",
    "a short e-mail address": "a@b.co",
    # pragma: allowlist nextline secret (signed with the word "signature")
    "an access token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl",
    "a refresh token": "srt_" + "a1_-" * 10,
    "a page cookie": "sbs_12." + "a1_-" * 10 + "." + "0f" * 16,
    "an IPv4 address": "192.0.2.17",
    "an IPv6 address": "2001:db8::8:800:200c:417a",
    "a whole IPv6 address": "2001:db8:0:0:8:800:200c:417a",
    "the loopback address": "::1",
}


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
@pytest.mark.parametrize("template", ["{}", "for {}, again", "({})", "to={};"])
def test_a_secret_within_a_text_is_masked(secret: str, template: str) -> None:
    assert secret not in mask_text(template.format(secret))
    assert "***" in mask_text(template.format(secret))


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


@given(
    number=st.integers(0, 10**12),
    share=st.floats(0, 1e6),
    flag=st.booleans(),
    text=st.text('abz äß—"\\{}\n\t'),
)
def test_numbers_and_texts_come_out_as_they_went_in(
    number: int, share: float, flag: bool, text: str
) -> None:
    fields = {
        "status": number,
        "duration_ms": share,
        "flag": flag,
        "nothing": None,
        "many": [number],
        "text": text,
    }
    line = sut.logs.render(None, "info", sut.logs.mask_fields(None, "info", fields))
    assert json.loads(line) == fields
    assert "\n" not in line


def test_an_ordinary_line_says_when_what_and_how_grave(log: Path) -> None:
    structlog.get_logger("test").warning("answered", status=200, duration_ms=1.25)
    (line,) = lines(log)
    assert (line["event"], line["level"], line["status"]) == ("answered", "warning", 200)
    assert line["timestamp"].endswith("Z")


def test_a_line_break_in_a_value_cannot_forge_a_line(log: Path) -> None:
    structlog.get_logger("test").info('a\n{"event":"forged"}\r\n', value="b\n{}\u2028{}")
    assert len(log.read_bytes().strip().split(b"\n")) == 1


def test_what_is_below_the_level_is_not_written(log: Path) -> None:
    structlog.get_logger("test").debug("chatter")
    assert not log.read_text()


def test_a_full_file_is_rotated_and_only_a_few_are_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sut.logs, "FILE_BYTES_MAX", 100)
    shared = SharedFile(tmp_path / "service.log")
    for number in range(100):
        shared.write(b"%090d\n" % number)
    kept = sorted(path.name for path in tmp_path.glob("service.log.[0-9]*"))
    assert kept == [f"service.log.{number}" for number in range(1, FILES_KEPT + 1)]
    assert b"%090d\n" % 99 in b"".join(path.read_bytes() for path in tmp_path.glob("service.log*"))


def test_two_processes_that_share_a_file_lose_no_line_when_it_is_rotated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sut.logs, "FILE_BYTES_MAX", 1000)
    ours, theirs = SharedFile(tmp_path / "service.log"), SharedFile(tmp_path / "service.log")
    for number in range(20):
        ours.write(b"ours %090d\n" % number)
        theirs.write(b"theirs %090d\n" % number)
    written = b"".join(path.read_bytes() for path in tmp_path.glob("service.log*"))
    assert written.count(b"ours ") == written.count(b"theirs ") == 20


def test_a_file_that_somebody_took_away_is_made_again(tmp_path: Path) -> None:
    path = tmp_path / "service.log"
    shared = SharedFile(path)
    path.unlink()
    shared.write(b"line\n")
    assert path.read_bytes() == b"line\n"
