"""The request id: a caller's own where it is safe to repeat, else one that nobody chose."""

from __future__ import annotations

import re

import pytest
from httpx import AsyncClient

from fixtures import clients
from fixtures.builders import Builders
from suites.integration.sql import Sql

pytestmark = pytest.mark.objective("obs-logs")

GOOD = {"shortest": "Ab_-4567", "longest": "x" * 64}
BAD = {
    "none": "",
    "too short": "Ab_-456",
    "too long": "x" * 65,
    "very long": "x" * 8_000,
    "text after it": "request-id-1 and whatever else",
    "text before it": "and request-id-1",
    "fields after it": 'request-id-1","event":"forged',
    "markup after it": "request-id-1<script>",
    "letters of elsewhere": "request-id-\u00e9\u00e9",
}
OURS = re.compile(r"[0-9a-f]{32}")


@pytest.mark.parametrize("sent", GOOD.values(), ids=GOOD)
async def test_an_id_that_is_safe_to_repeat_is_the_answers(client: AsyncClient, sent: str) -> None:
    for path in ("/api/teams", "/api/nothing", "/health/live"):
        answer = await client.get(path, headers={"x-request-id": sent})
        assert answer.headers["x-request-id"] == sent


@pytest.mark.parametrize("sent", BAD.values(), ids=BAD)
async def test_of_any_other_nothing_is_repeated_in_answer_log_or_audit(
    client: AsyncClient, build: Builders, sql: Sql, capsys: pytest.CaptureFixture[str], sent: str
) -> None:
    player = await clients.as_account(client, await build.player())
    capsys.readouterr()
    headers = [(b"x-request-id", sent.encode("latin-1"))]
    answer = await player.request(
        "PATCH", "/api/me", json={"display_name": "Another"}, headers=headers
    )
    told = answer.headers["x-request-id"]
    assert answer.status_code == 200
    assert OURS.fullmatch(told)
    renamed = "select request_id from audit_rows where action = 'account.renamed'"
    assert await sql.column(renamed) == [told]
    logged = capsys.readouterr().out
    assert told in logged
    assert not sent or sent not in logged
