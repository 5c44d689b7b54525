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
from locust.contrib.fasthttp import FastHttpSession, FastRequest

from scenarios.connections import Connections

BLOCK_BYTES = 32 * 1024  # of an answer at a time: most come as one
ADDRESSES_KEPT = 4096
_HUNG_UP = (errno.ECONNRESET, errno.EPIPE)


def prepare(client: FastHttpSession, url: str, opened: Callable[[], None]) -> None:
    """Call `opened` for each connection that the client opens to `url`; never repeat a request.

    Answers are judged by the journeys: a redirect is not followed, a cookie not kept. The client
    would repeat a read once for each place in its pool when the service hangs up on it, which hides
    that the service did; it takes the number from the pool's `size`.
    """
    agent = client.client
    agent.cookiejar = None
    agent.redirect_response_codes = frozenset()  # type: ignore[misc]
    agent.request_type = _Request  # type: ignore[misc, assignment]
    service = _Service.from_url(url, **agent.clientpool.client_args)
    service.block_size = BLOCK_BYTES
    service.default_headers = Headers()  # the agent sends the same, and they are gone through twice
    service._connection_pool.size = -1
    agent.clientpool.get_client = lambda url: service  # type: ignore[method-assign]
    Connections(service._connection_pool, opened)


class _Service(HTTPClient):
    """Goes through the headers of a plain request once, where its like does three times."""

    def request(
        self, method: str, request_uri: str, body: Any = b"", headers: Any = None
    ) -> HTTPSocketPoolResponse:
        """Send, and read the answer's head. Raises OSError and HTTPParseError."""
        content = body.encode() if isinstance(body, str) else body or b""
        if not isinstance(content, bytes) or "transfer-encoding" in headers or "expect" in headers:
            return super().request(method, request_uri, body, headers)
        head = self._build_request(method, request_uri, content, headers, chunked=False)
        message, pool = head.encode("latin-1") + content, self._connection_pool
        sock = pool.get_socket()
        try:
            sock.sendall(message)
        except OSError as error:
            if error.errno not in _HUNG_UP:
                pool.release_socket(sock)
                raise
            # it may have refused what it did not care to read: then its answer is there
        response = HTTPSocketPoolResponse(
            sock, pool, block_size=self.block_size, method=method, headers_type=self.headers_type
        )
        response._sent_request = head
        return response


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
