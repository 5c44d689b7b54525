from __future__ import annotations

from typing import Any

import orjson
import pytest

from scenarios import bodies
from scenarios.bodies import Bodies

ITEMS = {"items": [{"id": number, "name": f"team {number}"} for number in range(100)]}
LARGE, SMALL = orjson.dumps(ITEMS), b'{"a":[1]}'
HUGE = orjson.dumps({"text": "x" * bodies.MOST_BYTES})


@pytest.fixture
def decoded(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Notes every body that is decoded."""
    seen: list[bytes] = []
    loads = orjson.loads

    def watched(content: bytes) -> Any:
        seen.append(content)
        return loads(content)

    monkeypatch.setattr("scenarios.bodies.orjson.loads", watched)
    return seen


@pytest.mark.parametrize("content", [LARGE, SMALL, HUGE], ids=["large", "small", "huge"])
def test_every_answer_has_its_own_json_however_often_it_came(content: bytes) -> None:
    known = Bodies()
    answers = [known.answer(200, {"etag": "1"}, bytes(bytearray(content))) for _ in range(3)]
    for answer in answers:
        assert answer.body == orjson.loads(content)
        assert (answer.status, answer.headers) == (200, {"etag": "1"})
        answer.body["mine"] = "alone"
    assert known.answer(200, {}, content).body == orjson.loads(content)


def test_an_answer_that_nobody_looks_into_is_decoded_once(decoded: list[bytes]) -> None:
    known = Bodies()
    answers = [known.answer(200, {}, LARGE) for _ in range(5)]
    assert decoded == [LARGE]
    assert answers[-1].body == ITEMS
    assert answers[-1].body["items"]
    assert decoded == [LARGE, LARGE]


def test_an_answer_without_a_body_has_none() -> None:
    assert Bodies().answer(204, {}, b"").body is None


@pytest.mark.parametrize("content", [b"<html>", LARGE[:-1], b"x" * 2_000])
def test_what_is_no_json_is_told_each_time(content: bytes) -> None:
    known = Bodies()
    for _ in range(2):
        with pytest.raises(ValueError, match=r"."):
            known.answer(200, {}, content)


def test_no_more_bodies_are_kept_than_was_said(decoded: list[bytes]) -> None:
    known = Bodies()
    for number in range(bodies.KEPT + 1):
        known.answer(200, {}, orjson.dumps([number, "x" * bodies.LEAST_BYTES]))
    assert len(known._known) <= bodies.KEPT
    known.answer(200, {}, HUGE)
    assert HUGE not in known._known
