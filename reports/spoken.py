"""Objectives' limits in words, for whoever wants to hand them to a tool that steers by them.

A load run may end when a limit is beyond reach, or look for the rate at which it breaks. It does
not read objectives; its caller asks here, and passes the words on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from reports.objectives import MeasurementClause, Objectives

WHOLE: Mapping[str, str] = {"scenario": "mix", "endpoint": "*all*"}
STEERABLE: Mapping[str, tuple[str, ...]] = {"load": ("http_latency_p", "http_error_ratio")}


def limits(objectives: Objectives, policy: str, layer: str) -> tuple[str, ...]:
    """Upper limits by which a run of the layer can be steered, each once. Raises KeyError."""
    found = _limits(objectives, policy, layer)
    return tuple(dict.fromkeys(found))


def _limits(objectives: Objectives, policy: str, layer: str) -> Iterator[str]:
    for objective in objectives.required_by(policy):
        for clause in objective.requires:
            if (
                isinstance(clause, MeasurementClause)
                and clause.layer == layer
                and clause.op in ("<", "<=")
                and clause.metric.startswith(STEERABLE.get(layer, ()))
                and all(WHOLE.get(name) == value for name, value in clause.where.items())
            ):
                yield f"{clause.metric}{clause.op}{clause.limit:g}"
