from __future__ import annotations

import pytest

from scenarios import station, visit
from suites.framework.scenarios.loopback import serving

from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.event import EventHook  # isort: skip

assert station.__doc__  # imported first, it keeps Locust from patching this process


@pytest.mark.parametrize(("idle_max_s", "opened"), [(60.0, 1), (0.0, 3)])
def test_a_connection_is_kept_until_it_was_idle_for_too_long(
    idle_max_s: float, opened: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(visit, "IDLE_MAX_S", idle_max_s)
    connections: list[None] = []
    with serving() as server:
        session = FastHttpSession(server.url, EventHook(), user=None)  # type: ignore[no-untyped-call]
        visit.prepare_connections(session, server.url, lambda: connections.append(None))
        for _ in range(3):
            assert session.request("GET", "/ok").status_code == 200
        session.client.close()
    assert len(connections) == opened
