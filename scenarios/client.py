"""What the generator changes about Locust's client, which is made for one browser a user.

Here one client stands for everybody who visits, and all its requests go to one service. Belongs to
the generator's process: imported after Locust has let gevent patch the standard library.
"""

from __future__ import annotations

import errno
from collections.abc import Callable
from functools import lru_cache
from typing import Any

from geventhttpclient.client import HTTPClient
from geventhttpclient.header import Headers
from geventhttpclient.response import HTTPSocketPoolResponse
from geventhttpclient.url import URL
from geventhttpclient.useragent import CompatResponse
from locust.contrib.fasthttp import FastHttpSession, FastRequest, FastResponse

from scenarios.connections import Connections
from scenarios.responses import Response

BLOCK_BYTES = 32 * 1024  # of an answer at a time: most come as one
ADDRESSES_KEPT = 4096
HEADS_KEPT = 4096
_UNUSUAL = ("transfer-encoding", "expect")
_HUNG_UP = (errno.ECONNRESET, errno.EPIPE)


def prepare(client: FastHttpSession, url: str, opened: Callable[[], None]) -> None:
    """Call `opened` for each connection that the client opens to `url`; never repeat a request.

    Answers are judged by the journeys: a redirect is not followed, a cookie not kept, no status is
    an error yet. The client would repeat a read once for each place in its pool when the service
    hangs up on it, which hides that the service did; it takes the number from the pool's `size`.
    """
    agent = client.client
    agent.cookiejar = None
    agent.redirect_response_codes = frozenset()  # type: ignore[misc]
    agent.request_type = _Request  # type: ignore[misc, assignment]
    service: Any = _Service.from_url(url, **agent.clientpool.client_args)
    service.block_size = BLOCK_BYTES
    # one of them is enough: they would be gone through twice
    service.default_headers, agent.default_headers = agent.default_headers, Headers()
    service._connection_pool.size = -1
    agent.clientpool.get_client = lambda url: service  # type: ignore[method-assign]
    agent.urlopen = _Short(service, agent.urlopen)  # type: ignore[method-assign, assignment]
    Connections(service._connection_pool, opened)


class _Service(HTTPClient):
    """Sends a request whose head is made."""

    def send(self, method: str, head: str, content: bytes) -> HTTPSocketPoolResponse:
        """Send, and read the answer's head. Raises OSError and HTTPParseError."""
        pool = self._connection_pool
        sock = pool.get_socket()
        try:
            sock.sendall(head.encode("latin-1") + content)
        except OSError as error:
            if error.errno not in _HUNG_UP:
                pool.release_socket(sock)
                raise
            # it may have refused what it did not care to read: then its answer is there
        response = Response(
            sock, pool, block_size=self.block_size, method=method, headers_type=self.headers_type
        )
        response._sent_request = head
        return response


class _Short:
    """The short way through the client, for a plain request.

    Most are like one that was sent before, to the letter of their heads. The client's own way puts
    the same headers together three times, and looks for what nobody asks for here.
    """

    def __init__(self, service: _Service, ordinary: Callable[..., CompatResponse]) -> None:
        self._service, self._ordinary = service, ordinary
        self._heads: dict[tuple[Any, ...], str] = {}

    def __call__(
        self, url: str, method: str = "GET", headers: Any = None, payload: Any = None, **more: Any
    ) -> CompatResponse:
        """Send a request; its answer's head. Raises OSError, HTTPParseError and ValueError."""
        content = payload.encode() if isinstance(payload, str) else payload or b""
        if more or not isinstance(content, bytes):
            return self._ordinary(url, method=method, headers=headers, payload=payload, **more)
        asked = (method, url, len(content), *headers.items())
        try:
            head = self._heads.get(asked) or self._made(asked, content)
        except TypeError:  # a header that is said several times, in a list
            head = None
        if head is None:
            return self._ordinary(url, method=method, headers=headers, payload=payload)
        response = self._service.send(method, head, content)
        return FastResponse(response, _Request(url, method, headers, payload), head)

    def _made(self, asked: tuple[Any, ...], content: bytes) -> str | None:
        """A head that can be sent again; None where the client has more to do."""
        method, url, _, *pairs = asked
        headers = Headers()
        headers.update(pairs)  # by their names, whatever their letters: the last one counts
        if any(name in headers for name in _UNUSUAL) or (content and "content-type" not in headers):
            return None
        if len(self._heads) >= HEADS_KEPT:
            self._heads.clear()
        uri = _address(url).quoted_uri
        head = self._service._build_request(method, uri, content, headers, chunked=False)
        self._heads[asked] = head
        return head


class _Request(FastRequest):
    """A request with what the client reads of it; the standard library's has much more."""

    def __init__(
        self,
        url: str,
        method: str = "GET",
        headers: Any = None,
        payload: Any = None,
        params: Any = None,
    ) -> None:
        if params is not None:
            super().__init__(url, method, headers, payload, params)
            return
        self.url, self.url_split = url, _address(url)
        self.method, self.headers, self.payload = method, headers, payload


class _Address(URL):
    """An address that is taken apart and quoted once."""

    __slots__ = ("quoted_uri",)

    def __init__(self, url: str) -> None:
        super().__init__(url)
        self.quoted_uri: str = URL.quoted_uri.fget(self)  # type: ignore[attr-defined]


_address = lru_cache(ADDRESSES_KEPT)(_Address)
