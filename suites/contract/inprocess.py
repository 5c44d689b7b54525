"""The reference service inside this process, for a tool that asks from other threads.

Schemathesis runs every in-process application on one event loop of its own. The service's pools
belong to the loop that they were made on, so its lifespan and whoever prepares data for it run
there too.
"""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

import requests
from anyio.from_thread import BlockingPortal
from schemathesis.python import asgi

from fixtures.application import make_app
from sut.settings import Settings

PEER = ("127.0.0.1", 50000)


@dataclass(frozen=True)
class InProcess:
    """The service as an ASGI application, and the loop that it lives on."""

    app: Any
    portal: BlockingPortal


@contextmanager
def in_process(settings: Settings) -> Iterator[InProcess]:
    """Keep one worker's application running, its lifespan begun and ended here."""
    portal = asgi._get_portal()  # Schemathesis has no public way to share its loop
    service = make_app(settings)

    async def from_loopback(scope: Any, receive: Any, send: Any) -> None:
        """The service to Schemathesis: its lifespan is ours, its peer has an address."""
        if scope["type"] == "lifespan":
            raise RuntimeError("the lifespan is run by whoever made the application")
        await service({**scope, "client": PEER}, receive, send)

    # What importing made stays for good; the collector looks at it again and again otherwise, as
    # generating cases makes and drops many objects. A worker of the live service does the same.
    gc.collect()
    gc.freeze()
    # No proxy and no file with passwords is between the tool and an application in its process;
    # its sessions would look for both at each request.
    alone = property(lambda session: False, lambda session, value: None)
    try:
        with (
            patch.object(requests.Session, "trust_env", alone, create=True),
            portal.wrap_async_context_manager(service.router.lifespan_context(service)),
        ):
            yield InProcess(from_loopback, portal)
    finally:
        gc.unfreeze()
