from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager

import pytest

from scenarios import client, station

from locust.contrib.fasthttp import FastHttpSession  # isort: skip
from locust.event import EventHook  # isort: skip

assert station.__doc__  # imported first, it keeps Locust from patching this process

ENDS_WITHIN_S = 5.0
REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


@contextmanager
def asking(url: str) -> Iterator[FastHttpSession]:
    """A client that stands for everybody."""
    made = FastHttpSession(url, EventHook(), user=None)  # type: ignore[no-untyped-call]
    client.prepare(made, url, lambda: None)
    try:
        yield made
    finally:
        made.client.close()


class Listener:
    """Takes one connection, reads the head of a request, says its `answer`, and hangs up."""

    def __init__(self, answer: bytes) -> None:
        self.heard = b""
        self._answer = answer
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        self._socket.settimeout(ENDS_WITHIN_S)
        connection, _ = self._socket.accept()
        with closing(connection):
            while b"\r\n\r\n" not in self.heard:
                self.heard += connection.recv(4096)
            connection.sendall(self._answer)

    def close(self) -> None:
        self._thread.join(ENDS_WITHIN_S)
        self._socket.close()


@pytest.fixture
def listener() -> Iterator[Listener]:
    made = Listener(REFUSAL)
    yield made
    made.close()


def test_a_request_names_the_service_and_carries_its_headers_once(listener: Listener) -> None:
    with asking(listener.url) as client_for_all:
        headers = {"X-Own": "1", "user-agent": "ours"}
        answer = client_for_all.request("POST", "/a b?q=ü", headers=headers, data="body")
    assert answer.status_code == 413
    head, _, body = listener.heard.partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    fields = [field.lower() for field in fields]
    assert first == "POST /a%20b?q=%C3%BC HTTP/1.1"
    names = [field.partition(":")[0] for field in fields]
    assert sorted(names) == sorted(set(names))
    assert {"x-own: 1", "user-agent: ours", "content-length: 4"} <= set(fields)
    assert f"host: {listener.url.removeprefix('http://')}" in fields
    assert body == b"body"


def test_a_service_that_refuses_a_body_unread_is_heard_all_the_same(listener: Listener) -> None:
    """It hangs up while most of the body is on its way: sending fails, the answer is there."""
    with asking(listener.url) as client_for_all:
        answer = client_for_all.request("POST", "/", data="x" * 20_000_000)
    assert answer.status_code == 413


def test_a_body_that_waits_to_be_asked_for_goes_the_clients_own_way(listener: Listener) -> None:
    with asking(listener.url) as client_for_all:
        headers = {"Expect": "100-continue"}
        answer = client_for_all.request("PUT", "/", headers=headers, data="body")
    assert answer.status_code == 413
    assert listener.heard.endswith(b"\r\n\r\n")


def test_an_address_is_taken_apart_once_and_one_with_parameters_as_ever() -> None:
    url = "http://127.0.0.1:1/x?a=1"
    first, again = client._Request(url), client._Request(url)
    assert first.url_split is again.url_split
    assert first.url_split.quoted_uri == "/x?a=1"
    assert client._Request(url, params={"b": "2"}).url_split.quoted_uri == "/x?a=1&b=2"
