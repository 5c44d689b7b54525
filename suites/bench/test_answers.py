from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from fastapi.encoders import jsonable_encoder
from pytest_benchmark.fixture import BenchmarkFixture
from starlette.responses import Response

from fixtures.evidence import Evidence
from suites.bench.pairs import compare
from sut import answers
from sut.matches.schemas import MatchPage, MatchView, TeamView

pytestmark = pytest.mark.benchmark(max_time=0.3, min_rounds=5)


@pytest.fixture(scope="module")
def page() -> MatchPage:
    teams = [TeamView(id=n, name=f"Harrowmere {n}", short_name=f"H{n}") for n in range(40)]
    matches = [
        MatchView(
            id=number,
            round=22,
            home_team=teams[number],
            away_team=teams[number + 20],
            kick_off=datetime(2026, 12, 5, 15, number, tzinfo=UTC),
            status="finished",
            home_goals=2,
            away_goals=1,
            version=3,
        )
        for number in range(20)
    ]
    return MatchPage(items=matches, next_cursor=None)


def test_a_page_of_matches_is_encoded_faster_than_by_fastapis_encoder(
    page: MatchPage, evidence: Evidence, benchmark: BenchmarkFixture
) -> None:
    def peer() -> bytes:
        return json.dumps(jsonable_encoder(page)).encode()

    encoded = benchmark(answers.encode, page)
    assert json.loads(encoded) == json.loads(peer())
    comparison = compare(lambda: answers.encode(page), peer)
    comparison.record(evidence, "match_page_encoded", "jsonable_encoder and json")
    assert comparison.share.high < 1


def test_cached_bytes_are_answered_faster_than_the_page_is_encoded(
    page: MatchPage, evidence: Evidence, benchmark: BenchmarkFixture
) -> None:
    kept = answers.encode(page)

    def ours() -> Any:
        return Response(kept, media_type=answers.JSON)

    def peer() -> Any:
        validated = MatchPage.model_validate_json(kept)
        return Response(answers.encode(validated), media_type=answers.JSON)

    assert benchmark(ours).body == peer().body
    comparison = compare(ours, peer)
    comparison.record(evidence, "match_page_from_cache", "validated and encoded again")
    assert comparison.share.high < 1
