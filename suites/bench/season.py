"""How large the season of the benchmarks is."""

from __future__ import annotations

from sut.seeding.load import Plan

FULL_SEASON = Plan(players=2_000, predictions=200_000)
