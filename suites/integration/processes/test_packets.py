"""An answer leaves in one packet: nobody is woken for a head whose body is still to come."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

from fixtures.live import LiveServiceFactory

REQUESTS = 3_000


def test_head_and_body_of_an_answer_come_together(
    live_service_factory: LiveServiceFactory,
) -> None:
    service = live_service_factory(workers=1, seeded=False)
    where = urlsplit(service.url)
    asked = f"GET /health/live HTTP/1.1\r\nhost: {where.netloc}\r\n\r\n".encode()
    with socket.create_connection((where.hostname, where.port), timeout=60) as reader:
        for number in range(REQUESTS):
            reader.sendall(asked)
            head, _, body = reader.recv(65_536).partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 200 OK"), head
            length = next(
                int(line.partition(b":")[2])
                for line in head.lower().split(b"\r\n")
                if line.startswith(b"content-length:")
            )
            assert len(body) == length > 0, f"answer {number} came in parts"
