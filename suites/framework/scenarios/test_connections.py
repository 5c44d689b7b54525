from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from scenarios import client, connections, station
from suites.framework.scenarios.loopback import serving

from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.event import EventHook  # isort: skip

assert station.__doc__  # imported first, it keeps Locust from patching this process

ENDS_WITHIN_S = 5.0


@contextmanager
def session(url: str, opened: list[str]) -> Iterator[FastHttpSession]:
    """A client whose connections are ours, and each of which is noted."""
    made = FastHttpSession(url, EventHook(), user=None)  # type: ignore[no-untyped-call]
    client.prepare(made, url, lambda: opened.append("one"))
    try:
        yield made
    finally:
        made.client.close()


@pytest.mark.parametrize(("idle_max_s", "opened"), [(60.0, 1), (0.0, 3)])
def test_a_connection_is_kept_until_it_was_idle_for_too_long(
    idle_max_s: float, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_MAX_S", idle_max_s)
    noted: list[str] = []
    with serving() as server, session(server.url, noted) as asking:
        for _ in range(3):
            assert asking.request("GET", "/ok").status_code == 200
    assert len(noted) == opened


def test_a_connection_that_the_service_closed_meanwhile_is_not_used_again() -> None:
    noted: list[str] = []
    with serving() as server, session(server.url, noted) as asking:
        assert asking.request("GET", "/last").status_code == 200
        assert server.hung_up.wait(ENDS_WITHIN_S)
        assert asking.request("GET", "/ok").status_code == 200
    assert len(noted) == 2


def test_a_request_that_the_service_hangs_up_on_is_not_sent_again() -> None:
    noted: list[str] = []
    with serving() as server, session(server.url, noted) as asking:
        assert asking.request("GET", "/cut").status_code == 0
        assert server.answered == 1
        assert asking.request("GET", "/ok").status_code == 200
    assert len(noted) == 2


def test_a_name_is_looked_up_and_an_address_is_not() -> None:
    for host, looked_up in (("localhost", True), ("127.0.0.1", False), ("::1", False)):
        assert (connections.addresses_of(host, 80) == []) is looked_up
