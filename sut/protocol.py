"""uvicorn's HTTP protocol, with our refusal of what is no HTTP, and answers in one packet."""

from __future__ import annotations

import asyncio
from typing import Any, cast

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from sut import unreadable
from sut.corked import Corked


class Protocol(HttpToolsProtocol):
    """What speaks HTTP on one connection."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin; reading is slowed down on `transport` itself, all that is sent is corked."""
        super().connection_made(transport)
        # it only ever writes to it, closes it, and asks whether it is closing
        self.transport = cast("Any", Corked(transport))

    def send_400_response(self, msg: str) -> None:
        """Refuse what cannot be read: uvicorn would with a line of text without our headers."""
        unreadable.refuse(self.transport, self.server_state.default_headers, msg)
