"""Forecasts on the wire."""

from __future__ import annotations

from typing import Any

from pydantic import ConfigDict

from sut.wire import Answer

FORECAST: dict[str, Any] = {
    "match_id": 214, "home": 0.4713, "draw": 0.2561, "away": 0.2726, "score_grid": None,
    "fitted_on": 186,
}  # fmt: skip


class Forecast(Answer):
    """Chances of the outcomes, which sum to 1, from a model fitted to `fitted_on` results.

    `score_grid[h][a]` is the chance of h goals to a, up to 10 each; null below the elite tier.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [FORECAST]})

    match_id: int
    home: float
    draw: float
    away: float
    score_grid: list[list[float]] | None
    fitted_on: int
