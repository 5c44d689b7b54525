from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports.evidence import Series
from reports.render.charts import (
    HEIGHT,
    MOST_IN_PATH,
    MOST_LINES,
    WIDTH,
    Limit,
    charts_of,
    round_ticks,
    split,
)
from reports.render.strokes import MOST_GAPS, parted, thinned
from reports.render.view import Line
from suites.framework.reports.runs import layer

POINTS = st.lists(st.tuples(st.floats(0, 1e5), st.floats(-1e9, 1e9)), min_size=1, max_size=900)


def series(*values: float, **more: object) -> Series:
    points = tuple((float(i), value) for i, value in enumerate(values))
    return Series(**{"metric": "m", "unit": "ms", "points": points, **more})  # type: ignore[arg-type]


def drawn(line: Line) -> list[list[tuple[float, float]]]:
    """The points of each piece of a line."""
    return [
        [(float(x), float(y)) for x, y in re.findall(r"(-?[\d.]+),(-?[\d.]+)", piece)]
        for piece in line.path.split("M")[1:]
    ]


@pytest.mark.parametrize(
    ("top", "ticks"),
    [(100, (0, 50, 100)), (7, (0, 2, 4, 6, 8)), (0.35, (0, 0.1, 0.2, 0.3, 0.4)), (0, (0, 1))],
)
def test_ticks_are_round(top: float, ticks: tuple[float, ...]) -> None:
    assert round_ticks(top, 4) == pytest.approx(ticks)


@given(top=st.floats(1e-6, 1e12))
def test_ticks_reach_the_top_and_are_few(top: float) -> None:
    ticks = round_ticks(top, 4)
    assert ticks[0] == 0
    assert ticks[-1] >= top * 0.999999
    assert len(ticks) <= 6


@given(points=POINTS)
def test_every_point_lies_in_the_plot(points: list[tuple[float, float]]) -> None:
    (chart,) = charts_of([layer("load", Series(metric="m", unit="ms", points=tuple(points)))])
    for piece in drawn(chart.lines[0]):
        for x, y in piece:
            assert 0 <= x <= WIDTH
            assert -0.1 <= y <= HEIGHT


@given(points=POINTS)
def test_thinning_keeps_the_peaks(points: list[tuple[float, float]]) -> None:
    ordered = sorted(points)
    kept = list(thinned(ordered, 100))
    assert len(kept) <= 110 or len(kept) == len(ordered) <= 100
    assert max(v for _, v in kept) == max(v for _, v in points)
    assert min(v for _, v in kept) == min(v for _, v in points)


def test_a_metric_is_one_chart_with_a_line_for_each_of_its_dimensions() -> None:
    made = layer("load", *(series(1, 2, dimensions={"p": name}) for name in "ab"),
                 series(3, 4, metric="other"))  # fmt: skip
    charts = charts_of([made])
    assert [(chart.title, len(chart.lines)) for chart in charts] == [("m", 2), ("other", 1)]
    assert charts[0].lines[0].name == "a"


def test_charts_of_what_was_promised_are_among_those_that_are_shown_at_once() -> None:
    made = layer("load", *(series(1, 2, metric=f"m{number}") for number in range(12)))
    shown, others = split(charts_of([made], {"m11": Limit("<", 5)}))
    assert (shown, others) == ((0, 1, 2, 3, 4, 5, 6, 11), (7, 8, 9, 10))
    assert split(charts_of([made])[:3]) == ((0, 1, 2), ())


def test_quantiles_of_one_metric_share_a_chart() -> None:
    made = (series(n, metric=f"http_latency_p{n}_ms", dimensions={"s": "mix"}) for n in (50, 99))
    (chart,) = charts_of([layer("load", *made)])
    assert chart.title == "http_latency_ms"
    assert [line.name for line in chart.lines] == ["p99 mix", "p50 mix"]


@pytest.mark.parametrize("value", [5e-324, 1e-310, 1e301, 1.7e308])
def test_extreme_values_are_drawn(value: float) -> None:
    (chart,) = charts_of([layer("load", series(0, value))])
    assert "nan" not in chart.lines[0].path


def test_lines_beyond_the_most_are_counted() -> None:
    many = (series(1, n, dimensions={"p": str(n)}) for n in range(1, MOST_LINES + 4))
    (chart,) = charts_of([layer("load", *many)])
    assert (len(chart.lines), chart.more_lines) == (MOST_LINES, 3)
    assert chart.lines[0].peak == "9 ms"


def test_ratios_are_drawn_as_percentages() -> None:
    (chart,) = charts_of([layer("load", series(0.25, 0.5, unit="ratio"))])
    assert (chart.unit, chart.lines[0].last, chart.y_ticks[-1].text) == ("%", "50 %", "50")


def test_a_series_without_points_is_no_chart() -> None:
    assert charts_of([layer("load", series())]) == ()


def test_a_series_of_one_moment_is_a_chart() -> None:
    (chart,) = charts_of([layer("load", series(0))])
    assert drawn(chart.lines[0]) == [[(0.0, HEIGHT)]]
    assert chart.lines[0].path.endswith("h1.6")  # a dot: a path of one point draws nothing


