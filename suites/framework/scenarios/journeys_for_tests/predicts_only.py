"""Nothing but predictions, so that a few seconds bring many about the same matches."""

from __future__ import annotations

from scenarios.journeys import LOG_IN, MIX

MIX = tuple(journey for journey in MIX if journey.name == "predict")

__all__ = ["LOG_IN", "MIX"]
