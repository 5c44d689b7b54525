"""Recording a new release of the document, and what is said about it."""

from __future__ import annotations

import errno
import json
from copy import deepcopy
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from suites.contract.accepting import accept, digest
from suites.contract.compatibility.document import DocumentError

TODAY = date(2026, 7, 1)


@pytest.fixture
def before() -> dict[str, Any]:
    find = {"in": "query", "name": "q", "schema": {"type": "string"}}
    things = {"get": {"parameters": [find], "responses": {"200": {"description": "fine"}}}}
    return {"openapi": "3.1.0", "paths": {"/things": things}}


@pytest.fixture
def files(tmp_path: Path, before: dict[str, Any]) -> dict[str, Path]:
    made = {"committed": tmp_path / "openapi.json", "released": tmp_path / "released.json"}
    for path in made.values():
        path.write_text(json.dumps(before))
    return made


def renamed(document: dict[str, Any]) -> dict[str, Any]:
    changed = deepcopy(document)
    changed["paths"]["/things"]["get"]["parameters"][0]["name"] = "query"
    return changed


def test_a_release_is_recorded_and_what_it_takes_away_is_said(
    files: dict[str, Path], before: dict[str, Any]
) -> None:
    after = renamed(before)
    after["paths"]["/others"] = before["paths"]["/things"]
    said = list(accept(after, TODAY, release=True, **files).lines())
    assert all(json.loads(path.read_text()) == after for path in files.values())
    assert "new: GET /others" in said
    assert said[-2:] == [
        "takes away 1:",
        "  GET /things: query parameter q: is now called query [parameter-renamed]",
    ]


def test_the_document_alone_leaves_the_release_as_it_was(
    files: dict[str, Path], before: dict[str, Any]
) -> None:
    accept(renamed(before), TODAY, release=False, **files)
    assert json.loads(files["released"].read_text()) == before
    assert json.loads(files["committed"].read_text()) == renamed(before)


def test_a_release_that_takes_nothing_away_says_so(
    files: dict[str, Path], before: dict[str, Any]
) -> None:
    said = list(accept(before, TODAY, release=True, **files).lines())
    assert said[-1] == "takes nothing away, in 1 operations"


def test_nothing_is_written_where_the_released_document_cannot_be_read(
    files: dict[str, Path], before: dict[str, Any]
) -> None:
    files["released"].write_text("{")
    with pytest.raises(DocumentError, match=r"released\.json"):
        accept(renamed(before), TODAY, release=True, **files)
    assert json.loads(files["committed"].read_text()) == before


def test_nothing_is_written_where_there_is_room_for_one_document_alone(
    files: dict[str, Path], before: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    write, turns = Path.write_text, count(1)

    def write_until_full(path: Path, text: str, encoding: str) -> int:
        if next(turns) == 1:
            return write(path, text, encoding)
        write(path, text[:100], encoding)
        raise OSError(errno.ENOSPC, "no space left on device")

    monkeypatch.setattr(Path, "write_text", write_until_full)
    with pytest.raises(OSError, match="no space left"):
        accept(renamed(before), TODAY, release=True, **files)
    assert all(json.loads(path.read_text()) == before for path in files.values())
    assert set(files["committed"].parent.iterdir()) == set(files.values())


def test_the_digest_knows_no_order_and_sees_every_change(before: dict[str, Any]) -> None:
    turned = dict(reversed(list(before.items())))
    assert digest(turned) == digest(before) != digest(renamed(before))
