from __future__ import annotations

import pytest

from scenarios import connections
from suites.framework.scenarios.clients import ENDS_WITHIN_S, asking
from suites.framework.scenarios.loopback import serving


@pytest.mark.parametrize(("idle_max_s", "opened"), [(60.0, 1), (0.0, 3)])
def test_a_connection_is_kept_until_it_was_idle_for_too_long(
    idle_max_s: float, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connections, "IDLE_MAX_S", idle_max_s)
    noted: list[str] = []
    with serving() as server, asking(server.url, lambda: noted.append("one")) as client:
        for _ in range(3):
            assert client.request("GET", "/ok").status_code == 200
    assert len(noted) == opened


def test_a_connection_that_the_service_closed_meanwhile_is_not_used_again() -> None:
    noted: list[str] = []
    with serving() as server, asking(server.url, lambda: noted.append("one")) as client:
        assert client.request("GET", "/last").status_code == 200
        assert server.hung_up.wait(ENDS_WITHIN_S)
        assert client.request("GET", "/ok").status_code == 200
    assert len(noted) == 2


def test_a_name_is_looked_up_and_an_address_is_not() -> None:
    for host, looked_up in (("localhost", True), ("127.0.0.1", False), ("::1", False)):
        assert (connections.addresses_of(host, 80) == []) is looked_up
