"""Where the generators of a run come from."""

from __future__ import annotations

from dataclasses import dataclass

LOOPBACK = "127.0.0.1"
WAIT_S = 60.0


@dataclass(frozen=True)
class Post:
    """Where generators come from: `local` ones are started here, others come from elsewhere.

    `wait_s` bounds how long those from elsewhere are waited for. `ui_port` opens Locust's web UI on
    loopback, 0 on any free port.
    """

    local: bool = True
    bind_host: str = LOOPBACK
    bind_port: int = 0
    wait_s: float = WAIT_S
    ui_port: int | None = None
