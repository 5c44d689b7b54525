from __future__ import annotations

import json
from datetime import date

import pytest

from reports.render.json_file import JsonRenderer, _plain
from suites.framework.reports.render.pages import bad_view, good_view


def test_the_verdict_is_there_as_data_of_a_known_version() -> None:
    body = json.loads(JsonRenderer().render(good_view()))
    assert (body["schema"], body["release"], body["exit_code"]) == (1, "GO", 0)
    assert (body["policy"], body["run"]) == ("commit", "20260101-120000-gate")
    fast = next(item for item in body["objectives"] if item["id"] == "fast")
    (reading,) = fast["readings"]
    assert (reading["value"], reading["limit"], reading["op"]) == (150.0, 200.0, "<")
    assert (reading["margin"], reading["samples"]) == (50.0, 9000)
    assert (reading["low"], reading["high"]) == (145.0, 155.0)
    assert reading["path"] == "load.ndjson"


def test_numbers_are_not_rounded() -> None:
    body = json.loads(JsonRenderer().render(bad_view()))
    clean = next(item for item in body["objectives"] if item["id"] == "clean")
    shares = [item["value"] for item in clean["readings"] if item["kind"] == "instrument"]
    assert shares == [59 / 61]


def test_waivers_and_layers_are_told() -> None:
    body = json.loads(JsonRenderer().render(bad_view()))
    assert [item["used_for"] for item in body["waivers"]] == [["right", "unit-suite"], []] or [
        item["used_for"] for item in body["waivers"]
    ] == [["right"], []]
    assert body["waivers"][0]["waiver"]["expires"] == "2026-04-01"
    grades = {item["layer"]: item["grade"] for item in body["layers"]}
    assert grades == {"unit": "sound", "security": "sound", "load": "unusable"}


def test_what_a_verdict_cannot_hold_is_refused_and_not_guessed() -> None:
    assert _plain(date(2026, 1, 2)) == "2026-01-02"
    with pytest.raises(TypeError, match="a verdict cannot hold a set"):
        _plain({1})
