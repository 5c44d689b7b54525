from __future__ import annotations

import gevent  # type: ignore[import-untyped]
import pytest

from scenarios.hands import Hands

ENDS_WITHIN_S = 5.0


def test_calls_one_after_another_are_carried_out_by_the_same_hand() -> None:
    hands, by = Hands(), list[object]()

    for _ in range(3):
        hands.start(lambda: by.append(gevent.getcurrent()))
        assert len(hands) == 1
        hands.wait(ENDS_WITHIN_S)
        assert len(hands) == 0
    assert len(by) == 3
    assert len(set(by)) == 1
    hands.let_go(ENDS_WITHIN_S)


def test_calls_at_once_are_carried_out_by_as_many_hands() -> None:
    hands, by = Hands(), set[tuple[object, str]]()

    def call(name: str, seconds: float) -> None:
        gevent.sleep(seconds)
        by.add((gevent.getcurrent(), name))

    for number in range(3):
        hands.start(call, f"{number}", 0.01)
    assert len(hands) == 3
    hands.wait(ENDS_WITHIN_S)
    assert {name for _, name in by} == {"0", "1", "2"}
    assert len({hand for hand, _ in by}) == 3
    hands.let_go(ENDS_WITHIN_S)


def test_waiting_ends_with_the_last_call_or_when_it_has_lasted_long_enough() -> None:
    hands, ended = Hands(), list[str]()

    def call(seconds: float) -> None:
        gevent.sleep(seconds)
        ended.append("call")

    hands.start(call, 0.02)
    hands.wait(0.0)
    assert (len(hands), ended) == (1, [])
    hands.wait(ENDS_WITHIN_S)
    assert (len(hands), ended) == (0, ["call"])
    hands.wait(ENDS_WITHIN_S)  # nothing is under way: nothing is waited for
    hands.let_go(ENDS_WITHIN_S)


def test_letting_go_cuts_off_what_is_under_way_and_says_so_to_it() -> None:
    hands, told = Hands(), list[str]()

    def call() -> None:
        try:
            gevent.sleep(60)
        except gevent.GreenletExit:
            told.append("cut off")
            raise

    hands.start(call)
    gevent.sleep(0)
    hands.let_go(ENDS_WITHIN_S)
    assert told == ["cut off"]
    assert len(hands) == 0


def test_a_call_that_fails_takes_its_hand_along_and_no_other_call(
    capsys: pytest.CaptureFixture[str],
) -> None:
    hands, done = Hands(), list[str]()

    def fail() -> None:
        raise RuntimeError("the call's own fault")

    hands.start(fail)
    hands.wait(ENDS_WITHIN_S)
    hands.start(done.append, "next")
    hands.wait(ENDS_WITHIN_S)
    assert done == ["next"]
    assert "the call's own fault" in capsys.readouterr().err
    hands.let_go(ENDS_WITHIN_S)


def test_a_hand_that_is_woken_by_what_its_last_call_left_behind_does_nothing() -> None:
    hands, calls = Hands(), list[str]()

    def leave_behind() -> None:
        calls.append("first")
        gevent.get_hub().loop.run_callback(gevent.getcurrent().switch)

    hands.start(leave_behind)
    hands.wait(ENDS_WITHIN_S)
    gevent.sleep(0.01)
    assert calls == ["first"]
    hands.start(calls.append, "second")
    hands.wait(ENDS_WITHIN_S)
    assert calls == ["first", "second"]
    hands.let_go(ENDS_WITHIN_S)
