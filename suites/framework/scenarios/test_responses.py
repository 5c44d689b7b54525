from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suites.framework.scenarios import clients

from geventhttpclient.response import (  # isort: skip
    HTTPConnectionClosed,
    HTTPParseError,
    HTTPSocketPoolResponse,
)
from scenarios.responses import Response  # isort: skip

assert clients.__doc__  # imported first, it keeps Locust from patching this process

PLAIN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nSet-Cookie: a=1\r\nX-Empty:\r\n"
    b"set-cookie: b=2\r\nX-Spaced:   wide  \r\nContent-Length: 5\r\n\r\nhello"
)
ANSWERS = {
    "plain": PLAIN,
    "announced": b"HTTP/1.1 103 Early Hints\r\nLink: </style.css>\r\n\r\n" + PLAIN,
    "in chunks": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nX-Own: 1\r\n\r\n"
    b"5\r\nhello\r\n0\r\n\r\n",
    "without a body": b'HTTP/1.1 304 Not Modified\r\nETag: "1"\r\n\r\n',
    "until it is closed": b"HTTP/1.1 200 OK\r\nX-Own: 1\r\nConnection: close\r\n\r\nhello",
}


class Wire:
    """A connection on which an answer comes in pieces, and then its end."""

    def __init__(self, pieces: list[bytes]) -> None:
        self._pieces = iter([*pieces, b""])

    def recv(self, size: int) -> bytes:
        return next(self._pieces)


class Pool:
    """Takes connections back, and notes which it might use again."""

    def __init__(self) -> None:
        self.returned = 0

    def return_socket(self, sock: Any) -> None:
        self.returned += 1

    def release_socket(self, sock: Any) -> None:
        self.returned -= 1


def cuts(answer: bytes) -> st.SearchStrategy[list[bytes]]:
    places = st.lists(st.integers(1, len(answer) - 1), unique=True, max_size=4).map(sorted)
    return places.map(lambda found: [answer[a:b] for a, b in pairwise([0, *found, len(answer)])])


def read(kind: type[HTTPSocketPoolResponse], pieces: list[bytes]) -> tuple[Any, ...]:
    pool = Pool()
    answer = kind(Wire(pieces), pool)  # type: ignore[arg-type]
    body = answer.read()
    headers: Iterator[tuple[str, str]] = answer.items()
    return answer.get_code(), list(headers), body, answer.message_complete, pool.returned


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_an_answer_in_one_piece_is_read_as_the_client_reads_it(answer: bytes) -> None:
    found = read(Response, [answer])
    assert found == read(HTTPSocketPoolResponse, [answer])
    assert len(found[1]) >= 1


@given(st.sampled_from(list(ANSWERS.values())).flatmap(cuts))
def test_an_answer_in_pieces_is_read_as_the_client_reads_it(pieces: list[bytes]) -> None:
    assert read(Response, pieces) == read(HTTPSocketPoolResponse, pieces)


def test_a_head_cut_at_any_place_has_the_same_headers() -> None:
    whole = read(HTTPSocketPoolResponse, [PLAIN])
    for place in range(1, len(PLAIN)):
        assert read(Response, [PLAIN[:place], PLAIN[place:]]) == whole, PLAIN[:place]


def test_the_names_of_headers_are_found_whatever_their_letters() -> None:
    answer = Response(Wire([PLAIN]), Pool())
    assert answer.get("CONTENT-type") == "application/json"
    assert answer.get("Set-Cookie") == ["a=1", "b=2"]
    assert answer.get("x-empty") == ""
    assert answer.content_length == 5


@pytest.mark.parametrize("heard", [b"", b"HTTP/1.1 200 OK\r\nX-Own"], ids=["nothing", "a part"])
def test_a_connection_that_ends_before_the_head_does_is_an_error(heard: bytes) -> None:
    with pytest.raises(HTTPParseError if heard else HTTPConnectionClosed):
        Response(Wire([heard] if heard else []), Pool())


def test_what_is_no_http_is_an_error() -> None:
    with pytest.raises(HTTPParseError):
        Response(Wire([b"SSH-2.0-OpenSSH_9.2\r\n"]), Pool())
