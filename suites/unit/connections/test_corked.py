"""What is written to a connection leaves it in order, together where it can, and never late."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from sut.corked import Corked


class Wire(asyncio.WriteTransport):
    """Keeps what was sent, and takes nothing once it is closed."""

    def __init__(self) -> None:
        super().__init__()
        self.sent: list[bytes] = []
        self.closed = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        assert not self.closed, "written to a closed connection"
        self.sent.append(bytes(data))

    def close(self) -> None:
        self.closed = True

    def is_closing(self) -> bool:
        return self.closed


def during(play: Callable[[Wire, Corked], Awaitable[None]]) -> Wire:
    """The wire after `play`, which begins a turn of the event loop."""
    wire = Wire()

    async def whole() -> None:
        await play(wire, Corked(wire))
        await asyncio.sleep(0)

    asyncio.run(whole())
    return wire


def test_a_head_and_its_body_travel_together_at_once() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        connection.write(b"head")
        assert not wire.sent
        connection.write(b"body")
        assert wire.sent == [b"headbody"]

    assert during(play).sent == [b"headbody"]


def test_what_stands_alone_leaves_at_the_end_of_the_turn() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        for part in (b"one", b"two"):
            connection.write(part)
            assert part not in wire.sent
            await asyncio.sleep(0)
            assert wire.sent[-1] == part

    assert during(play).sent == [b"one", b"two"]


def test_many_writes_of_one_turn_stay_in_order() -> None:
    parts = [b"%d" % number for number in range(7)]

    async def play(wire: Wire, connection: Corked) -> None:
        for part in parts:
            connection.write(part)
        await asyncio.sleep(0)

    assert b"".join(during(play).sent) == b"".join(parts)


def test_an_empty_body_sends_the_head() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        connection.write(b"head")
        connection.write(b"")
        assert wire.sent == [b"head"]

    assert during(play).sent == [b"head"]


def test_closing_sends_what_was_held_first() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        connection.write(b"head")
        connection.close()
        assert wire.sent == [b"head"]
        assert connection.is_closing()

    wire = during(play)
    assert wire.sent == [b"head"]
    assert wire.closed


def test_who_has_hung_up_is_sent_nothing() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        connection.write(b"head")
        wire.close()

    assert during(play).sent == []


def test_a_buffer_that_is_used_again_is_sent_as_it_was() -> None:
    async def play(wire: Wire, connection: Corked) -> None:
        buffer = bytearray(b"head")
        connection.write(buffer)
        buffer[:] = b"tail"

    assert during(play).sent == [b"head"]
