"""The line for each answer: as structlog would write it, at a fraction of the cost."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import structlog

from suites.samples import SECRETS
from sut.access_log import AccessLog
from sut.logs import PROCESSORS
from sut.settings import Settings

pytestmark = pytest.mark.objective("obs-logs")


class Kept:
    """An output that keeps its lines."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def msg(self, line: str) -> None:
        self.lines.append(line)

    info = msg

    def told(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


@pytest.fixture
def output() -> Iterator[Kept]:
    kept = Kept()
    before = structlog.get_config()
    structlog.configure(processors=list(PROCESSORS), logger_factory=lambda *_: kept)
    yield kept
    structlog.configure(**before)


def settings(log_level: str) -> Settings:
    return Settings.model_validate({"environment": "development", "log_level": log_level})


def test_an_answers_line_has_what_structlog_would_have_said(output: Kept) -> None:
    AccessLog(settings("info")).answered("ab" * 16, "GET", "/api/teams", 200, 0.0012345)
    structlog.get_logger("test").info(
        "answered", request_id="ab" * 16, method="GET", route="/api/teams", status=200,
        duration_ms=1.234,
    )  # fmt: skip
    ours, theirs = output.told()
    for line in (ours, theirs):
        assert line.pop("timestamp").endswith("Z")
    assert ours == theirs
    assert len(ours) == 7


@pytest.mark.parametrize("secret", SECRETS.values(), ids=SECRETS)
def test_a_secret_that_somebody_gave_as_the_requests_id_is_masked(
    output: Kept, secret: str
) -> None:
    AccessLog(settings("info")).answered(secret, "GET", "/api/teams", 200, 0.001)
    (line,) = output.lines
    assert secret not in line


@pytest.mark.parametrize(("level", "lines"), [("debug", 1), ("info", 1), ("warning", 0)])
def test_no_line_is_written_where_none_is_wanted(output: Kept, level: str, lines: int) -> None:
    AccessLog(settings(level)).answered("ab" * 16, "GET", "/api/teams", 200, 0.001)
    assert len(output.lines) == lines
