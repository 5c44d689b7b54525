"""Two faults of one kind at one operation are two findings, and one fault is one in every run."""

from itertools import cycle
from typing import Any

import pytest
import schemathesis
from fastapi import FastAPI, Response
from fastapi.responses import JSONResponse

from suites.contract import conformance
from suites.contract.conformance import Budget, Failure

pytestmark = pytest.mark.objective("contract-conformance")


def failures_of(app: FastAPI, check: str) -> list[Failure]:
    config = conformance.configuration(None, 1, Budget(examples=3, scenarios=1, steps=2))
    schema = schemathesis.openapi.from_asgi("/openapi.json", app, config=config)
    return [one for one in conformance.run(schema).failures.values() if one.check == check]


def answering(*statuses: int) -> list[Failure]:
    app, turns = FastAPI(), cycle(statuses)

    @app.get("/look", response_class=Response)
    def look(*, deep: bool = False) -> Response:
        return Response(status_code=next(turns))

    return failures_of(app, "status_code_conformance")


def showing(*answers: list[dict[str, Any]]) -> list[Failure]:
    properties = {"name": {"type": "string"}, "size": {"type": "null"}}
    thing = {"type": "object", "properties": properties, "required": ["name", "size"]}
    listed = {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
    content = {"application/json": {"schema": listed}}
    app, turns = FastAPI(), cycle(answers)

    @app.get("/look", responses={200: {"description": "things", "content": content}})
    def look(*, deep: bool = False) -> JSONResponse:
        return JSONResponse(next(turns))

    app.openapi()["components"]["schemas"]["Thing"] = thing
    return failures_of(app, "response_schema_conformance")


def fingerprints(failures: list[Failure]) -> set[str]:
    return {one.as_finding("visitor").fingerprint for one in failures}


def test_a_waiver_of_one_status_covers_no_other() -> None:
    both, alone = answering(410, 418), answering(410)
    assert {one.detail for one in both} == {"410", "418"}
    assert len({one.title for one in both}) == 1
    assert fingerprints(alone) < fingerprints(both)


def test_a_waiver_of_one_property_covers_no_other() -> None:
    both, alone = showing([{"size": None}], [{"name": "x"}]), showing([{"size": None}])
    assert {one.detail.rpartition(" ")[2] for one in both} == {"name", "size"}
    assert fingerprints(alone) < fingerprints(both)
    wrong = showing([{"name": 1, "size": 1}])
    assert len(fingerprints([*both, *wrong])) == 4


def test_the_same_fault_in_another_item_of_a_list_is_the_same_one() -> None:
    fine = {"name": "x", "size": None}
    (first,), (later,) = showing([fine | {"name": 1}]), showing([fine, fine | {"name": 2}])
    assert first.message != later.message
    assert fingerprints([first]) == fingerprints([later])
