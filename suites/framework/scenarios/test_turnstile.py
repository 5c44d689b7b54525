from __future__ import annotations

import gevent  # type: ignore[import-untyped]

from scenarios.turnstile import Turnstile


def test_places_are_given_in_the_order_of_asking_also_to_those_who_come_back() -> None:
    turnstile, order = Turnstile(2), list[str]()

    def visit(name: str) -> None:
        for step in (1, 2):
            with turnstile:
                order.append(f"{name}{step}")
                gevent.sleep(0)

    gevent.joinall([gevent.spawn(visit, name) for name in "abcd"], raise_error=True)
    assert order == ["a1", "b1", "c1", "d1", "a2", "b2", "c2", "d2"]


def test_no_more_are_through_at_once_than_there_are_places() -> None:
    turnstile, inside, most = Turnstile(3), list[int](), 0

    def visit(number: int) -> None:
        nonlocal most
        with turnstile:
            inside.append(number)
            most = max(most, len(inside))
            gevent.sleep(0)
            inside.remove(number)

    gevent.joinall([gevent.spawn(visit, number) for number in range(20)], raise_error=True)
    assert most == 3


def test_one_who_is_killed_while_waiting_takes_no_place_along() -> None:
    turnstile, through = Turnstile(1), list[str]()

    def visit(name: str) -> None:
        with turnstile:
            through.append(name)
            gevent.sleep(0)

    first, killed, last = (gevent.spawn(visit, name) for name in ("first", "killed", "last"))
    gevent.sleep(0)
    killed.kill()
    gevent.joinall([first, last], timeout=5)
    assert through == ["first", "last"]
    with turnstile:
        through.append("free again")


def test_one_who_is_killed_when_the_turn_had_come_gives_it_on() -> None:
    turnstile, through = Turnstile(1), list[str]()

    def visit(name: str) -> None:
        with turnstile:
            through.append(name)

    with turnstile:
        killed, last = (gevent.spawn(visit, name) for name in ("killed", "last"))
        gevent.sleep(0)
        killed.kill(block=False)  # does not reach it before the turn does, on leaving
    gevent.joinall([killed, last], timeout=5)
    assert through == ["last"]


def test_one_who_is_killed_while_somebody_is_inside_leaves_the_line() -> None:
    turnstile, through = Turnstile(1), list[str]()

    def visit(name: str) -> None:
        with turnstile:
            through.append(name)

    with turnstile:
        killed, last = (gevent.spawn(visit, name) for name in ("killed", "last"))
        gevent.sleep(0)
        killed.kill()
        assert through == []
    gevent.joinall([last], timeout=5)
    assert through == ["last"]
