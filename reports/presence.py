"""Which layers of a run did anything at all: the least that a run of tests must show."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from reports.evidence import Check, LayerEvidence


def idle_layers(evidence: Iterable[LayerEvidence], expected: Sequence[str]) -> tuple[str, ...]:
    """Those of `expected` that closed no evidence with a passed test, each with what is there."""
    by_name = {layer.layer: layer for layer in evidence}
    return tuple(
        f"{name}: {problem}" for name in expected if (problem := _problem(by_name.get(name)))
    )


def _problem(layer: LayerEvidence | None) -> str:
    if layer is None:
        return "no evidence file"
    if not layer.whole:
        return str(layer.faults[0])
    passed = sum(isinstance(r, Check) and r.outcome == "passed" for r in layer.records)
    return "" if passed else "no test passed"
