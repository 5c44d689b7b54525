"""The layer's eyesight: known faults in a throw-away copy of the service are all named."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from httpx import AsyncClient

from fixtures.live import FOR_TESTS, Launcher, LiveService
from suites.contract import access
from suites.contract.broken_copy import FAULTS, NotThereError, broken_copy
from suites.contract.compatibility.comparison import compare
from suites.contract.compatibility.document import load, parse
from suites.contract.documents import RELEASED, differences
from suites.contract.survey import survey
from suites.contract.world import World, world_of
from sut.accounts import schemas

SUT = Path(schemas.__file__).parents[1]
ENVIRONMENT = {
    **FOR_TESTS,
    "SOCCERAI_ENVIRONMENT": "development",
    "SOCCERAI_BCRYPT_ROUNDS": "4",
}
NAMED = {
    ("object-level-authorization", "get_prediction"),
    ("object-level-authorization", "change_prediction"),
    ("object-level-authorization", "list_predictions"),
    ("function-level-authorization", "change_tier"),
    ("mass-assignment", "change_profile"),
    ("undeclared-property", "get_profile"),
    ("undocumented-status", "log_out_everywhere"),
}
# Left as they are, beside those that were not.
WHOLE = {"log_out", "list_sessions", "create_prediction", "get_match", "enter_result"}


@pytest.fixture
async def broken(launcher: Launcher, tmp_path: Path) -> AsyncIterator[LiveService]:
    copy = replace(launcher, root=broken_copy(SUT, tmp_path))
    with copy.running(workers=1, seeded=False, environment=ENVIRONMENT) as service:
        yield service


@pytest.fixture
async def document(broken: LiveService) -> dict[str, Any]:
    async with AsyncClient(base_url=broken.url, timeout=60) as client:
        served: dict[str, Any] = (await client.get("/openapi.json")).json()
    return served


@pytest.fixture
async def world(broken: LiveService, document: dict[str, Any]) -> AsyncIterator[World]:
    async with (
        AsyncClient(base_url=broken.url, timeout=60) as client,
        world_of(broken.database.url, client, document) as made,
    ):
        yield made


@pytest.mark.long
async def test_every_fault_that_was_put_in_is_named(world: World, document: dict[str, Any]) -> None:
    # What the copy says of itself is no measure: it is held against the released document.
    released = load(RELEASED)
    looked_at = frozenset(WHOLE | {operation for _, operation in NAMED})
    seen = await survey(world, access.load(), released.raw, looked_at)
    assert {(fault.kind.rule, fault.operation) for fault in seen.faults} >= NAMED

    breaks = compare(released, parse(document), date.today()).breaks  # noqa: DTZ011
    renamed = [found for found in breaks if found.rule == "parameter-renamed"]
    assert [str(found.where) for found in renamed] == ["query parameter from"]
    assert any("~1api~1matches" in line for line in differences(released.raw, document))

    assert not {fault.operation for fault in seen.faults} & WHOLE, [*map(str, seen.faults)]


def test_a_fault_that_finds_no_place_is_no_fault_that_was_seen(tmp_path: Path) -> None:
    moved = replace(FAULTS[0], whole="what stands nowhere")
    with pytest.raises(NotThereError, match="an owner check dropped on a read"):
        broken_copy(SUT, tmp_path, [moved])
