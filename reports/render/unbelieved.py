"""Layers that are not believed, for formats that list tests: what passed there passed nowhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports.render.view import View

TEST = "evidence"  # the name of the test that stands beside those of such a layer


@dataclass(frozen=True)
class Unbelieved:
    """A layer whose evidence can neither acquit nor condemn, and every reason why."""

    layer: str
    required: bool
    why: str


def unbelieved(view: View) -> tuple[Unbelieved, ...]:
    """Layers with unusable evidence, required ones without any, and those that nobody knows."""
    return (*_unusable(view), *_unknown(view))


def _unusable(view: View) -> Iterator[Unbelieved]:
    for layer in view.verdicts.layers:
        if layer.grade == "unusable" and (layer.required or layer.path):
            yield Unbelieved(layer.layer, layer.required, "; ".join(layer.reasons))


def _unknown(view: View) -> Iterator[Unbelieved]:
    known = {layer.layer for layer in view.verdicts.layers}
    for file in view.evidence:
        if file.layer not in known:
            yield Unbelieved(file.layer, False, "no layer of that name is known")
