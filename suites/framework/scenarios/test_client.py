from __future__ import annotations

import socket
import threading
from contextlib import closing

import pytest

from scenarios import client
from suites.framework.scenarios.clients import ENDS_WITHIN_S, asking

REFUSAL = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"


class Listener:
    """Takes some connections, and on each reads a request's head, says its answer and hangs up."""

    def __init__(self, *answers: bytes) -> None:
        self.heard: list[bytes] = []
        self._answers = answers
        self._socket = socket.create_server(("127.0.0.1", 0))
        self._socket.settimeout(ENDS_WITHIN_S)
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve)

    def _serve(self) -> None:
        with self._socket:
            for answer in self._answers:
                connection, _ = self._socket.accept()
                with closing(connection):
                    heard = b""
                    while b"\r\n\r\n" not in heard:
                        heard += connection.recv(4096)
                    self.heard.append(heard)
                    connection.sendall(answer)

    def __enter__(self) -> Listener:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._thread.join()


def test_a_request_names_the_service_and_carries_its_headers_once() -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        headers = {"X-Own": "1", "user-agent": "ours"}
        answer = client_for_all.request("POST", "/a b?q=ü", headers=headers, data="body")
    assert answer.status_code == 413
    head, _, body = listener.heard[0].partition(b"\r\n\r\n")
    first, *fields = head.decode().split("\r\n")
    fields = [field.lower() for field in fields]
    assert first == "POST /a%20b?q=%C3%BC HTTP/1.1"
    names = [field.partition(":")[0] for field in fields]
    assert sorted(names) == sorted(set(names))
    assert {"x-own: 1", "user-agent: ours", "content-length: 4"} <= set(fields)
    assert f"host: {listener.url.removeprefix('http://')}" in fields
    assert body == b"body"


def test_a_service_that_refuses_a_body_unread_is_heard_all_the_same() -> None:
    """It hangs up while most of the body is on its way: sending fails, the answer is there."""
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        answer = client_for_all.request("POST", "/", data="x" * 20_000_000)
    assert answer.status_code == 413


def test_a_body_that_waits_to_be_asked_for_goes_the_clients_own_way() -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        headers = {"Expect": "100-continue"}
        answer = client_for_all.request("PUT", "/", headers=headers, data="body")
    assert answer.status_code == 413
    assert listener.heard[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize("headers", [{}, {"Expect": "100-continue"}])
def test_what_got_no_answer_is_not_asked_again(headers: dict[str, str]) -> None:
    """Not even a read; the second answer is there for whoever asks for it."""
    opened: list[str] = []
    with (
        Listener(b"", REFUSAL) as listener,
        asking(listener.url, lambda: opened.append("one")) as client_for_all,
    ):
        assert client_for_all.request("PUT", "/", headers=headers, data="b").status_code == 0
        assert opened == ["one"]
        assert client_for_all.request("GET", "/").status_code == 413


def test_neither_a_redirect_is_followed_nor_a_cookie_kept() -> None:
    moved = b"HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nSet-Cookie: who=somebody\r\n"
    with (
        Listener(moved + b"Content-Length: 0\r\nConnection: close\r\n\r\n", REFUSAL) as listener,
        asking(listener.url) as client_for_all,
    ):
        assert client_for_all.request("GET", "/moved").status_code == 302
        assert client_for_all.request("GET", "/next").status_code == 413
    assert [heard.split()[1] for heard in listener.heard] == [b"/moved", b"/next"]
    assert b"cookie" not in listener.heard[1].lower()


def test_an_address_is_taken_apart_once_and_one_with_parameters_as_ever() -> None:
    url = "http://127.0.0.1:1/x?a=1"
    first, again = client._Request(url), client._Request(url)
    assert first.url_split is again.url_split
    assert first.url_split.quoted_uri == "/x?a=1"
    assert client._Request(url, params={"b": "2"}).url_split.quoted_uri == "/x?a=1&b=2"
