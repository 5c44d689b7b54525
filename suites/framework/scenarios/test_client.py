from __future__ import annotations

import socket
import threading
from contextlib import closing
from typing import Any

import pytest

from suites.framework.scenarios.clients import ENDS_WITHIN_S, asking  # isort: skip

from scenarios import client  # isort: skip

TEXT = {"Content-Type": "text/plain"}
# A body without a type goes the client's own way, which finds one for it.
BOTH_WAYS = pytest.mark.parametrize("typed", [TEXT, {}], ids=["short way", "client's way"])
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


@BOTH_WAYS
def test_a_request_names_the_service_and_carries_its_headers_once(typed: dict[str, str]) -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        headers = {"X-Own": "1", "user-agent": "ours", **typed}
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


@BOTH_WAYS
def test_a_service_that_refuses_a_body_unread_is_heard_all_the_same(typed: dict[str, str]) -> None:
    """It hangs up while most of the body is on its way: sending fails, the answer is there."""
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        answer = client_for_all.request("POST", "/", headers=typed, data="x" * 20_000_000)
    assert answer.status_code == 413


def test_a_body_that_waits_to_be_asked_for_goes_the_clients_own_way() -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        headers = {"Expect": "100-continue"}
        answer = client_for_all.request("PUT", "/", headers=headers, data="body")
    assert answer.status_code == 413
    assert listener.heard[0].endswith(b"\r\n\r\n")


@pytest.mark.parametrize("headers", [TEXT, {}, {"Expect": "100-continue"}])
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


def test_two_requests_that_differ_in_anything_have_heads_of_their_own() -> None:
    """The heads of requests are kept, to be sent again for what is asked in the same words."""
    asked: list[tuple[str, str, dict[str, str], str | None]] = [
        ("GET", "/a", {}, None),
        ("GET", "/b", {}, None),
        ("DELETE", "/a", {}, None),
        ("GET", "/a", {"X-Own": "1"}, None),
        ("GET", "/a", {"X-Own": "2"}, None),
        ("POST", "/a", TEXT, "body"),
        ("POST", "/a", TEXT, "bodies"),
    ]
    with Listener(*[REFUSAL] * 2 * len(asked)) as listener, asking(listener.url) as for_all:
        for method, path, headers, body in asked * 2:
            for_all.request(method, path, headers=headers, data=body)
    heads = [heard.partition(b"\r\n\r\n")[0] for heard in listener.heard]
    assert len(set(heads)) == len(asked)
    assert heads[: len(asked)] == heads[len(asked) :]
    firsts = [head.split(b"\r\n")[0].decode() for head in heads]
    assert firsts == [f"{method} {path} HTTP/1.1" for method, path, _, _ in asked * 2]


def test_of_two_headers_of_one_name_the_last_is_sent() -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        client_for_all.request("GET", "/", headers={"X-Own": "1", "x-own": "2"})
    head = listener.heard[0].lower()
    assert head.count(b"x-own: ") == head.count(b"x-own: 2\r\n") == 1


def test_a_header_that_is_said_twice_is_sent_twice() -> None:
    said: dict[str, str] = {"X-Own": ["1", "2"]}  # type: ignore[dict-item] # as the client takes it
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        client_for_all.request("GET", "/", headers=said)
    assert listener.heard[0].lower().count(b"x-own: ") == 2


def test_a_header_that_would_end_its_line_is_not_sent() -> None:
    with Listener(REFUSAL) as listener, asking(listener.url) as client_for_all:
        for _ in range(2):
            with pytest.raises(ValueError, match="invalid value"):
                client_for_all.request("GET", "/", headers={"X-Own": "1\r\nX-Other: 2"})
        client_for_all.request("GET", "/")
    assert b"x-other" not in listener.heard[0].lower()


def test_no_more_heads_are_kept_than_was_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "HEADS_KEPT", 2)
    with Listener(*[REFUSAL] * 5) as listener, asking(listener.url) as client_for_all:
        for number in range(5):
            client_for_all.request("GET", f"/{number}")
        short: Any = client_for_all.client.urlopen
        assert len(short._heads) <= 2
    assert [heard.split()[1] for heard in listener.heard] == [b"/0", b"/1", b"/2", b"/3", b"/4"]
