from __future__ import annotations

import time
from collections.abc import Iterator

import gevent  # type: ignore[import-untyped]
import pytest

from scenarios.alarm import Alarm

ENDS_WITHIN_S = 5.0


@pytest.fixture(params=["the kernel's timer", "gevent's sleep"])
def alarm(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Alarm]:
    if request.param == "gevent's sleep":
        monkeypatch.setattr(Alarm, "_open", lambda self: -1)
    made = Alarm()
    yield made
    made.close()


def test_everybody_is_woken_at_their_moment_and_never_before(alarm: Alarm) -> None:
    began, woken = time.monotonic(), list[int]()

    def sleep(steps: int) -> None:
        moment = began + steps / 500
        alarm.sleep_until(moment)
        assert time.monotonic() >= moment
        woken.append(steps)

    sleepers = [gevent.spawn(sleep, steps) for steps in (5, 1, 4, 2, 3)]
    gevent.joinall(sleepers, timeout=ENDS_WITHIN_S, raise_error=True)
    assert woken == [1, 2, 3, 4, 5]


def test_a_moment_that_has_passed_is_not_waited_for(alarm: Alarm) -> None:
    others = list[str]()
    gevent.spawn(others.append, "had a turn")
    alarm.sleep_until(time.monotonic())
    assert not others


def test_one_who_was_killed_asleep_keeps_nobody_else_from_waking(alarm: Alarm) -> None:
    now, woken = time.monotonic(), list[str]()

    def sleep(name: str, seconds: float) -> None:
        alarm.sleep_until(now + seconds)
        woken.append(name)

    killed, last = gevent.spawn(sleep, "killed", 0.02), gevent.spawn(sleep, "last", 0.04)
    gevent.sleep(0)
    killed.kill()
    last.join(ENDS_WITHIN_S)
    assert woken == ["last"]


def test_who_sleeps_again_as_soon_as_it_wakes_is_woken_again(alarm: Alarm) -> None:
    """A walk through a schedule, beside somebody who sleeps for as long as all of it."""
    began, steps = time.monotonic(), list[float]()
    beside = gevent.spawn(alarm.sleep_until, began + 0.1)

    def walk() -> None:
        for step in range(1, 11):
            alarm.sleep_until(began + step / 100)
            steps.append(time.monotonic() - began)

    gevent.joinall([gevent.spawn(walk), beside], timeout=ENDS_WITHIN_S, raise_error=True)
    assert len(steps) == 10
    assert beside.successful()
    assert all(taken >= number / 100 for number, taken in enumerate(steps, 1))


def test_a_ring_that_no_timer_stands_behind_any_more_wakes_nobody() -> None:
    """The loop saw that it was time, and before it could say so somebody set the timer anew."""
    alarm = Alarm()
    sleeper = gevent.spawn(alarm.sleep_until, time.monotonic() + 0.05)
    gevent.sleep(0)
    alarm._ring()
    assert not sleeper.ready()
    sleeper.join(ENDS_WITHIN_S)
    assert sleeper.successful()
    alarm.close()


def test_a_timer_that_is_set_anew_after_it_rang_wakes_the_later_sleeper() -> None:
    """It rang before the loop could look; what it would have been asked is gone by then."""
    alarm, now = Alarm(), time.monotonic()
    first = gevent.spawn(alarm.sleep_until, now + 0.005)
    gevent.sleep(0)
    time.sleep(0.01)
    first.kill(block=False)
    second = gevent.spawn(alarm.sleep_until, now + 0.05)
    gevent.joinall([second], timeout=ENDS_WITHIN_S, raise_error=True)
    assert second.successful()
    assert time.monotonic() >= now + 0.05
    alarm.close()
