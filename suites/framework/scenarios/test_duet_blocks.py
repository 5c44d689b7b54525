from __future__ import annotations

import math
import random

import pytest

from scenarios.duet.blocks import (
    GROUPS_MAX,
    METRICS,
    ORDERS,
    TAIL_REQUESTS,
    Block,
    Series,
    Side,
    Slice,
)


def part(side: Side, *latencies: float) -> Slice:
    return Slice(side, latencies)


def block(base: float, new: float, requests: int = 10) -> Block:
    times: dict[Side, float] = {"base": base, "new": new}
    return Block(tuple(part(side, *[times[side]] * requests) for side in ORDERS[0]), times)


def turned(whole: Block) -> Block:
    other: dict[Side, Side] = {"base": "new", "new": "base"}
    slices = tuple(Slice(other[part.side], part.latencies_s) for part in whole.slices)
    return Block(slices, {other[side]: value for side, value in whole.cpu_s.items()})


def test_either_order_gives_each_side_two_slices_around_the_same_moment() -> None:
    for order in ORDERS:
        moments = {side: [n for n, s in enumerate(order) if s == side] for side in order}
        assert {sum(found) for found in moments.values()} == {3}
        assert {len(found) for found in moments.values()} == {2}


@pytest.mark.parametrize("metric", ["p50", "p95", "cpu"])
def test_a_block_yields_the_logarithm_of_new_over_base(metric: str) -> None:
    series = Series([block(0.002, 0.0021)] * 5)
    assert series.logs(metric) == pytest.approx([math.log(1.05)] * 5)  # type: ignore[arg-type]


def test_turning_the_sides_turns_every_sign() -> None:
    chance = random.Random(1)  # noqa: S311 - no secret
    blocks = [block(chance.uniform(1, 2), chance.uniform(1, 2)) for _ in range(9)]
    there, back = Series(blocks), Series([turned(item) for item in blocks])
    for metric in ("p50", "p95", "cpu"):
        assert back.logs(metric) == pytest.approx([-value for value in there.logs(metric)])


def test_the_tail_is_read_from_as_many_blocks_as_hold_enough_requests() -> None:
    series = Series([block(1.0, 1.1, requests=4)] * 7)  # 8 requests a side and block
    assert TAIL_REQUESTS == 20
    assert len(series.logs("p95")) == 2  # three blocks, three blocks, and a rest
    assert len(series.logs("p50")) == 7


def test_many_blocks_are_read_in_groups_so_that_their_pairs_stay_few() -> None:
    series = Series([block(1.0, 1.1, requests=1)] * (2 * GROUPS_MAX + 1))
    for metric in METRICS:
        assert len(series.logs(metric)) <= GROUPS_MAX
        assert series.logs(metric) == pytest.approx([math.log(1.1)] * len(series.logs(metric)))
    assert len(series.logs("p50")) == (2 * GROUPS_MAX + 1) // 3


def test_one_slow_request_in_twenty_moves_the_tail_and_not_the_median() -> None:
    quick, slow = [1.0] * 10, [*[1.0] * 8, 3.0, 3.0]
    slices = (part("base", *quick), part("new", *slow), part("new", *quick), part("base", *quick))
    series = Series([Block(slices)])
    assert series.logs("p50") == [0.0]
    assert series.logs("p95") == pytest.approx([math.log(3)])


def test_cpu_that_was_not_read_in_a_block_is_not_known_at_all() -> None:
    whole = block(1.0, 1.0)
    holed = Block(whole.slices, {"base": 1.0})
    assert Series([whole, holed]).logs("cpu") == []
    assert Series([whole, holed]).logs("p50") == [0.0, 0.0]


def test_all_latencies_of_a_side_are_at_hand() -> None:
    series = Series([block(1.0, 2.0, requests=3)] * 2)
    assert series.latencies_s("base").tolist() == [1.0] * 12
    assert series.latencies_s("new").tolist() == [2.0] * 12
    assert Series().latencies_s("new").tolist() == []
