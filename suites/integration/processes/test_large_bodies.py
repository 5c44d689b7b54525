"""A body that is too large is refused in words, not by a reset connection."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest

from fixtures.live import LiveServiceFactory

pytestmark = pytest.mark.objective("sec-input")

HEAD = "POST /api/sessions HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
BYTES = 3_500_000


def chunked() -> bytes:
    return f"{HEAD}transfer-encoding: chunked\r\n\r\n{BYTES:x}\r\n".encode() + b"x" * BYTES


def stated() -> bytes:
    return f"{HEAD}content-length: {BYTES}\r\n\r\n".encode() + b"x" * BYTES


def test_who_sends_all_of_it_first_gets_to_read_why(
    live_service_factory: LiveServiceFactory,
) -> None:
    where = urlsplit(live_service_factory(workers=1, seeded=False).url)
    for parts in ((chunked(), b"\r\n0\r\n\r\n"), (stated(), b"")):
        with socket.create_connection((where.hostname, where.port), timeout=60) as sender:
            for part in parts:
                sender.sendall(part)
            answer = b"".join(iter(lambda: sender.recv(65_536), b""))
        assert answer.startswith(b"HTTP/1.1 413 ")
        assert b"body-too-large" in answer
