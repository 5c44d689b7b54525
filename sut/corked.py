"""A connection on which the head and the body of an answer travel together.

uvicorn writes them one after the other, and its event loop sends each write at once: two system
calls, two packets, and a client that is woken for a head whose body is still to come.
"""

from __future__ import annotations

import asyncio


class Corked(asyncio.WriteTransport):
    """Holds a write back until the next one, or the end of the event loop's turn.

    No longer than that, so what is streamed goes out as it is made. Closing sends what is held.
    """

    def __init__(self, transport: asyncio.WriteTransport) -> None:
        super().__init__()
        self._transport = transport
        self._loop = asyncio.get_running_loop()
        self._held = b""
        self._to_be_sent = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        """Send `data` after what is held, or hold it."""
        if self._held:
            self._transport.write(self._held + data)
            self._held = b""
            return
        self._held = bytes(data)
        if not self._to_be_sent:
            self._to_be_sent = True
            self._loop.call_soon(self._end_of_turn)

    def close(self) -> None:
        """Send what is held, then close."""
        self._send_held()
        self._transport.close()

    def is_closing(self) -> bool:
        """Whether the connection is closed or about to be."""
        return self._transport.is_closing()

    def _end_of_turn(self) -> None:
        self._to_be_sent = False
        self._send_held()

    def _send_held(self) -> None:
        # who hung up meanwhile is sent nothing, and the transport takes nothing more
        if self._held and not self._transport.is_closing():
            self._transport.write(self._held)
        self._held = b""