def test_of_a_thousand_points_the_lowest_and_highest_of_every_stretch_are_kept() -> None:
    points = [(float(n), float(n % 10)) for n in range(1000)]
    kept = list(thinned(points, 100))
    assert len(kept) == 100
    assert {value for _, value in kept} == {0.0, 9.0}
    assert kept == sorted(kept)


def test_a_line_that_stays_on_the_right_side_of_its_limit_has_no_mark() -> None:
    made = layer("load", series(1, 2, metric="a"), series(1, 9, metric="b"))
    limits = {name: Limit(value=5.0, op="<") for name in ("a", "b")}
    kept, broken = charts_of([made], limits)
    assert [mark.text for mark in kept.marks] == []
    assert [mark.text for mark in broken.marks] == ["b past its limit"]


# --- gaps --------------------------------------------------------------------------------------


def with_an_outage() -> Series:
    """A value a second for 100 seconds, but for the 20 from second 40 on."""
    points = tuple((float(second), 5.0) for second in range(100) if not 40 <= second < 60)
    return Series(metric="m", unit="ms", points=points)


def test_seconds_without_a_value_part_a_line() -> None:
    (chart,) = charts_of([layer("load", with_an_outage())])
    (line,) = chart.lines
    before, after = drawn(line)
    assert (len(before), len(after)) == (40, 40)
    assert line.gaps == ((39.0, 60.0),)


def test_a_moment_within_a_gap_is_told_from_one_at_which_another_line_was_sampled() -> None:
    seldom = Series(metric="m", unit="ms", points=((0.0, 1.0), (49.0, 2.0), (98.0, 3.0)),
                    dimensions={"p": "seldom"})  # fmt: skip
    (chart,) = charts_of([layer("load", with_an_outage(), seldom)])
    often, rare = chart.lines
    within = [at for at in chart.x if 39 < at < 60]
    assert within != []
    assert all(often.values[chart.x.index(at)] is None for at in within)
    assert rare.gaps == ()
    assert rare.values[chart.x.index(49.0)] == 2.0


@given(points=POINTS)
def test_parting_loses_no_point_and_tears_no_line_to_shreds(
    points: list[tuple[float, float]],
) -> None:
    ordered = sorted(points)
    pieces = parted(ordered)
    assert [point for piece in pieces for point in piece] == ordered
    assert len(pieces) <= MOST_GAPS + 1
    (chart,) = charts_of([layer("load", Series(metric="m", unit="ms", points=tuple(points)))])
    assert sum(map(len, drawn(chart.lines[0]))) <= MOST_IN_PATH + 4 * (MOST_GAPS + 1)


def test_percentiles_are_no_seconds_and_part_nothing() -> None:
    points = ((50.0, 5.0), (99.0, 20.0), (99.9, 40.0), (100.0, 90.0))
    made = Series(metric="x_by_percentile_ms", unit="ms", points=points)
    (chart,) = charts_of([layer("load", made)])
    assert chart.lines[0].gaps == ()
    assert len(drawn(chart.lines[0])) == 1


# --- words -------------------------------------------------------------------------------------


def test_the_last_value_is_the_last_one_also_where_a_line_was_thinned() -> None:
    rising = series(*(float(n % 10) for n in range(996)))  # the last one is neither high nor low
    (chart,) = charts_of([layer("load", rising)])
    assert len(drawn(chart.lines[0])[0]) < 996
    assert chart.lines[0].last == "5 ms"


def test_values_below_zero_are_drawn_and_told_as_they_are() -> None:
    (chart,) = charts_of([layer("load", series(10, -5, -2))])
    assert chart.lines[0].last == "-2 ms"
    assert [tick.text for tick in chart.y_ticks] == ["-5", "0", "5", "10"]
    assert [y for _, y in drawn(chart.lines[0])[0]] == [0.0, HEIGHT, HEIGHT * 0.8]
    (falling,) = charts_of([layer("load", series(-1, -3))])
    assert falling.lines[0].peak == "-1 ms"


@pytest.mark.parametrize(
    ("values", "limit", "height"),
    [
        ((50, 100), 50.0, HEIGHT / 2),
        ((50, 100), 100.0, 0.0),
        ((50, 100), 1000.0, None),  # above the drawing
        ((1, 2), 0.0, HEIGHT),
    ],
)
def test_a_limit_has_a_line_where_it_lies_within_the_drawing_and_words_in_any_case(
    values: tuple[float, ...], limit: float, height: float | None
) -> None:
    (chart,) = charts_of([layer("load", series(*values))], {"m": Limit("<", limit)})
    assert chart.limit_at == height
    assert chart.limit_text == f"limit {limit:,.0f} ms"


def test_a_limit_says_which_of_several_percentiles_it_is_for() -> None:
    made = (series(n, metric=f"http_latency_p{n}_ms", dimensions={"s": "mix"}) for n in (50, 99))
    limits = {"http_latency_p50_ms": Limit("<", 200.0)}
    (chart,) = charts_of([layer("load", *made)], limits)
    assert chart.limit_text == "p50 limit 200 ms"


def test_words_beside_a_limit_are_not_rounded_onto_it() -> None:
    limits = {"m": Limit("<", 200.0)}
    (chart,) = charts_of([layer("load", series(1, 200.4))], limits)
    assert chart.lines[0].last == "200.4 ms"
