"""What is no HTTP is refused in the words and with the headers of every other refusal."""

from __future__ import annotations

import json
import socket
from urllib.parse import urlsplit

import pytest

from fixtures.live import LiveServiceFactory
from sut.security_headers import SECURITY_HEADERS

pytestmark = pytest.mark.objective("sec-headers")

POST = b"POST /api/sessions HTTP/1.1\r\nhost: x\r\n"
UNREADABLE = {
    "a method that there is not": b"FOO /api/teams HTTP/1.1\r\nhost: x\r\n\r\n",
    "two lengths": POST + b"content-length: 1\r\ncontent-length: 2\r\n\r\nab",
    "a length and chunks": POST
    + b"content-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
    "a length beyond 64 bits": POST + b"content-length: " + b"9" * 30 + b"\r\n\r\n",
    "a chunk without a size": POST + b"transfer-encoding: chunked\r\n\r\nxyz\r\n",
    "a header without a colon": b"GET /api/teams HTTP/1.1\r\nhost: x\r\nno colon here\r\n\r\n",
    "no HTTP at all": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03 hello\r\n\r\n",
}


def test_what_is_no_http_is_refused_as_a_problem_with_every_security_header(
    live_service_factory: LiveServiceFactory,
) -> None:
    service = live_service_factory(workers=1, seeded=False)
    where = urlsplit(service.url)
    ids = []
    for what, sent in UNREADABLE.items():
        with socket.create_connection((where.hostname, where.port), timeout=60) as sender:
            sender.sendall(sent)
            answer = b"".join(iter(lambda sender=sender: sender.recv(65_536), b""))  # type: ignore[misc]
        head, _, body = answer.partition(b"\r\n\r\n")
        status, *lines = head.split(b"\r\n")
        assert status == b"HTTP/1.1 400 Bad Request", what
        pairs = [line.partition(b": ") for line in lines]
        headers = {name.lower(): value for name, _, value in pairs}
        assert set(SECURITY_HEADERS) <= set(headers.items()), what
        assert headers[b"content-type"] == b"application/problem+json", what
        problem = json.loads(body)
        assert problem["type"].endswith("/unreadable-request"), what
        assert problem["request_id"].encode() == headers[b"x-request-id"], what
        ids.append(problem["request_id"])
    told = service.log()
    assert all(one in told for one in ids), told
    assert len(set(ids)) == len(UNREADABLE)
