"""Views made up for the tests of renderers: a good run, and one with everything wrong in it."""

from __future__ import annotations

from collections.abc import Sequence

from reports.evidence import AnyRecord, LayerEvidence, Measurement, Series
from reports.objectives import Objectives
from reports.past import Past
from reports.render.compose import NO_PAST, view_of
from reports.render.view import View
from reports.waivers import Waiver
from suites.framework.reports.runs import (
    OTHER_TREE,
    check,
    finding,
    good_layers,
    instrument,
    judged,
    layer,
    measured,
    small,
    waiver,
)

STARTS = (
    Measurement(metric="service_start_s", value=0.7, unit="s", dimensions={"service": "postgres"}),
    Measurement(metric="database_handout_ms", value=4.2, unit="ms", dimensions={"quantile": "p95"}),
    Measurement(metric="layer_wall_s", value=3.0, unit="s"),
)
CPU = Series(
    metric="cpu_share",
    unit="ratio",
    points=((0.0, 0.2), (1.0, 0.5), (2.0, 0.4)),
    dimensions={"process": "service"},
)


def view(
    evidence: Sequence[LayerEvidence] | None = None,
    rows: Objectives | None = None,
    waivers: Sequence[Waiver] = (),
    past: Past | None = None,
) -> View:
    layers = good_layers() if evidence is None else list(evidence)
    promised = rows or small()
    return view_of(
        judged(layers, promised, waivers),
        layers,
        promised,
        judged_at="2026-03-01T12:00:00+00:00",
        report_path="out/run/report.html",
        past=past or NO_PAST,
    )


def good_view() -> View:
    unit, security, load = good_layers()
    return view([unit, security, layer("load", *load.records[2:-1], *STARTS, CPU)])


def bad_view(text: str = "trouble") -> View:
    """Missed, invalid, waived and foreign at once, with `text` wherever a producer can put any."""
    unit: tuple[AnyRecord, ...] = (
        check(text, "failed", "right", text, message=text, detail=text, repeat=text),
        check("skipped", "skipped", message=text),
        check("error", "error", message=text),
        check("flaky", "flaky"),
    )
    security: tuple[AnyRecord, ...] = (
        instrument(59, 61, missing=(text, "b.py"), detail=text, unit=text),
        finding(text, message=text, path=text, rule=text),
        finding("f2", tool=text),
    )
    load: tuple[AnyRecord, ...] = (
        measured(250, samples=9000, low=240, high=260, confidence=0.99),
        measured(3, metric=text, dimensions={text: text}),
        Series(metric=text, unit=text, points=((0.0, 1.0), (5.0, 9.0)), dimensions={text: text}),
    )
    return view(
        [
            layer("unit", *unit, exit_status=1),
            layer("security", *security),
            layer("load", *load, check("d"), tree=OTHER_TREE),
            layer(text or "x", check("s")),
        ],
        waivers=[waiver("objective:right"), waiver("finding:gone")],
    )
